//! Certificates for a test, made with `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A certificate and its key, in files.
pub struct Pair {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// A key that is made in a few milliseconds.
const EC: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

/// An authority of a test's own.
pub struct Authority {
    dir: PathBuf,
    pub pair: Pair,
}

impl Authority {
    pub fn new(dir: &Path) -> Self {
        Self::with_key(dir, EC)
    }

    /// An authority with an RSA key, which signs tokens for `docker-registry`.
    pub fn rsa(dir: &Path) -> Self {
        Self::with_key(dir, &["-newkey", "rsa:2048"])
    }

    fn with_key(dir: &Path, kind: &[&str]) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let pair = Pair { cert: dir.join("ca.crt"), key: dir.join("ca.key") };
        let subject = ["-subj", "/CN=Test CA", "-addext", "basicConstraints=critical,CA:TRUE"];
        let files = ["-keyout", text(&pair.key), "-out", text(&pair.cert)];
        let request = ["req", "-x509", "-nodes", "-days", "30"];
        openssl(&[&request, kind, &subject, &files].concat());
        Self { dir: dir.to_owned(), pair }
    }

    /// A certificate for `names`, such as `IP:127.0.0.1`, that lasts for `days`; 0 or less makes one
    /// that has expired.
    pub fn issue(&self, file: &str, names: &str, days: i32) -> Pair {
        let path = |ending: &str| self.dir.join(format!("{file}.{ending}"));
        let pair = Pair { cert: path("crt"), key: path("key") };
        let (subject, signing_request) = (format!("/CN={file}"), path("csr"));
        let files = ["-keyout", text(&pair.key), "-out", text(&signing_request)];
        openssl(&[&["req", "-new", "-nodes", "-subj", &subject], EC, &files].concat());
        std::fs::write(path("ext"), format!("subjectAltName={names}\n")).unwrap();
        openssl(&[
            "x509",
            "-req",
            "-in",
            text(&path("csr")),
            "-CA",
            text(&self.pair.cert),
            "-CAkey",
            text(&self.pair.key),
            "-CAcreateserial",
            "-days",
            &days.to_string(),
            "-extfile",
            text(&path("ext")),
            "-out",
            text(&pair.cert),
        ]);
        pair
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs `openssl` and returns what it printed.
pub fn openssl(arguments: &[&str]) -> Vec<u8> {
    let ran = Command::new("openssl").args(arguments).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}
