//! Finds private keys, written as text or as base64.

/// What begins a private key, or names one.
const MARKS: [&str; 3] =
    ["PuTTY-User-Key-File-", "minisign encrypted secret key", "minisign secret key"];

/// The base64 of what private keys begin with: PKCS#8 and PKCS#1 of RSA, SEC 1 and PKCS#8 of elliptic curves,
/// Ed25519, X25519, encrypted PKCS#8, OpenSSH.
const DER: [&str; 16] = [
    "MIIEvQIBADAN",
    "MIIEvgIBADAN",
    "MIIEvAIBADAN",
    "MIIEuwIBADAN",
    "MIIJQgIBADAN",
    "MIIJQwIBADAN",
    "MIIEpAIBAAKC",
    "MIIEowIBAAKC",
    "MIIEpQIBAAKC",
    "MIIJKQIBAAKC",
    "MIIJKAIBAAKC",
    "MHcCAQEEI",
    "MIGkAgEBBD",
    "MIGHAgEAMBMG",
    "MC4CAQAwBQYDK2V",
    "b3BlbnNzaC1rZXktdjE",
];

/// Returns true if a private key begins in `text`.
pub(super) fn has_private_key(text: &str) -> bool {
    // `-----BEGIN … PRIVATE KEY-----`, `---- BEGIN SSH2 … PRIVATE KEY ----`, `… PRIVATE KEY BLOCK-----`.
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("PRIVATE KEY") {
        let line = before.rsplit('\n').next().unwrap_or_default();
        let is_begun = line.rsplit_once("BEGIN").is_some_and(|(dashes, kind)| {
            dashes.trim_end().ends_with('-') && kind.len() <= 100 && !kind.contains("END")
        });
        if is_begun && after.trim_start_matches(" BLOCK").trim_start().starts_with('-') {
            return true;
        }
        rest = after;
    }
    DER.iter().any(|start| text.trim_start().starts_with(start))
        || MARKS.iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_keys_are_told_from_public_ones() {
        for kind in ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "] {
            let text = format!("x: -----BEGIN {kind}{}-----\nMIIE", "PRIVATE KEY");
            assert!(has_private_key(&text), "{text}");
        }
        for text in [
            concat!("-----BEGIN PGP PRIVATE", " KEY BLOCK-----\\n\\nlQ"),
            concat!("---- BEGIN SSH2 ENCRYPTED PRIVATE", " KEY ----"),
            "PuTTY-User-Key-File-2: ssh-rsa",
            concat!("MIIEvQIBADAN", "BgkqhkiG9w0"),
            concat!("b3BlbnNzaC1r", "ZXktdjEAAAAA"),
        ] {
            assert!(has_private_key(text), "{text}");
        }
        for text in [
            "-----BEGIN PUBLIC KEY-----\nMIIB",
            "-----BEGIN CERTIFICATE-----\nMIID",
            "the PRIVATE KEY is elsewhere",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI",
            "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQ",
        ] {
            assert!(!has_private_key(text), "{text}");
        }
    }
}
