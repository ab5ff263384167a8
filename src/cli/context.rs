//! What every command works with.

use std::time::Duration;

use super::output::Output;
use crate::oci::Client;
use crate::oci::auth::Keychain;
use crate::wire::Settings;

pub(super) struct Context {
    pub(super) output: Output,
    pub(super) client: Client,
    pub(super) settings: Settings,
    /// The longest time that all requests of one command may take together.
    pub(super) total_timeout: Duration,
    /// Finds and stores credentials. It does not know the credential of the command line.
    pub(super) keychain: Keychain,
    pub(super) username: Option<String>,
    pub(super) password_stdin: bool,
}
