//! Credential helpers: programs named `docker-credential-…` that keep credentials.
//!
//! The protocol is that of docker-credential-helpers: the action is an argument, the server or the
//! credential is standard input, the answer is standard output. A secret is never an argument.

use std::io;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use super::secret::{Credential, Secret};
use crate::oci::auth::error::KeychainError;
use crate::printable::excerpt;
use crate::program_search;

/// How long a helper may run. It may ask its user a question.
const TIME_LIMIT: Duration = Duration::from_secs(120);
const OUTPUT_LIMIT: u64 = 1024 * 1024;
/// The message by which a helper says that it has no credential. The protocol has no other sign for it.
const NOT_FOUND: &str = "credentials not found in native keychain";

#[derive(Debug, Clone)]
pub(super) struct CredentialHelper {
    name: String,
    /// `None` if `PATH` has no such program.
    program: Option<PathBuf>,
    time_limit: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    secret: String,
}

impl CredentialHelper {
    pub(super) fn new(name: &str) -> Result<Self, KeychainError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if name.is_empty() || name.starts_with(['.', '-']) || !name.bytes().all(allowed) {
            return Err(KeychainError::HelperName(excerpt(name, 60)));
        }
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        let program = program_search::find(&format!("docker-credential-{name}"), &search_path);
        Ok(Self { name: name.to_owned(), program, time_limit: TIME_LIMIT })
    }

    pub(super) async fn get(&self, server: &str) -> Result<Option<Credential>, KeychainError> {
        let Some(output) = self.ask("get", server).await? else { return Ok(None) };
        let answer: Answer = serde_json::from_slice(&output.stdout)
            .map_err(|_| KeychainError::HelperAnswer(self.name.clone()))?;
        if answer.secret.is_empty() {
            return Ok(None);
        }
        Ok(Some(Credential::stored(&answer.username, Secret::new(answer.secret))))
    }

    pub(super) async fn store(
        &self,
        server: &str,
        username: &str,
        password: &Secret,
    ) -> Result<(), KeychainError> {
        let credential = serde_json::json!({
            "ServerURL": server, "Username": username, "Secret": password.expose(),
        });
        let credential = Secret::new(credential.to_string());
        let output = self.run("store", credential.expose()).await?;
        if output.status.success() { Ok(()) } else { Err(self.failed(&output)) }
    }

    /// Makes the helper forget `server`. Returns true if it had a credential.
    pub(super) async fn erase(&self, server: &str) -> Result<bool, KeychainError> {
        Ok(self.ask("erase", server).await?.is_some())
    }

    /// Runs the helper and returns its output, or `None` if it has no credential for `server`.
    async fn ask(&self, action: &str, server: &str) -> Result<Option<Output>, KeychainError> {
        let output = self.run(action, server).await?;
        match String::from_utf8_lossy(&output.stdout).trim() {
            _ if output.status.success() => Ok(Some(output)),
            NOT_FOUND => Ok(None),
            _ => Err(self.failed(&output)),
        }
    }

    async fn run(&self, action: &str, input: &str) -> Result<Output, KeychainError> {
        // For some helpers, a line break starts another field.
        if input.chars().any(char::is_control) {
            return Err(KeychainError::HelperInput(self.name.clone()));
        }
        let failed = |error| KeychainError::HelperRun { name: self.name.clone(), error };
        let absent = || io::Error::new(io::ErrorKind::NotFound, "no directory in PATH has it");
        let program = self.program.as_ref().ok_or_else(absent).map_err(failed)?;
        let child = Command::new(program)
            .arg(action)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        match tokio::time::timeout(self.time_limit, converse(child, input)).await {
            Ok(output) => output.map_err(failed),
            Err(_) => Err(KeychainError::HelperTimeout(self.name.clone())),
        }
    }

    fn failed(&self, output: &Output) -> KeychainError {
        let said = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
        KeychainError::HelperFailed {
            name: self.name.clone(),
            said: excerpt(String::from_utf8_lossy(said).trim(), 200),
        }
    }
}

/// Writes the input of a process and reads its output, up to a limit.
async fn converse(mut child: Child, input: &str) -> io::Result<Output> {
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let (mut stdout, mut stderr) = (stdout.take(OUTPUT_LIMIT), stderr.take(OUTPUT_LIMIT));
    let write = async {
        // If the helper ends without reading its input, its own error message says more.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
    };
    let ((), read, heard) =
        tokio::join!(write, stdout.read_to_end(&mut said), stderr.read_to_end(&mut complained));
    read?;
    heard?;
    Ok(Output { status: child.wait().await?, stdout: said, stderr: complained })
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A helper that is a shell script.
    fn helper(directory: &tempfile::TempDir, script: &str) -> CredentialHelper {
        let path = directory.path().join("helper");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        let time_limit = Duration::from_millis(300);
        CredentialHelper { name: "fake".to_owned(), program: Some(path), time_limit }
    }

    fn get(helper: &CredentialHelper, server: &str) -> Result<Option<Credential>, KeychainError> {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(helper.get(server))
    }

    #[test]
    fn hanging_helper_is_stopped() {
        let directory = tempfile::tempdir().unwrap();
        let hanging = helper(&directory, "exec sleep 600");
        assert!(matches!(get(&hanging, "a.example"), Err(KeychainError::HelperTimeout(_))));
    }

    #[test]
    fn helper_with_endless_output_is_stopped() {
        let directory = tempfile::tempdir().unwrap();
        let endless = helper(&directory, "exec yes");
        assert!(get(&endless, "a.example").is_err());
    }

    #[test]
    fn helper_may_return_an_identity_token() {
        let directory = tempfile::tempdir().unwrap();
        let token = helper(&directory, r#"echo '{"Username":"<token>","Secret":"FAKE"}'"#);
        let found = get(&token, "a.example").unwrap();
        assert!(matches!(found, Some(Credential::IdentityToken(t)) if t.expose() == "FAKE"));
    }

    #[test]
    fn control_characters_are_not_passed_to_a_helper() {
        let directory = tempfile::tempdir().unwrap();
        let seen = directory.path().join("seen");
        let curious = helper(&directory, &format!("cat > {}", seen.display()));
        for server in ["a.example\nhost=b.example", "a\0", "a\r"] {
            assert!(matches!(get(&curious, server), Err(KeychainError::HelperInput(_))));
        }
        assert!(!seen.exists());
    }

    #[test]
    fn helper_name_that_is_a_path_is_rejected() {
        for name in ["", "../x", "a/b", "a b", "-x", ".x", "a\n"] {
            assert!(
                matches!(CredentialHelper::new(name), Err(KeychainError::HelperName(_))),
                "{name:?}"
            );
        }
    }
}
