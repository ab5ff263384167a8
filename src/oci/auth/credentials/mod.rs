//! Credentials, and the sources that they come from.

pub(crate) mod docker_config;
pub(crate) mod helper;
pub(crate) mod keychain;
pub(crate) mod secret;
