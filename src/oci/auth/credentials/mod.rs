//! Credentials, and the sources that they come from.

pub(in crate::oci) mod docker_config;
pub(in crate::oci) mod helper;
pub(in crate::oci) mod keychain;
pub(in crate::oci) mod secret;
pub(in crate::oci) mod source;
