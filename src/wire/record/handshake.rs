//! Which TLS version a server agreed on, for the transcript.
//!
//! The HTTP library does not tell, but whoever verifies a server is asked about its signature in
//! another way for each version. This watches the verifier and decides nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, DistinguishedName, SignatureScheme};

/// The version of each server's handshakes so far, by the server's certificate (DER). A connection that
/// resumes a session has no signature of its own, and the version of the session.
#[derive(Debug, Default)]
pub(in crate::wire) struct Handshakes(Mutex<HashMap<Vec<u8>, Version>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Tls12,
    Tls13,
    /// Both were agreed on, so that one connection's cannot be told.
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

    /// The version that the server with this certificate agreed on, where there was but one.
    pub(in crate::wire) fn version(&self, cert: &[u8]) -> Option<&'static str> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).get(cert)? {
            Version::Tls12 => Some("TLSv1.2"),
            Version::Tls13 => Some("TLSv1.3"),
            Version::Either => None,
        }
    }

    /// `verifier`, watched.
    pub(in crate::wire) fn watch(
        self: Arc<Self>,
        verifier: Arc<dyn ServerCertVerifier>,
    ) -> Arc<dyn ServerCertVerifier> {
        Arc::new(Watched { verifier, handshakes: self })
    }
}

#[derive(Debug)]
struct Watched {
    verifier: Arc<dyn ServerCertVerifier>,
    handshakes: Arc<Handshakes>,
}

impl ServerCertVerifier for Watched {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.handshakes.note(cert, Version::Tls12);
        self.verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.handshakes.note(cert, Version::Tls13);
        self.verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.verifier.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.verifier.root_hint_subjects()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_both_versions_has_none_that_could_be_told() {
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
