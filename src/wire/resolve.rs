//! Host names to addresses, with errors that can be told from others by their type.

use std::fmt;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_internal;

/// Asks the operating system.
#[derive(Debug)]
pub(super) struct SystemResolver {
    /// Whether a name that leads to an internal address is refused.
    pub(super) public_only: bool,
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let public_only = self.public_only;
        Box::pin(async move {
            // The port is a placeholder: the HTTP library sets its own.
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await;
            let addresses: Vec<_> = addresses.map_err(|_| Unresolved::Unknown)?.collect();
            if addresses.is_empty() {
                return Err(Unresolved::Unknown.into());
            }
            if public_only && addresses.iter().any(|address| is_internal(address.ip())) {
                return Err(Unresolved::Internal.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Why a host name leads nowhere.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unresolved {
    /// It has no address.
    Unknown,
    /// It has an internal address, which it must not have.
    Internal,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "the host name could not be resolved",
            Self::Internal => "the host name leads to an internal address",
        })
    }
}

impl std::error::Error for Unresolved {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Advisory 4.
    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_where_only_outside_is_meant() {
        let resolve =
            |public_only| SystemResolver { public_only }.resolve("localhost".parse().unwrap());
        assert!(resolve(false).await.unwrap().count() > 0);
        let error = resolve(true).await.err().unwrap();
        let error = error.downcast_ref::<Unresolved>();
        assert!(matches!(error, Some(Unresolved::Internal)), "{error:?}");
    }
}
