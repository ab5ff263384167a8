//! Shows exchanges to people: one line each, with header fields and bodies on request.

use super::transcript::{Recorded, size_text};
use crate::printable::{excerpt, printable};
use crate::wire::RecordedBody;

/// Formats exchanges. The fields choose what is shown.
#[derive(Clone, Copy, Default)]
pub(crate) struct Show {
    pub(crate) headers: bool,
    pub(crate) bodies: bool,
}

pub(crate) const SHOW_TITLE: &str =
    "   # OPERATION                  METHOD STATUS     SENT RECEIVED       TIME  PATH";

impl Show {
    /// Returns the lines of one exchange. They contain no control character from the transcript.
    pub(crate) fn lines(self, recorded: &Recorded) -> Vec<String> {
        let exchange = &recorded.exchange;
        let mut lines = vec![summary(recorded)];
        if let Some(error) = &exchange.error {
            lines.push(format!("     ! {}: {}", printable(&error.kind), printable(&error.message)));
        }
        let request = &exchange.request;
        if self.headers {
            lines.push(format!("     > {} {}", request.method, printable(&request.url)));
            lines.extend(fields('>', &request.headers));
        }
        if self.bodies {
            lines.extend(body('>', request.body.as_ref()));
        }
        let Some(response) = &exchange.response else { return lines };
        if self.headers {
            let peer = exchange.peer.as_ref().map_or(String::new(), |peer| format!(" from {peer}"));
            let version = printable(&response.version);
            lines.push(format!("     < {version} {}{}", response.status, printable(&peer)));
            lines.extend(fields('<', &response.headers));
        }
        if self.bodies {
            lines.extend(body('<', response.body.as_ref()));
        }
        lines
    }
}

fn summary(recorded: &Recorded) -> String {
    let exchange = &recorded.exchange;
    let attempt = match exchange.attempt {
        1 => String::new(),
        n => format!(" ({n})"),
    };
    format!(
        "{:>4} {:<26} {:<6} {:>6} {:>8} {:>8} {:>7.1} ms  {}{attempt}",
        exchange.seq,
        excerpt(&exchange.operation, 25),
        excerpt(&exchange.request.method, 6),
        recorded.status_text(),
        size_text(recorded.sent_size(), ""),
        size_text(recorded.received_size(), ""),
        exchange.duration_ms,
        short_path(&exchange.request.url),
    )
}

fn fields(mark: char, headers: &[(String, String)]) -> Vec<String> {
    let field = |(name, value): &(String, String)| {
        format!("     {mark} {}: {}", printable(name), printable(value))
    };
    headers.iter().map(field).collect()
}

fn body(mark: char, body: Option<&RecordedBody>) -> Vec<String> {
    match body {
        None => Vec::new(),
        Some(RecordedBody { text: Some(text), .. }) => {
            text.lines().map(|line| format!("     {mark} {}", printable(line))).collect()
        }
        Some(body) => {
            let digest = body.sha256.as_deref().unwrap_or("not recorded");
            vec![format!("     {mark} [{} bytes, sha256 {}]", body.size, printable(digest))]
        }
    }
}

/// Returns the path and query, with long words such as digests shortened.
fn short_path(url: &str) -> String {
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    let mut shown = String::from("/");
    for piece in path.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        match word.get(..12).filter(|_| word.len() > 24) {
            Some(start) => shown.extend([start, "…", &piece[word.len()..]]),
            None => shown.push_str(piece),
        }
    }
    excerpt(&shown, 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::TranscriptReader;

    fn records() -> Vec<Recorded> {
        let text = include_bytes!("../../fixtures/exchanges/first-push.jsonl");
        TranscriptReader::new(std::io::Cursor::new(text.to_vec())).read().unwrap()
    }

    #[test]
    fn exchange_is_one_line_with_operation_status_and_short_path() {
        let mut records = records();
        records.sort_by_key(|recorded| recorded.exchange.seq);
        let put = records.iter().find(|r| r.exchange.operation == "push: manifest, put").unwrap();
        let line = Show::default().lines(put).join("\n");
        assert!(line.contains("PUT       201"), "{line}");
        assert!(line.ends_with("/v2/configs/my-server/manifests/v1"), "{line}");
        let head = Show::default().lines(&records[1]).join("\n");
        assert!(head.contains("/blobs/sha256:"), "{head}");
        assert!(head.chars().count() < 150, "{head}");
        let show = Show { headers: true, ..Show::default() };
        let answer = show.lines(put).into_iter().find(|line| line.contains("< HTTP/1.1")).unwrap();
        assert!(answer.contains(" 201 from 127.0.0.1:5000 to 127.0.0.1:4000"), "{answer}");
    }

    #[test]
    fn control_characters_of_a_transcript_are_escaped() {
        let mut recorded = records().remove(0);
        let hostile = "\u{1b}]0;x\u{7}\u{202e}".to_owned();
        recorded.exchange.operation.clone_from(&hostile);
        recorded.exchange.request.url = format!("http://a/{hostile}");
        recorded.exchange.request.headers.push((hostile.clone(), hostile.clone()));
        if let Some(response) = &mut recorded.exchange.response {
            response.headers.push(("x".to_owned(), hostile));
        }
        let show = Show { headers: true, bodies: true };
        for line in show.lines(&recorded) {
            assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
    }
}
