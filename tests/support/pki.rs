//! Certificates for a test, made with `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A certificate and its key, in files.
pub struct Pair {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// An authority of a test's own.
pub struct Authority {
    dir: PathBuf,
    pub pair: Pair,
}

impl Authority {
    pub fn new(dir: &Path) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let pair = Pair { cert: dir.join("ca.crt"), key: dir.join("ca.key") };
        openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=Test CA",
            "-addext",
            "basicConstraints=critical,CA:TRUE",
            "-keyout",
            text(&pair.key),
            "-out",
            text(&pair.cert),
        ]);
        Self { dir: dir.to_owned(), pair }
    }

    /// A certificate for `names`, such as `IP:127.0.0.1`, that lasts for `days`; 0 or less makes one
    /// that has expired.
    pub fn issue(&self, file: &str, names: &str, days: i32) -> Pair {
        let path = |ending: &str| self.dir.join(format!("{file}.{ending}"));
        let pair = Pair { cert: path("crt"), key: path("key") };
        openssl(&[
            "req",
            "-new",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            &format!("/CN={file}"),
            "-keyout",
            text(&pair.key),
            "-out",
            text(&path("csr")),
        ]);
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
