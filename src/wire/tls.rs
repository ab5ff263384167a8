//! TLS: whom an https connection trusts.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt as _;

use super::error::ErrorKind;

/// Trusts what the operating system trusts.
pub(super) fn verifying() -> Result<ClientConfig, ErrorKind> {
    let mut config = builder()?
        .with_platform_verifier()
        .map_err(|why| ErrorKind::Setup(why.to_string()))?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// For a client that speaks plain http only: trusts nobody, reads no certificate.
pub(super) fn unused() -> Result<ClientConfig, ErrorKind> {
    Ok(builder()?.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, ErrorKind> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| ErrorKind::Setup(why.to_string()))
}
