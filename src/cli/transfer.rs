//! What a command asks of registries: shown while it takes long, bounded in time, and given up without
//! leaving anything behind.

use std::future::Future;
use std::str::FromStr;
use std::time::Duration;

use super::context::Context;
use super::failure::Failure;
use super::progress;
use super::registry::interrupted;
use super::warning::Warning;

/// How long all that one command asks of registries may take, where the user says nothing.
const TOTAL: Duration = Duration::from_secs(600);
/// The longest time that can be asked for: a day.
const LONGEST: f64 = 86_400.0;

/// How long something may take: `[connect=|idle=|total=]SECONDS`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Timeout {
    /// Making a connection.
    Connect(Duration),
    /// Waiting while nothing is sent or received.
    Idle(Duration),
    /// All that a command asks of registries.
    Total(Duration),
}

impl FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, seconds) = text.split_once('=').unwrap_or(("total", text));
        let number = seconds.strip_suffix('s').unwrap_or(seconds).parse::<f64>().ok();
        let duration = number
            .filter(|seconds| *seconds > 0.0 && *seconds <= LONGEST)
            .map(Duration::from_secs_f64)
            .ok_or("a time-out is a number of seconds, such as 30 or idle=2.5")?;
        match kind {
            "connect" => Ok(Self::Connect(duration)),
            "idle" => Ok(Self::Idle(duration)),
            "total" => Ok(Self::Total(duration)),
            _ => Err("what may time out is connect, idle or total".to_owned()),
        }
    }
}

/// The time for a whole command among `given`; the last one counts.
pub(super) fn total(given: &[Timeout]) -> Duration {
    let of = |timeout: &Timeout| match timeout {
        Timeout::Total(duration) => Some(*duration),
        _ => None,
    };
    given.iter().rev().find_map(of).unwrap_or(TOTAL)
}

/// Waits for `work`, which is about registries alone. Ctrl-C and SIGTERM give it up, and so does the
/// time that the user allows; an upload is cancelled at its registry then.
///
/// # Errors
/// [`Failure::Interrupted`] and [`Failure::OutOfTime`].
pub(super) async fn transfer<T>(
    context: &Context,
    doing: &str,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    counting(context, || doing.to_owned(), work).await
}

/// The same where `doing` says how far it has come.
///
/// # Errors
/// Those of [`transfer`].
pub(super) async fn counting<T>(
    context: &Context,
    doing: impl Fn() -> String,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    let done = {
        let shown = Box::pin(progress::during(context.output, doing, work));
        tokio::select! {
            done = tokio::time::timeout(context.total_timeout, shown) => {
                done.map_err(|_| Failure::OutOfTime(context.total_timeout))
            }
            () = interrupted() => Err(Failure::Interrupted),
        }
    };
    context.client.settle().await;
    for warning in context.client.take_warnings() {
        context.output.warn(&Warning::Registry(warning));
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_outs_are_read_and_the_last_total_counts() {
        let seconds = Duration::from_secs_f64;
        assert_eq!("30".parse(), Ok(Timeout::Total(seconds(30.0))));
        assert_eq!("idle=2.5s".parse(), Ok(Timeout::Idle(seconds(2.5))));
        assert_eq!("connect=1".parse(), Ok(Timeout::Connect(seconds(1.0))));
        for text in ["", "0", "-1", "nan", "inf", "1e9", "10m", "read=3", "total="] {
            assert!(text.parse::<Timeout>().is_err(), "{text:?}");
        }
        let given = ["total=1", "idle=9", "2"].map(|text| text.parse().unwrap());
        assert_eq!(total(&given), seconds(2.0));
        assert_eq!(total(&[]), TOTAL);
    }
}
