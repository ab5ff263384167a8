//! Which token server may be asked: a realm is a registry's word, and may lead anywhere.

use std::fmt;

use url::{Host, Url};

use crate::printable::excerpt;
use crate::wire::{Origin, is_internal};

/// Checks the realm of a challenge from `registry`.
///
/// It has to be https, unless `plain_http` says that the registry itself is rightly spoken to over
/// plain http; without user name; and no internal address (see [`is_internal`]) unless
/// `registry_is_internal`. Names are checked when they are resolved.
///
/// # Errors
/// [`RealmError`].
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
    let internal = match url.host() {
        Some(Host::Ipv4(ip)) => is_internal(ip.into()),
        Some(Host::Ipv6(ip)) => is_internal(ip.into()),
        Some(Host::Domain(name)) => name.trim_end_matches('.') == "localhost",
        None => true,
    };
    if internal && !registry_is_internal {
        return Err(RealmError::Internal(shown()));
    }
    url.set_fragment(None);
    Ok(url)
}

/// Why a token server is not asked. The text is the realm, safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RealmError {
    /// Not an http or https URL.
    NotAUrl(String),
    /// Plain http, where https is needed.
    PlainHttp(String),
    /// It carries a user name or password.
    UserInformation(String),
    /// An internal address, while the registry is not.
    Internal(String),
}

impl fmt::Display for RealmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (realm, error) = match self {
            Self::NotAUrl(realm) => (realm, "is no http or https URL"),
            Self::PlainHttp(realm) => (realm, "is not https"),
            Self::UserInformation(realm) => (realm, "carries a user name"),
            Self::Internal(realm) => {
                (realm, "is an internal address, which the registry itself is not")
            }
        };
        write!(f, "the registry's token server is not asked: {realm} {error}")
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
    fn a_public_registry_may_name_only_public_https_servers() {
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
    fn an_internal_registry_may_name_internal_servers() {
        let url = "http://127.0.0.1:5001/token";
        assert_eq!(checked(url, "http://127.0.0.1:5000/v2/", true, true).as_deref(), Ok(url));
        let secure = checked(url, "https://10.0.0.2/v2/", false, true);
        assert!(matches!(secure, Err(RealmError::PlainHttp(_))));
    }

    #[test]
    fn a_relative_realm_is_the_registry_s() {
        let found = checked("/token#x", "https://r.example/v2/", false, false);
        assert_eq!(found.as_deref(), Ok("https://r.example/token"));
    }
}
