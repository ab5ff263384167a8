//! Points in time in the form of RFC 3339.
//!
//! They are in UTC, in the Gregorian calendar, and from 1970 on: registries and annotations need no more.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECONDS_PER_DAY: u64 = 86_400;
/// The days from the first of March of the year 0 to 1970.
const DAYS_TO_1970: u64 = 719_468;
/// The days of an era: 400 years, after which leap years repeat.
const DAYS_PER_ERA: u64 = 146_097;
/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can express.
const LAST_SECOND: u64 = 253_402_300_799;

/// A point in time from 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(Duration);

impl Timestamp {
    pub(crate) fn now() -> Self {
        SystemTime::now().into()
    }

    /// Returns the time `seconds` after the start of 1970, or `None` after the year 9999.
    pub(crate) const fn from_unix(seconds: u64) -> Option<Self> {
        if seconds > LAST_SECOND { None } else { Some(Self(Duration::from_secs(seconds))) }
    }

    /// Parses a date in HTTP's preferred form, `Tue, 24 Nov 2026 21:00:30 GMT` (RFC 9110, section
    /// 5.6.7). The two obsolete forms are not supported.
    pub(crate) fn from_http_date(text: &str) -> Option<Self> {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let mut words = text.split_once(", ")?.1.split(' ');
        let (day, month, year) = (words.next()?, words.next()?, words.next()?);
        let (time, zone) = (words.next()?, words.next()?);
        let month = MONTHS.iter().position(|known| *known == month)? + 1;
        let date = format!("{year}-{month:02}-{day}T{time}Z");
        (zone == "GMT" && words.next().is_none()).then(|| date.parse().ok())?
    }

    /// Returns the time from `earlier` to `self`, or zero if `earlier` is later.
    pub(crate) const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    pub(crate) fn with_milliseconds(self) -> String {
        let text = self.to_string();
        format!("{}.{:03}Z", text.trim_end_matches('Z'), self.0.subsec_millis())
    }
}

impl From<SystemTime> for Timestamp {
    /// Converts `time`, or returns the first or last point in time if `time` is not between them.
    fn from(time: SystemTime) -> Self {
        let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(since_1970.min(Duration::from_secs(LAST_SECOND)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (year, month, day) = civil_date(seconds / SECONDS_PER_DAY);
        let second = seconds % SECONDS_PER_DAY;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl FromStr for Timestamp {
    type Err = ();

    /// Parses the form of RFC 3339, with any offset. A fraction of a second is ignored.
    fn from_str(text: &str) -> Result<Self, ()> {
        parse(text).and_then(Self::from_unix).ok_or(())
    }
}

/// Returns the seconds since 1970 of `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`.
fn parse(text: &str) -> Option<u64> {
    let number = |range: Range<usize>| {
        let digits = text.get(range)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u64>().ok())?
    };
    let is_mark = |(at, marks): (usize, &str)| text.get(at..=at).is_some_and(|c| marks.contains(c));
    let has_marks =
        [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")].into_iter().all(is_mark);
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let rest = text.get(19..)?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let days = days_since_1970(year, month, day)?;
    if !has_marks || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let local = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    if matches!(rest, "Z" | "z") {
        return Some(local);
    }
    let (hours, minutes) = rest.get(1..)?.split_once(':')?;
    let offset = hours.parse::<u64>().ok().filter(|h| *h < 24)? * 3600
        + minutes.parse::<u64>().ok().filter(|m| *m < 60)? * 60;
    match rest.as_bytes().first()? {
        b'+' => local.checked_sub(offset),
        b'-' => Some(local + offset),
        _ => None,
    }
}

/// Returns the number of days from 1970-01-01 to a date, or `None` if there is no such date.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) {
        return None;
    }
    // Years are counted from March, as in `civil_date`.
    let (shifted, from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (shifted / 400, shifted % 400);
    let day_of_year = (153 * from_march + 2) / 5 + day.checked_sub(1)?;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * DAYS_PER_ERA + day_of_era).checked_sub(DAYS_TO_1970)?;
    (civil_date(days) == (year, month, day)).then_some(days)
}

/// Returns year, month and day of the date `days` after 1970-01-01.
fn civil_date(days: u64) -> (u64, u64, u64) {
    // Years are counted from March, so that the leap day is a year's last.
    let days = days + DAYS_TO_1970;
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn http_dates_are_parsed() {
        let read = |text| Timestamp::from_http_date(text).map(|time| time.to_string());
        let expected = Some("1994-11-06T08:49:37Z".to_owned());
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
        for text in [
            "",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT x",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn seconds_are_printed_as_their_dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (LAST_SECOND, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::from_unix(seconds).unwrap().to_string(), text);
        }
        assert_eq!(Timestamp::from_unix(LAST_SECOND + 1), None);
    }

    #[test]
    fn offsets_and_fractions_are_parsed_and_other_texts_are_refused() {
        let known = Timestamp::from_unix(951_782_400);
        for text in [
            "2000-02-29T00:00:00Z",
            "2000-02-29t00:00:00.123456789z",
            "2000-02-29T02:30:00+02:30",
            "2000-02-28T19:00:00-05:00",
        ] {
            assert_eq!(text.parse().ok(), known, "{text}");
        }
        for text in [
            "",
            "2000-02-30T00:00:00Z",
            "2001-02-29T00:00:00Z",
            "2000-13-01T00:00:00Z",
            "2000-00-01T00:00:00Z",
            "2000-01-00T00:00:00Z",
            "2000-01-01T24:00:00Z",
            "2000-01-01T00:00:00",
            "2000-01-01T00:00:00+1",
            "1969-12-31T23:59:59Z",
            "2000-01-01T00:00:00é",
            "+200-01-01T00:00:00Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printed_second_is_parsed_back(seconds in 0..=LAST_SECOND) {
            let timestamp = Timestamp::from_unix(seconds).unwrap();
            prop_assert_eq!(timestamp.to_string().parse(), Ok(timestamp));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in r"[0-9TZ:+. é-]{0,30}") {
            let _ = text.parse::<Timestamp>();
        }
    }
}
