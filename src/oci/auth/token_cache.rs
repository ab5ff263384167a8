//! The tokens of one protection space, each kept for the scopes that it was asked for.

use std::collections::HashMap;

use super::scope::Scope;
use super::token::Token;

/// Keeps one token for each list of scopes.
#[derive(Default)]
pub(super) struct TokenCache(HashMap<Vec<Scope>, Token>);

impl TokenCache {
    /// Returns the token for `scopes`, which may have expired.
    pub(super) fn get(&self, scopes: &[Scope]) -> Option<&Token> {
        self.0.get(scopes)
    }

    /// Keeps `token` for `scopes`.
    pub(super) fn insert(&mut self, scopes: Vec<Scope>, token: Token) {
        self.0.insert(scopes, token);
    }

    /// Forgets the token for `scopes`.
    pub(super) fn remove(&mut self, scopes: &[Scope]) {
        self.0.remove(scopes);
    }
}
