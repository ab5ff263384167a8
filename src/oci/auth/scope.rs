//! Scopes: what a token allows (distribution token specification, "Requesting a Token").

use std::fmt;

use crate::oci::names::RepositoryName;

/// The kind of access to a repository that tokens are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// Read.
    Pull,
    /// Read and write.
    Push,
    /// Read and delete.
    Delete,
}

/// The scope of a token, such as `repository:configs/a:pull,push`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Scope(String);

impl Scope {
    /// Returns the scope that `access` to the repository `name` needs. A push also reads.
    pub(crate) fn repository(name: &RepositoryName, access: Access) -> Self {
        let actions = match access {
            Access::Pull => "pull",
            Access::Push => "pull,push",
            Access::Delete => "pull,delete",
        };
        Self(format!("repository:{name}:{actions}"))
    }

    /// Returns the scopes to ask for: `own` first, then those of a challenge that `own` does not cover, at
    /// most eight. An empty list asks for a token that only identifies the account.
    pub(super) fn with_challenged(own: &[Self], challenged: Option<&str>) -> Vec<Self> {
        let mut scopes = own.to_vec();
        let words = challenged.unwrap_or_default().split(' ');
        for word in words.filter(|word| word.bytes().all(|b| b.is_ascii_graphic())) {
            let scope = Self(word.to_owned());
            if !word.is_empty() && scopes.len() < 8 && !scopes.iter().any(|s| s.covers(&scope)) {
                scopes.push(scope);
            }
        }
        scopes
    }

    fn covers(&self, other: &Self) -> bool {
        match (self.0.rsplit_once(':'), other.0.rsplit_once(':')) {
            (Some((resource, actions)), Some((wanted, needs))) if resource == wanted => {
                needs.split(',').all(|need| actions.split(',').any(|action| action == need))
            }
            _ => self == other,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenge_adds_only_scopes_that_are_not_covered() {
        let push = Scope::repository(&"a/b".parse().unwrap(), Access::Push);
        let asked = |challenged| {
            let scopes = Scope::with_challenged(std::slice::from_ref(&push), challenged);
            scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(asked(None), "repository:a/b:pull,push");
        assert_eq!(asked(Some("repository:a/b:pull")), "repository:a/b:pull,push");
        assert_eq!(asked(Some("repository:a/b:push,pull")), "repository:a/b:pull,push");
        assert_eq!(
            asked(Some("repository:a/b:delete  repository:c:pull aws \u{7}x")),
            "repository:a/b:pull,push repository:a/b:delete repository:c:pull aws"
        );
    }
}
