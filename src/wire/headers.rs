//! Header fields, in the order in which they are sent or were received.

use std::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Header fields in order, with names in lower case. A name may occur several times.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    pub(crate) fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }

    /// Returns the first value of `name`, which is in lower case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// Returns all values of `name`, which is in lower case, in order.
    pub(crate) fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(field, _)| *field == name).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Converts received fields. A value that is not UTF-8 is read as ISO 8859-1, so that none is lost.
    pub(super) fn received(map: &HeaderMap) -> Self {
        let text = |value: &HeaderValue| match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => text.to_owned(),
            Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
        };
        Self(map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect())
    }

    /// Converts the fields for the HTTP library. An error is the name of the first that cannot be sent.
    pub(super) fn to_map(&self) -> Result<HeaderMap, String> {
        let mut map = HeaderMap::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            let field = HeaderName::from_bytes(name.as_bytes());
            let (Ok(field), Ok(value)) = (field, HeaderValue::from_str(value)) else {
                return Err(name.clone());
            };
            map.append(field, value);
        }
        Ok(map)
    }
}

/// Prints the names alone: a value may be a secret.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for Headers {
        fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
            let mut headers = Self::default();
            for (name, value) in fields {
                headers.push(name.as_ref(), value);
            }
            headers
        }
    }

    #[test]
    fn value_with_a_line_break_cannot_be_sent() {
        let headers = Headers::from_iter([("x-a", "1"), ("x-b", "1\r\nx-c: 2")]);
        assert_eq!(headers.to_map(), Err("x-b".to_owned()));
    }

    #[test]
    fn order_is_kept_and_debug_output_shows_no_value() {
        let headers = Headers::from_iter([("Host", "h"), ("accept", "*/*"), ("x", "FAKE-secret")]);
        let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["host", "accept", "x"]);
        assert_eq!(Headers::received(&headers.to_map().unwrap()), headers);
        assert!(!format!("{headers:?}").contains("FAKE-secret"));
    }
}
