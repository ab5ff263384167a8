//! The settings of all connections of a client, and the certificates that they trust and show.

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::error::{Source, cause};
use super::record::exchange::Recorder;
use super::record::handshake::{Handshakes, WatchedVerifier};
use crate::capped_read::read_settings;
use crate::directories::containers_config;

/// The size of a file of certificates that is read, in bytes.
const CERTIFICATES_LIMIT: usize = 16 * 1024 * 1024;

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

/// The authorities that are trusted besides the operating system's, and a client certificate.
#[derive(Clone, Default)]
pub struct TlsSettings {
    roots: Vec<CertificateDer<'static>>,
    identity: Option<Arc<Identity>>,
    skip_verification: bool,
    certs_dirs: Vec<PathBuf>,
}

struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl TlsSettings {
    /// Trusts the authorities in `pem` too.
    ///
    /// # Errors
    /// [`InvalidPem`] if it holds no certificate.
    pub fn trust(mut self, pem: &[u8]) -> Result<Self, InvalidPem> {
        self.roots.extend(certificates(pem)?);
        Ok(self)
    }

    /// Shows a client certificate to registries, but never to another host that they redirect to.
    ///
    /// # Errors
    /// [`InvalidPem`] if `chain` holds no certificate or `key` no private key.
    pub fn identity(mut self, chain: &[u8], key: &[u8]) -> Result<Self, InvalidPem> {
        self.identity = Some(Arc::new(Identity::read(chain, key)?));
        Ok(self)
    }

    /// Accepts any certificate. An attacker on the network can then read and change everything.
    #[must_use]
    pub const fn danger_accept_any_certificate(mut self) -> Self {
        self.skip_verification = true;
        self
    }

    /// Reads the certificates of a registry from the `certs.d` directories of Docker and podman on this
    /// system too: below `HOST[:PORT]`, `*.crt` are authorities, and `NAME.cert` and `NAME.key` are a client
    /// certificate.
    #[must_use]
    pub fn system_certs_dirs(mut self) -> Self {
        let own = containers_config(|name| std::env::var_os(name)).map(|dir| dir.join("certs.d"));
        let system = ["/etc/containers/certs.d", "/etc/docker/certs.d"];
        self.certs_dirs = own.into_iter().chain(system.map(PathBuf::from)).collect();
        self
    }

    /// Returns true if any of these settings concerns TLS with the registry `authority`, `HOST[:PORT]`.
    pub(crate) fn applies_to(&self, authority: &str) -> bool {
        !self.roots.is_empty()
            || self.identity.is_some()
            || self.skip_verification
            || self.certs_dirs.iter().any(|dir| dir.join(authority).is_dir())
    }

    /// Returns the configuration for the registry `authority`, or for other hosts if it is `None`.
    /// `handshakes` notes the TLS versions, if they are recorded.
    pub(super) fn config(
        &self,
        authority: Option<&str>,
        handshakes: Option<Arc<Handshakes>>,
    ) -> Result<ClientConfig, Source> {
        let mut roots = self.roots.clone();
        let mut identity = None;
        if let Some(authority) = authority {
            identity.clone_from(&self.identity);
            for dir in self.certs_dirs.iter().map(|dir| dir.join(authority)) {
                let (more, found) = read_certs_dir(&dir)?;
                roots.extend(more);
                identity = identity.or(found.map(Arc::new));
            }
        }
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| cause(&error))?;
        let mut certificates: Option<Arc<dyn ServerCertVerifier>> = None;
        if !self.skip_verification {
            let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider));
            certificates = Some(Arc::new(verifier.map_err(|error| cause(&error))?));
        }
        let verifier = WatchedVerifier { certificates, provider, handshakes };
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => builder
                .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
                .map_err(|error| cause(&error))?,
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("roots", &self.roots.len())
            .field("identity", &self.identity.is_some())
            .field("skip_verification", &self.skip_verification)
            .field("certs_dirs", &self.certs_dirs)
            .finish()
    }
}

impl Identity {
    fn read(chain: &[u8], key: &[u8]) -> Result<Self, InvalidPem> {
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| InvalidPem::NoKey)?;
        Ok(Self { chain: certificates(chain)?, key })
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, InvalidPem> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or(InvalidPem::NoCertificate)
}

/// Returns the configuration for a client that only speaks plain http: it trusts no certificate, and
/// reads none.
pub(super) fn unused_tls() -> Result<ClientConfig, Source> {
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| cause(&error))?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// Reads the authorities and the client certificate of a directory of `certs.d`. An error names the file that
/// cannot be used.
fn read_certs_dir(dir: &Path) -> Result<(Vec<CertificateDer<'static>>, Option<Identity>), Source> {
    let (mut roots, mut identity) = (Vec::new(), None);
    let Ok(files) = fs::read_dir(dir) else { return Ok((roots, identity)) };
    let mut paths: Vec<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.sort();
    let unusable = |path: &Path, error: &dyn Error| format!("{}: {error}", path.display());
    let read = |path: &Path| {
        read_settings(path, CERTIFICATES_LIMIT).map_err(|error| unusable(path, &error))
    };
    for path in paths {
        match path.extension().and_then(std::ffi::OsStr::to_str) {
            Some("crt") => {
                let found = certificates(&read(&path)?);
                roots.extend(found.map_err(|error| unusable(&path, &error))?);
            }
            Some("cert") if identity.is_none() => {
                let key = read(&path.with_extension("key"))?;
                let found = Identity::read(&read(&path)?, &key);
                identity = Some(found.map_err(|error| unusable(&path, &error))?);
            }
            _ => {}
        }
    }
    Ok((roots, identity))
}

/// A PEM file without the expected content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidPem {
    /// It has no certificate, or a broken one.
    NoCertificate,
    /// It has no private key.
    NoKey,
}

impl fmt::Display for InvalidPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCertificate => "no certificate in PEM form",
            Self::NoKey => "no private key in PEM form",
        })
    }
}

impl Error for InvalidPem {}
