//! Warnings about a risk. The command continues.

use std::fmt;

use crate::oci;

#[derive(Debug)]
pub(super) enum Warning {
    /// `--password` stands in the list of processes.
    PasswordOnCommandLine,
    /// `--insecure-skip-tls-verify` is given.
    CertificatesNotChecked,
    /// The development registry listens at an address that other machines can reach.
    OpenRegistry,
    /// A registry sent a warning.
    Registry(oci::Warning),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PasswordOnCommandLine => f.write_str(
                "warning: others can see --password in the list of processes; prefer \
                 --password-stdin",
            ),
            Self::CertificatesNotChecked => f.write_str(
                "warning: certificates are not checked; anyone on the network path can read and \
                 change everything",
            ),
            Self::OpenRegistry => {
                f.write_str("warning: anyone who can reach this address can read and write")
            }
            Self::Registry(warning) => {
                write!(f, "warning from {}: {}", warning.registry, warning.text)
            }
        }
    }
}
