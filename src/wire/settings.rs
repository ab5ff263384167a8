//! The settings of all connections of a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::record::recorder::Recorder;
use super::tls::TlsSettings;

/// Settings of every connection that a client makes.
#[derive(Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The value of the `user-agent` header.
    pub user_agent: String,
    /// The longest time that making a connection may take, TLS included.
    pub connect_timeout: Duration,
    /// The longest time that may pass without a byte sent or received while a response is awaited.
    pub idle_timeout: Duration,
    /// The certificates that https connections trust, and a client certificate.
    pub tls: TlsSettings,
    /// Takes the record of each exchange.
    pub recorder: Option<Arc<dyn Recorder>>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("user_agent", &self.user_agent)
            .field("connect_timeout", &self.connect_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_agent: concat!("thv-oci/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(60),
            tls: TlsSettings::default(),
            recorder: None,
        }
    }
}
