//! The clients that are measured side by side.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{User, sha256};

/// A client, and what it is told. Words in braces are filled in.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    program: &'static str,
    push: &'static str,
    pull: &'static str,
}

/// `thv` first. `oci-client` is a library: a program of that name is one that passes these words on
/// to it.
const CLIENTS: [Client; 6] = [
    Client {
        name: "thv",
        program: env!("CARGO_BIN_EXE_thv"),
        push: "push {file} {reference}",
        pull: "pull {reference} -o {out}/file",
    },
    Client {
        name: "oras",
        program: "oras",
        push: "push --plain-http --artifact-type application/x.bench {reference} {file}",
        pull: "pull --plain-http {reference} -o {out}",
    },
    Client {
        name: "crane",
        program: "crane",
        push: "push --insecure {file}.layout {reference}",
        pull: "pull --insecure --format oci {reference} {out}",
    },
    Client {
        name: "regctl",
        program: "regctl",
        push: "--host reg={host},tls=disabled artifact put --artifact-type application/x.bench \
               --file {file} {reference}",
        pull: "--host reg={host},tls=disabled artifact get {reference} --output {out}",
    },
    Client {
        name: "skopeo",
        program: "skopeo",
        push: "copy --dest-tls-verify=false oci:{file}.layout docker://{reference}",
        pull: "copy --src-tls-verify=false docker://{reference} dir:{out}",
    },
    Client {
        name: "oci-client",
        program: "oci-client",
        push: "push {file} {reference}",
        pull: "pull {reference} {out}/file",
    },
];

/// The clients that are installed.
pub(crate) fn installed() -> impl Iterator<Item = &'static Client> {
    let path = std::env::var_os("PATH").unwrap();
    CLIENTS.iter().filter(move |client| {
        std::env::split_paths(&path).any(|directory| directory.join(client.program).is_file())
    })
}

impl Client {
    /// Pushes a file of the user's home, which has a [`layout`] beside it.
    pub(crate) fn push(&self, user: &User, file: &str, reference: &str) -> Command {
        self.command(user, self.push, file, reference)
    }

    /// Pulls to a directory that is made anew.
    pub(crate) fn pull(&self, user: &User, reference: &str) -> Command {
        let _ = std::fs::remove_dir_all(user.path("out"));
        std::fs::create_dir(user.path("out")).unwrap();
        self.command(user, self.pull, "", reference)
    }

    fn command(&self, user: &User, words: &str, file: &str, reference: &str) -> Command {
        let (host, _) = reference.split_once('/').unwrap();
        let filled = words.split_whitespace().map(|word| {
            word.replace("{file}", file)
                .replace("{reference}", reference)
                .replace("{host}", host)
                .replace("{out}", "out")
        });
        let mut command = user.command_of(self.program);
        command.args(filled);
        command
    }
}

/// An image layout beside `file`, for clients that push no file, with the file as its only layer.
pub(crate) fn layout(file: &Path, digest: &str) {
    let mut dir = file.as_os_str().to_owned();
    dir.push(".layout");
    let dir = PathBuf::from(dir);
    let blobs = dir.join("blobs").join("sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let path = |digest: &str| blobs.join(digest.split_once(':').unwrap().1);
    std::fs::hard_link(file, path(digest)).unwrap();
    let add = |media_type: &str, content: &str| {
        let digest = sha256(content.as_bytes());
        std::fs::write(path(&digest), content).unwrap();
        serde_json::json!({ "mediaType": media_type, "digest": digest, "size": content.len() })
    };
    let manifest_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": manifest_type,
        "config": add("application/vnd.oci.image.config.v1+json", "{}"),
        "layers": [{
            "mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": digest,
            "size": file.metadata().unwrap().len(),
        }],
    });
    let index = serde_json::json!({
        "schemaVersion": 2, "manifests": [add(manifest_type, &manifest.to_string())],
    });
    std::fs::write(dir.join("index.json"), index.to_string()).unwrap();
    std::fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}
