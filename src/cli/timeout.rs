//! The values of `--timeout`.

use std::str::FromStr;
use std::time::Duration;

/// The time for all requests of one command, unless the user sets another.
const DEFAULT_TOTAL: Duration = Duration::from_secs(600);
/// The longest time that can be set, in seconds: a day.
const LONGEST: f64 = 86_400.0;

/// One limit: `[connect=|idle=|total=]SECONDS`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Timeout {
    Connect(Duration),
    /// Limits the time during which nothing is sent or received.
    Idle(Duration),
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
            .ok_or("a timeout is a number of seconds, such as 30 or idle=2.5")?;
        match kind {
            "connect" => Ok(Self::Connect(duration)),
            "idle" => Ok(Self::Idle(duration)),
            "total" => Ok(Self::Total(duration)),
            _ => Err("the kinds of timeout are connect, idle and total".to_owned()),
        }
    }
}

/// Returns the last total among `given`, or the default.
pub(super) fn total(given: &[Timeout]) -> Duration {
    let total = |timeout: &Timeout| match timeout {
        Timeout::Total(duration) => Some(*duration),
        _ => None,
    };
    given.iter().rev().find_map(total).unwrap_or(DEFAULT_TOTAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeout_is_a_positive_number_of_seconds_up_to_a_day() {
        let seconds = Duration::from_secs_f64;
        assert_eq!("30".parse(), Ok(Timeout::Total(seconds(30.0))));
        assert_eq!("idle=2.5s".parse(), Ok(Timeout::Idle(seconds(2.5))));
        assert_eq!("connect=1".parse(), Ok(Timeout::Connect(seconds(1.0))));
        for text in ["", "0", "-1", "nan", "inf", "1e9", "10m", "read=3", "total="] {
            assert!(text.parse::<Timeout>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn last_total_wins() {
        let given = ["total=1", "idle=9", "2"].map(|text| text.parse().unwrap());
        assert_eq!(total(&given), Duration::from_secs(2));
        assert_eq!(total(&[]), DEFAULT_TOTAL);
    }
}
