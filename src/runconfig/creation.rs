//! When an artifact says that it was created.

use crate::timestamp::Timestamp;

/// The time of `SOURCE_DATE_EPOCH` where that is set, so that the same input makes the same
/// artifact; else the present.
///
/// # Errors
/// Where the variable is set to anything but seconds since 1970, up to the year 9999.
pub fn creation_time() -> Result<Timestamp, String> {
    from_epoch(
        std::env::var_os("SOURCE_DATE_EPOCH")
            .as_deref()
            .map(std::ffi::OsStr::to_string_lossy)
            .as_deref(),
    )
}

fn from_epoch(epoch: Option<&str>) -> Result<Timestamp, String> {
    let Some(epoch) = epoch.filter(|epoch| !epoch.is_empty()) else {
        return Ok(Timestamp::now());
    };
    epoch.parse().ok().and_then(Timestamp::from_unix).ok_or_else(|| {
        format!("SOURCE_DATE_EPOCH is {epoch:?}, not a number of seconds since 1970")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_decides_where_it_is_set() {
        assert_eq!(from_epoch(Some("1700000000")).unwrap().to_string(), "2023-11-14T22:13:20Z");
        assert!(from_epoch(None).unwrap() > Timestamp::from_unix(1_700_000_000).unwrap());
        assert!(from_epoch(Some("")).is_ok());
        for bad in ["-1", "1.5", "soon", "253402300800"] {
            assert!(from_epoch(Some(bad)).is_err(), "{bad}");
        }
    }
}
