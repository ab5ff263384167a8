//! Which failures are retried, how soon, and how often.
//!
//! Only an operation that may be repeated without harm is retried, and always as a whole. An upload is
//! never repeated like this: it is resumed.

use std::time::Duration;

use super::auth::error::AuthenticationError;
use super::error::{ErrorKind, Result};
use crate::random::random_u64;
use crate::wire::HttpErrorKind;

/// How often and how soon temporary failures are retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The most retries in a row without any progress in between.
    pub retries: u32,
    /// The delay before the first retry; it doubles with each further one.
    pub first_delay: Duration,
    /// The longest delay that doubling may reach.
    pub longest_delay: Duration,
    /// The longest wait that a registry may ask for (`Retry-After`). If it asks for more, the
    /// operation fails at once.
    pub longest_retry_after: Duration,
}

impl Default for RetryPolicy {
    /// Returns three retries, after at most 0.3, 0.6 and 1.2 seconds, and one minute of `Retry-After`.
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
    /// Returns the delay before retry number `count`, from 0: a random share between half and all of the
    /// doubled delay, so that clients that failed together do not retry together.
    fn backoff(&self, count: u32, random: u64) -> Duration {
        let doubled = self.first_delay.saturating_mul(1 << count.min(16));
        let delay = doubled.min(self.longest_delay);
        let share = u32::try_from(random % 1024).unwrap_or(0);
        delay / 2 + delay / 2 * share / 1024
    }
}

/// Bytes of progress that reset the retry counter, so that one byte per attempt cannot retry forever.
const PROGRESS: u64 = 64 * 1024;

pub(super) struct RetryBudget {
    policy: RetryPolicy,
    used: u32,
    /// The offset, in bytes, at which progress last reset the counter.
    reset_at: u64,
}

impl RetryBudget {
    pub(super) const fn new(policy: RetryPolicy) -> Self {
        Self { policy, used: 0, reset_at: 0 }
    }

    /// Notes that a transfer reached `offset`, in bytes. The counter is reset if that is at least
    /// [`PROGRESS`] further than at the last reset.
    pub(super) const fn note_progress(&mut self, offset: u64) {
        if offset >= self.reset_at.saturating_add(PROGRESS) {
            self.reset_at = offset;
            self.used = 0;
        }
    }

    /// Backs off and uses one retry if `error` is temporary.
    /// Returns `error` itself if it is not temporary or no retry is left.
    pub(super) async fn back_off_if_temporary(&mut self, error: ErrorKind) -> Result<()> {
        let Some(delay) = self.delay(&error, random_u64()) else { return Err(error) };
        self.used += 1;
        tokio::time::sleep(delay).await;
        Ok(())
    }

    /// Backs off and uses one retry, even for an error that is not normally retried.
    /// Returns `error` itself if no retry is left.
    pub(super) async fn back_off(&mut self, error: ErrorKind) -> Result<()> {
        let delay = self.policy.backoff(self.used, random_u64());
        self.use_retry(error)?;
        tokio::time::sleep(delay).await;
        Ok(())
    }

    /// Uses one retry without a delay, even for an error that is not normally retried.
    /// Returns `error` itself if no retry is left.
    pub(super) fn use_retry(&mut self, error: ErrorKind) -> Result<()> {
        if self.used >= self.policy.retries {
            return Err(error);
        }
        self.used += 1;
        Ok(())
    }

    /// Returns the delay before `error` may be retried; `None` if it may not.
    fn delay(&self, error: &ErrorKind, random: u64) -> Option<Duration> {
        let asked = minimum_wait(error).filter(|wait| *wait <= self.policy.longest_retry_after)?;
        let is_left = self.used < self.policy.retries;
        is_left.then(|| asked.max(self.policy.backoff(self.used, random)))
    }
}

/// Returns how long the registry asks to wait before a retry, or zero; `None` for a permanent failure.
fn minimum_wait(error: &ErrorKind) -> Option<Duration> {
    use HttpErrorKind as Http;
    match error {
        ErrorKind::Network(error) => match error.kind() {
            Http::Refused | Http::Connection(_) | Http::CutShort | Http::Timeout => {
                Some(Duration::ZERO)
            }
            _ => None,
        },
        ErrorKind::Registry(response)
        | ErrorKind::Authentication(AuthenticationError::TokenServer(response)) => {
            match response.status {
                408 | 425 | 429 | 500 | 502 | 503 | 504 => {
                    Some(response.retry_after.unwrap_or_default())
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Returns true if a retry may succeed.
pub(super) fn is_temporary(error: &ErrorKind) -> bool {
    minimum_wait(error).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::error_response::ErrorResponse;

    fn refused(status: u16, seconds: Option<u64>) -> ErrorKind {
        let mut response = ErrorResponse::parse(status, b"");
        response.retry_after = seconds.map(Duration::from_secs);
        response.into()
    }

    fn delay(budget: &RetryBudget, error: &ErrorKind) -> Option<Duration> {
        budget.delay(error, 1023)
    }

    #[test]
    fn only_temporary_statuses_are_retried() {
        let budget = RetryBudget::new(RetryPolicy::default());
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert!(delay(&budget, &refused(status, None)).is_some(), "{status}");
        }
        for status in [400, 401, 403, 404, 405, 409, 413, 416, 501, 505] {
            assert!(delay(&budget, &refused(status, None)).is_none(), "{status}");
        }
    }

    #[test]
    fn only_progress_resets_the_budget() {
        let mut budget = RetryBudget { used: 3, ..RetryBudget::new(RetryPolicy::default()) };
        budget.note_progress(PROGRESS - 1);
        assert_eq!(budget.used, 3);
        budget.note_progress(PROGRESS);
        assert_eq!(budget.used, 0);
        // A transfer that starts again has to get further than before.
        budget.used = 2;
        budget.note_progress(PROGRESS);
        assert_eq!(budget.used, 2);
    }

    #[test]
    fn delay_doubles_up_to_its_limit_and_is_at_least_half() {
        let policy = RetryPolicy { retries: 100, ..RetryPolicy::default() };
        let of = |used, random| policy.backoff(used, random).as_millis();
        assert_eq!((of(0, 0), of(1, 0), of(2, 0)), (150, 300, 600));
        assert!((299..=300).contains(&of(0, 1023)), "{}", of(0, 1023));
        assert_eq!(of(90, 0), 5000);
    }

    #[test]
    fn retry_after_is_kept_up_to_its_limit() {
        let budget = RetryBudget::new(RetryPolicy::default());
        assert_eq!(delay(&budget, &refused(429, Some(60))), Some(Duration::from_secs(60)));
        assert_eq!(delay(&budget, &refused(503, Some(61))), None);
        let exhausted = RetryBudget { used: 3, ..budget };
        assert_eq!(delay(&exhausted, &refused(429, None)), None);
    }
}
