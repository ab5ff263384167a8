//! The time of creation that an artifact declares.

use std::fmt;
use std::time::SystemTime;

use crate::timestamp::Timestamp;

/// The value of `SOURCE_DATE_EPOCH` is not a number of seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidEpoch(String);

impl fmt::Display for InvalidEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SOURCE_DATE_EPOCH is {:?}, not a number of seconds since 1970", self.0)
    }
}

impl std::error::Error for InvalidEpoch {}

/// Returns the time in `SOURCE_DATE_EPOCH` if that is set, so that the same input makes the same
/// artifact; else the current time.
///
/// # Errors
/// [`InvalidEpoch`] if the variable holds anything but seconds since 1970, up to the year 9999.
pub fn creation_time() -> Result<SystemTime, InvalidEpoch> {
    let epoch = std::env::var_os("SOURCE_DATE_EPOCH");
    from_epoch(epoch.as_ref().map(|epoch| epoch.to_string_lossy()).as_deref())
}

fn from_epoch(epoch: Option<&str>) -> Result<SystemTime, InvalidEpoch> {
    let Some(epoch) = epoch.filter(|epoch| !epoch.is_empty()) else {
        return Ok(SystemTime::now());
    };
    let seconds = epoch.parse().ok();
    let time = seconds.and_then(Timestamp::from_unix).map(SystemTime::from);
    time.ok_or_else(|| InvalidEpoch(epoch.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epoch_is_used_if_it_is_set() {
        let epoch = from_epoch(Some("1700000000")).unwrap();
        assert_eq!(Timestamp::from(epoch).to_string(), "2023-11-14T22:13:20Z");
        assert!(from_epoch(None).unwrap() > epoch);
        assert!(from_epoch(Some("")).is_ok());
        for bad in ["-1", "1.5", "soon", "253402300800"] {
            assert!(from_epoch(Some(bad)).is_err(), "{bad}");
        }
    }
}
