//! Which token servers a registry may name.
//!
//! A realm is text that a registry sent. Without these checks, a registry could direct requests and
//! credentials to any host, also to one in the user's own network.

use std::fmt;

use url::Url;

use crate::printable::excerpt;
use crate::wire::{Origin, has_internal_host};

/// Checks the realm of a challenge that came from `registry`, and returns the token server's URL.
///
/// The URL has to be https, unless `plain_http` says that the registry itself is reached over plain http.
/// It has no user name, and no internal address (see [`has_internal_host`]) unless `registry_is_internal`.
/// Host names are checked when they are resolved.
pub(super) fn check(
    realm: &str,
    registry: &Url,
    plain_http: bool,
    registry_is_internal: bool,
) -> Result<Url, RealmError> {
    let shown = || excerpt(realm, 200);
    let mut url = registry.join(realm).map_err(|_| RealmError::NotAUrl(shown()))?;
    let origin = Origin::of(&url).ok_or_else(|| RealmError::NotAUrl(shown()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RealmError::UserInformation(shown()));
    }
    if !origin.is_secure() && !plain_http {
        return Err(RealmError::PlainHttp(shown()));
    }
    if has_internal_host(&url) && !registry_is_internal {
        return Err(RealmError::Internal(shown()));
    }
    url.set_fragment(None);
    Ok(url)
}

/// Checks that a credential of `registry` may be sent to the token server `realm`: to another host over
/// https only, or within loopback.
pub(super) fn check_credential(realm: &Url, registry: &Origin) -> Result<(), RealmError> {
    match Origin::of(realm) {
        Some(origin) if origin.is_secure() || origin.is_loopback() || origin == *registry => Ok(()),
        _ => Err(RealmError::PlainHttp(realm.as_str().to_owned())),
    }
}

/// Why no request is sent to a token server. The text is the realm, safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RealmError {
    /// The realm is not an http or https URL.
    NotAUrl(String),
    /// The realm is plain http, where https is needed.
    PlainHttp(String),
    /// The realm has a user name or password.
    UserInformation(String),
    /// The realm has an internal address, while the registry is not known to have one.
    Internal(String),
}

impl fmt::Display for RealmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (realm, reason) = match self {
            Self::NotAUrl(realm) => (realm, "it is not an http or https URL"),
            Self::PlainHttp(realm) => (realm, "it is not https"),
            Self::UserInformation(realm) => (realm, "it carries a user name"),
            Self::Internal(realm) => {
                (realm, "it has an internal address, but the registry is not known to have one")
            }
        };
        write!(f, "refusing token server {realm}: {reason}")
    }
}

impl std::error::Error for RealmError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(
        realm: &str,
        registry: &str,
        plain: bool,
        internal: bool,
    ) -> Result<String, RealmError> {
        check(realm, &Url::parse(registry).unwrap(), plain, internal).map(String::from)
    }

    #[test]
    fn public_registry_may_name_only_public_https_token_servers() {
        let refused =
            |realm: &str| checked(realm, "https://r.example/v2/", false, false).unwrap_err();
        for realm in [
            "https://127.0.0.1/t",
            "https://localhost/t",
            "https://localhost./t",
            "https://[::1]/t",
            "https://10.0.0.1/t",
            "https://192.168.1.1/t",
            "https://172.16.0.1/t",
            "https://169.254.169.254/latest",
            "https://100.64.0.1/t",
            "https://0.0.0.0/t",
            "https://[fe80::1]/t",
            "https://[fd00::1]/t",
            "https://[::ffff:10.0.0.1]/t",
            "https://[64:ff9b::a00:1]/t",
            "https://[2002:a00:1::]/t",
            "https://0x7f.1/t",
            "https://2130706433/t",
        ] {
            assert!(matches!(refused(realm), RealmError::Internal(_)), "{realm}");
        }
        assert!(matches!(refused("http://auth.example/t"), RealmError::PlainHttp(_)));
        assert!(matches!(refused("file:///etc/passwd"), RealmError::NotAUrl(_)));
        assert!(matches!(refused("https://"), RealmError::NotAUrl(_)));
        assert!(matches!(refused("https://a:b@auth.example/t"), RealmError::UserInformation(_)));
        for realm in ["https://auth.example/t", "https://8.8.8.8/t", "https://[2001:4860::1]/t"] {
            assert!(checked(realm, "https://r.example/v2/", false, false).is_ok(), "{realm}");
        }
    }

    #[test]
    fn internal_registry_may_name_internal_token_servers() {
        let url = "http://127.0.0.1:5001/token";
        assert_eq!(checked(url, "http://127.0.0.1:5000/v2/", true, true).as_deref(), Ok(url));
        let secure = checked(url, "https://10.0.0.2/v2/", false, true);
        assert!(matches!(secure, Err(RealmError::PlainHttp(_))));
    }

    #[test]
    fn relative_realm_is_resolved_against_the_registry() {
        let found = checked("/token#x", "https://r.example/v2/", false, false);
        assert_eq!(found.as_deref(), Ok("https://r.example/token"));
    }

    #[test]
    fn credential_goes_to_another_host_over_https_or_within_loopback_only() {
        let allowed = |realm: &str, registry: &str| {
            let registry = Origin::of(&Url::parse(registry).unwrap()).unwrap();
            check_credential(&Url::parse(realm).unwrap(), &registry).is_ok()
        };
        assert!(allowed("https://auth.example/t", "http://r.example/v2/"));
        assert!(allowed("http://r.example/t", "http://r.example/v2/"));
        assert!(allowed("http://127.0.0.1:5001/t", "http://127.0.0.1:5000/v2/"));
        assert!(!allowed("http://auth.example/t", "http://r.example/v2/"));
        assert!(!allowed("http://r.example:8080/t", "http://r.example/v2/"));
    }
}
