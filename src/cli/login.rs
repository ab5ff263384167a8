//! `thv login` and `thv logout`: store and remove the credential for a registry.

use std::io::{self, IsTerminal as _};

use clap::Args;

use super::arguments::parse_registry;
use super::failure::Failure;
use super::options::Context;
use super::output::Report;
use super::prompt::{self, read_password};
use super::transfer::transfer;
use crate::oci::LoginOutcome;
use crate::oci::auth::{Credential, CredentialStore, Secret};

#[derive(Args)]
pub(super) struct Login {
    /// The registry, such as registry.example.com or docker.io
    registry: String,
    /// The password; other users can see it in the list of processes, so prefer --password-stdin
    #[arg(long, value_name = "PASSWORD", conflicts_with = "password_stdin")]
    password: Option<String>,
}

impl Login {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let registry = parse_registry(&self.registry)?;
        let username = if let Some(username) = &context.username {
            username.clone()
        } else {
            check_terminal("user name", "--username")?;
            prompt::shown("Username: ")?
        };
        let password = match self.password {
            Some(password) => {
                context.output.warn(
                    "others can see --password in the list of processes; prefer --password-stdin",
                );
                Secret::new(password)
            }
            None if context.password_stdin => read_password()?,
            None => {
                check_terminal("password", "--password-stdin")?;
                prompt::hidden("Password: ")?
            }
        };
        if username.is_empty() || username.contains(|c: char| c == ':' || c.is_control()) {
            return Err(Failure::usage(
                "a user name is not empty and has neither ':' nor control characters",
            ));
        }
        let credential =
            Credential::Password { username: username.clone(), password: password.clone() };
        let doing = format!("logging in to {registry}");
        let work = context.client.check_login(&registry, credential);
        let checked = transfer(context, &doing, work).await?;
        if checked.map_err(Failure::Login)? == LoginOutcome::NotAskedFor {
            context.output.note(&format!(
                "note: {registry} does not ask for a login; the password was not checked"
            ));
        }
        let stored = context.keychain.store(&registry, &username, &password).await?;
        if matches!(stored, CredentialStore::File(_)) {
            context
                .output
                .note("note: the password is stored unencrypted; a credential helper is safer");
        }
        context.output.report(
            Report::new(format!("Logged in to {registry} as {username}"))
                .field("registry", registry.to_string())
                .field("username", username)
                .field("stored", stored.to_string()),
        )
    }
}

#[derive(Args)]
pub(super) struct Logout {
    /// The registry, such as registry.example.com or docker.io
    registry: String,
}

impl Logout {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let registry = parse_registry(&self.registry)?;
        let was_stored = context.keychain.erase(&registry).await?;
        let (sentence, status) = if was_stored {
            (format!("Logged out of {registry}"), "removed")
        } else {
            (format!("There was no stored login for {registry}"), "absent")
        };
        context.output.report(
            Report::new(sentence).field("registry", registry.to_string()).field("status", status),
        )
    }
}

/// Fails if the user cannot be asked for `what`, for which `option` is the other way.
fn check_terminal(what: &str, option: &str) -> Result<(), Failure> {
    let message = format!("there is no terminal to ask for the {what}; use {option}");
    io::stdin().is_terminal().then_some(()).ok_or(Failure::Usage(message))
}
