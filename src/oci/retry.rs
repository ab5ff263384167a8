//! What is tried again, when, and how often.
//!
//! An operation is repeated as a whole, its body's end included, and only where repeating it does no
//! harm. An upload is no such operation: it is resumed.

use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::client::Client;
use super::error::{AuthenticationError, ErrorKind};
use super::error_response::ErrorResponse;
use crate::wire;

/// How often and how soon something that failed for a passing reason is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often at most, without any progress in between.
    pub retries: u32,
    /// The wait before the first retry; each further one waits twice as long.
    pub first_delay: Duration,
    /// The longest such wait.
    pub longest_delay: Duration,
    /// The longest wait that a registry may ask for (`Retry-After`). Where it asks for more, the
    /// operation fails at once.
    pub longest_retry_after: Duration,
}

impl Default for RetryPolicy {
    /// Three retries, after at most 0.3, 0.6 and 1.2 seconds; a minute of `Retry-After`.
    fn default() -> Self {
        Self {
            retries: 3,
            first_delay: Duration::from_millis(300),
            longest_delay: Duration::from_secs(10),
            longest_retry_after: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// The same with another number of retries.
    #[must_use]
    pub const fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The wait before retry number `count`, from 0: between half and all of the doubled delay, so
    /// that clients that failed together do not come back together.
    fn backoff(&self, count: u32, random: u64) -> Duration {
        let doubled = self.first_delay.saturating_mul(1 << count.min(16));
        let delay = doubled.min(self.longest_delay);
        let share = u32::try_from(random % 1024).unwrap_or(0);
        delay / 2 + delay / 2 * share / 1024
    }
}

/// Counts the attempts at one request, for the transcript.
#[derive(Clone, Default)]
pub(super) struct Attempts(Arc<AtomicU32>);

impl Attempts {
    /// The number of the next attempt, from 1.
    pub(super) fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether there was one.
    pub(super) fn begun(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// How far a transfer has to get to count as one that goes on, in bytes: one that brings a byte with
/// each attempt would take for ever.
const PROGRESS: u64 = 64 * 1024;

/// How much is left of a policy.
pub(super) struct Patience {
    policy: RetryPolicy,
    used: u32,
    /// How far the transfer was when the policy started anew.
    reached: u64,
}

impl Patience {
    pub(super) const fn new(policy: RetryPolicy) -> Self {
        Self { policy, used: 0, reached: 0 }
    }

    /// Notes that a transfer got as far as the byte `reached`. The policy starts anew where that is
    /// further than ever, by a fair piece.
    pub(super) const fn advance(&mut self, reached: u64) {
        if reached >= self.reached.saturating_add(PROGRESS) {
            self.reached = reached;
            self.used = 0;
        }
    }

    /// Waits until what failed may be tried again.
    ///
    /// # Errors
    /// `why` itself, where it will not pass or was met too often.
    pub(super) async fn wait(&mut self, error: ErrorKind) -> Result<(), ErrorKind> {
        let random = RandomState::new().hash_one(0);
        match self.delay(&error, random) {
            Some(delay) => {
                self.used += 1;
                tokio::time::sleep(delay).await;
                Ok(())
            }
            None => Err(error),
        }
    }

    /// Waits before something else is tried after a failure, whatever that was.
    ///
    /// # Errors
    /// `why` itself, where failures were met too often.
    pub(super) async fn insist(&mut self, error: ErrorKind) -> Result<(), ErrorKind> {
        let delay = self.spend(error)?;
        tokio::time::sleep(delay).await;
        Ok(())
    }

    /// Counts `why` as a failure, and says how long to wait after it.
    ///
    /// # Errors
    /// `why` itself, where failures were met too often.
    pub(super) fn spend(&mut self, error: ErrorKind) -> Result<Duration, ErrorKind> {
        if self.used >= self.policy.retries {
            return Err(error);
        }
        let delay = self.policy.backoff(self.used, RandomState::new().hash_one(0));
        self.used += 1;
        Ok(delay)
    }

    fn delay(&self, error: &ErrorKind, random: u64) -> Option<Duration> {
        let asked = match transience(error) {
            _ if self.used >= self.policy.retries => return None,
            Transience::Lasting => return None,
            Transience::Passing => Duration::ZERO,
            Transience::PassingAfter(wait) if wait > self.policy.longest_retry_after => {
                return None;
            }
            Transience::PassingAfter(wait) => wait,
        };
        Some(asked.max(self.policy.backoff(self.used, random)))
    }
}

/// Whether a failure may pass by itself.
enum Transience {
    Lasting,
    Passing,
    /// After this time, the registry says.
    PassingAfter(Duration),
}

fn transience(error: &ErrorKind) -> Transience {
    match error {
        ErrorKind::Network(error) if is_passing(error.kind()) => Transience::Passing,
        ErrorKind::Registry(refusal)
        | ErrorKind::Authentication(AuthenticationError::TokenServer(refusal)) => {
            of_status(refusal)
        }
        _ => Transience::Lasting,
    }
}

const fn is_passing(error: &wire::HttpErrorKind) -> bool {
    use wire::HttpErrorKind as Wire;
    matches!(error, Wire::Refused | Wire::Connection(_) | Wire::CutShort | Wire::Timeout)
}

const fn of_status(refusal: &ErrorResponse) -> Transience {
    match (refusal.status, refusal.retry_after) {
        (408 | 425 | 429 | 500 | 502 | 503 | 504, Some(wait)) => Transience::PassingAfter(wait),
        (408 | 425 | 429 | 500 | 502 | 503 | 504, None) => Transience::Passing,
        _ => Transience::Lasting,
    }
}

/// Whether trying again may help.
pub(super) fn may_pass(error: &ErrorKind) -> bool {
    !matches!(transience(error), Transience::Lasting)
}

impl Client {
    /// Does `operation`, which is safe to repeat, until it succeeds or fails for good.
    pub(super) async fn persist<T, F, D>(&self, mut operation: F) -> Result<T, ErrorKind>
    where
        F: FnMut(Attempts) -> D,
        D: Future<Output = Result<T, ErrorKind>>,
    {
        let attempts = Attempts::default();
        let mut patience = self.patience();
        loop {
            // Boxed: an operation's state is large, and others wait for it.
            match Box::pin(operation(attempts.clone())).await {
                Err(error) => patience.wait(error).await?,
                done => return done,
            }
        }
    }

    pub(super) fn patience(&self) -> Patience {
        Patience::new(self.shared.retry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, seconds: Option<u64>) -> ErrorKind {
        let mut refusal = ErrorResponse::parse(status, b"");
        refusal.retry_after = seconds.map(Duration::from_secs);
        refusal.into()
    }

    fn delay(patience: &Patience, error: &ErrorKind) -> Option<Duration> {
        patience.delay(error, 1023)
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let patience = Patience::new(RetryPolicy::default());
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert!(delay(&patience, &refused(status, None)).is_some(), "{status}");
        }
        for status in [400, 401, 403, 404, 405, 409, 413, 416, 501, 505] {
            assert!(delay(&patience, &refused(status, None)).is_none(), "{status}");
        }
    }

    #[test]
    fn patience_is_restored_by_progress_alone() {
        let mut patience = Patience { used: 3, ..Patience::new(RetryPolicy::default()) };
        patience.advance(PROGRESS - 1);
        assert_eq!(patience.used, 3);
        patience.advance(PROGRESS);
        assert_eq!(patience.used, 0);
        // A transfer that began again has to get further than before.
        patience.used = 2;
        patience.advance(PROGRESS);
        assert_eq!(patience.used, 2);
    }

    #[test]
    fn a_wait_doubles_up_to_its_limit_and_is_never_less_than_half() {
        let policy = RetryPolicy::default().with_retries(100);
        let of = |used, random| policy.backoff(used, random).as_millis();
        assert_eq!((of(0, 0), of(1, 0), of(2, 0)), (150, 300, 600));
        assert!((299..=300).contains(&of(0, 1023)), "{}", of(0, 1023));
        assert_eq!(of(90, 0), 5000);
    }

    #[test]
    fn a_registry_s_wait_is_kept_up_to_a_limit() {
        let patience = Patience::new(RetryPolicy::default());
        assert_eq!(delay(&patience, &refused(429, Some(60))), Some(Duration::from_secs(60)));
        assert_eq!(delay(&patience, &refused(503, Some(61))), None);
        let exhausted = Patience { used: 3, ..patience };
        assert_eq!(delay(&exhausted, &refused(429, None)), None);
    }
}
