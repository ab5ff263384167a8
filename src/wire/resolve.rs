//! Resolves host names to addresses.

use std::fmt;
use std::io;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_internal;

#[derive(Debug)]
pub(super) struct SystemResolver {
    /// Refuse a name that has an internal address.
    pub(super) public_only: bool,
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let public_only = self.public_only;
        Box::pin(async move {
            // The port is a placeholder: the HTTP library sets its own.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let addresses: Vec<_> =
                found.map_err(|error| ResolveError::Unknown(Some(error)))?.collect();
            if addresses.is_empty() {
                return Err(ResolveError::Unknown(None).into());
            }
            if public_only && addresses.iter().any(|address| is_internal(address.ip())) {
                return Err(ResolveError::Internal.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[derive(Debug)]
pub(super) enum ResolveError {
    Unknown(Option<io::Error>),
    Internal,
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown(_) => "the host name could not be resolved",
            Self::Internal => "the host name has an internal address",
        })
    }
}

impl std::error::Error for ResolveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unknown(error) => error.as_ref().map(|error| error as _),
            Self::Internal => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Advisory 4.
    #[tokio::test]
    async fn name_with_an_internal_address_is_refused_for_a_public_only_request() {
        let resolve =
            |public_only| SystemResolver { public_only }.resolve("localhost".parse().unwrap());
        assert!(resolve(false).await.unwrap().count() > 0);
        let error = resolve(true).await.err().unwrap();
        let error = error.downcast_ref::<ResolveError>();
        assert!(matches!(error, Some(ResolveError::Internal)), "{error:?}");
    }
}
