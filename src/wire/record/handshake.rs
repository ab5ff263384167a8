//! The TLS version that was negotiated with a server, for the transcript.
//!
//! The HTTP library does not tell the version, but rustls calls another method of the certificate
//! verifier for each version. A verifier here notes the call and leaves the decision to the real one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};

/// The TLS version of each server's handshakes so far, by the server's certificate (DER). A connection
/// that resumes a session makes no signature; it has the version of that session.
#[derive(Debug, Default)]
pub(crate) struct Handshakes(Mutex<HashMap<Vec<u8>, Version>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Tls12,
    Tls13,
    /// Both were negotiated with this server, so that the version of one connection is unknown.
    Either,
}

impl Handshakes {
    fn note(&self, cert: &CertificateDer<'_>, version: Version) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.entry(cert.to_vec()).or_insert(version);
        if *known != version {
            *known = Version::Either;
        }
    }

    /// Returns the version that was negotiated with the server with this certificate, unless there were
    /// two.
    pub(crate) fn version(&self, cert: &[u8]) -> Option<&'static str> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).get(cert)? {
            Version::Tls12 => Some("TLSv1.2"),
            Version::Tls13 => Some("TLSv1.3"),
            Version::Either => None,
        }
    }
}

/// Verifies a server's certificate and signature, and notes the version.
#[derive(Debug)]
pub(crate) struct WatchedVerifier {
    /// Verifies certificates. Without it every certificate is accepted; see
    /// [`TlsSettings::danger_accept_any_certificate`](crate::wire::TlsSettings).
    pub(crate) certificates: Option<Arc<dyn ServerCertVerifier>>,
    pub(crate) provider: Arc<CryptoProvider>,
    pub(crate) handshakes: Option<Arc<Handshakes>>,
}

impl WatchedVerifier {
    fn note(&self, cert: &CertificateDer<'_>, version: Version) {
        if let Some(handshakes) = &self.handshakes {
            handshakes.note(cert, version);
        }
    }
}

impl ServerCertVerifier for WatchedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.certificates {
            None => Ok(ServerCertVerified::assertion()),
            Some(verifier) => verifier.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            ),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.note(cert, Version::Tls12);
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.note(cert, Version::Tls13);
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_of_a_server_that_negotiated_both_is_unknown() {
        let handshakes = Handshakes::default();
        let (old, new) = (CertificateDer::from(vec![1]), CertificateDer::from(vec![2]));
        handshakes.note(&old, Version::Tls12);
        handshakes.note(&new, Version::Tls13);
        handshakes.note(&new, Version::Tls13);
        assert_eq!(handshakes.version(&[1]), Some("TLSv1.2"));
        assert_eq!(handshakes.version(&[2]), Some("TLSv1.3"));
        assert_eq!(handshakes.version(&[3]), None);
        handshakes.note(&new, Version::Tls12);
        handshakes.note(&new, Version::Tls13);
        assert_eq!(handshakes.version(&[2]), None);
    }
}
