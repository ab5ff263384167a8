//! Finds tokens by their form.

use std::sync::LazyLock;

use super::formats_table::{Body, EXAMPLES, FORMATS, Format};
use super::random::{is_pattern, is_random, is_uuid};
use super::values::has_placeholder_word;

/// Every prefix with its format, by its first byte.
static BY_FIRST_BYTE: LazyLock<Vec<Vec<(&str, &Format)>>> = LazyLock::new(|| {
    let mut table = vec![Vec::new(); 128];
    for format in FORMATS {
        for prefix in format.prefixes.split(' ') {
            if let Some(row) = table.get_mut(usize::from(prefix.as_bytes()[0])) {
                row.push((prefix, format));
            }
        }
    }
    table
});

/// Returns true if a token of a known form stands in `text`.
pub(super) fn has_token(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut before = b' ';
    for (at, &byte) in bytes.iter().enumerate() {
        let (last, is_start) = (before, !is_word(before));
        before = byte;
        if is_start
            && (byte.is_ascii_alphanumeric() || byte == b'$')
            && starts_token(text, at, last)
        {
            return true;
        }
    }
    false
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// `before` is what stands before the token.
fn starts_token(text: &str, at: usize, before: u8) -> bool {
    let Some(rest) = text.get(at..) else { return false };
    let candidates = BY_FIRST_BYTE.get(usize::from(rest.as_bytes()[0]));
    let prefixed = candidates.into_iter().flatten().any(|(prefix, format)| {
        rest.strip_prefix(prefix).is_some_and(|body| has_body(body, format))
    });
    // What has several parts does not begin with the second.
    prefixed || (before != b'.' && (is_web_token(rest) || is_compound(rest)))
}

fn has_body(rest: &str, format: &Format) -> bool {
    let is_legal = |byte: u8| match format.body {
        Body::Alnum => byte.is_ascii_alphanumeric(),
        Body::Word => is_word(byte),
        Body::Any => is_word(byte) || b".$/,=+".contains(&byte),
        Body::Base64 => is_word(byte) || b"+/=".contains(&byte),
        Body::Hex | Body::Uuid => byte.is_ascii_hexdigit() || byte == b'-',
        Body::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
    };
    let length = rest.bytes().take(1024).take_while(|byte| is_legal(*byte)).count();
    let body = &rest[..length];
    let is_whole = match format.body {
        // The whole word has this alphabet, and not only its beginning.
        Body::Upper | Body::Hex => !rest[length..].starts_with(|c: char| c.is_alphanumeric()),
        Body::Uuid => is_uuid(body),
        _ => true,
    };
    length >= format.least
        && is_whole
        && (!format.needs_chance || is_random(body))
        && !is_made_up(body)
}

/// Returns true for the body of a token in a manual.
fn is_made_up(body: &str) -> bool {
    is_pattern(body)
        || EXAMPLES.iter().any(|example| body.contains(example))
        || (!is_random(body) && has_placeholder_word(body))
}

/// Returns true for a JSON Web Token, signed or encrypted: three or five parts, the first of them JSON.
fn is_web_token(rest: &str) -> bool {
    if !rest.starts_with("eyJ") {
        return false;
    }
    let length = rest.bytes().take(4096).take_while(|byte| is_word(*byte) || *byte == b'.').count();
    let word = &rest[..length];
    let mut parts = word.split('.');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    first.len() >= 8
        && second.len() >= 16
        && length >= 40
        && !EXAMPLES.iter().any(|example| word.contains(example))
}

/// Tokens that are told by their parts, not by a prefix.
fn is_compound(rest: &str) -> bool {
    let legal = |byte: &u8| is_word(*byte) || b".~:/!|=".contains(byte);
    let length = rest.bytes().take(256).take_while(legal).count();
    if length < 30 {
        return false;
    }
    let word = &rest[..length];
    let part = |text: &str, least: usize| text.len() >= least && text.bytes().all(is_word);
    let hex = |text: &str, least: usize| {
        text.len() >= least && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let dotted: Vec<&str> = word.splitn(4, '.').collect();
    let by_dots = match dotted[..] {
        [id, "atlasv1", secret] => id.len() >= 10 && secret.len() >= 40,
        // A Discord bot: its number in base64, a time, a signature.
        [id, time, mac] => {
            let is_bot = (23..=28).contains(&id.len()) && part(id, 23) && time.len() == 6;
            let is_zoho = id == "1000" && hex(time, 32) && hex(mac, 32);
            let is_mapbox = id == "sk" && time.starts_with("eyJ");
            (is_bot && part(mac, 27) && is_random(mac)) || is_zoho || is_mapbox
        }
        [kind, account, middle, secret] => {
            let is_harness = (kind == "pat" || kind == "sat") && account.len() == 22;
            let is_authress = middle.starts_with("acc-") || middle.starts_with("acc_");
            (is_harness && secret.len() >= 20) || (is_authress && secret.len() >= 40)
        }
        [id, secret] => id.starts_with("pat") && id.len() == 17 && hex(secret, 64),
        _ => false,
    };
    let by_colon = word.split_once(':').is_some_and(|(id, secret)| {
        // A Telegram bot, or a personal token of Asana.
        let is_telegram = digits(id) && (6..=16).contains(&id.len()) && secret.len() >= 33;
        let is_asana = id.starts_with(['1', '2']) && id.contains('/') && hex(secret, 32);
        (is_telegram && secret.starts_with('A') && part(secret, 33)) || is_asana
    });
    // A client secret of Microsoft's: three characters, a digit, `Q~`.
    let by_tilde = word.get(3..6).is_some_and(|mark| {
        mark.as_bytes()[0].is_ascii_digit() && mark.ends_with("Q~") && (34..=44).contains(&length)
    });
    // An application of Facebook's, and its token.
    let by_bar = word.split_once('|').is_some_and(|(id, secret)| {
        digits(id) && (14..=17).contains(&id.len()) && part(secret, 27)
    });
    let by_end = word.rsplit_once('-').is_some_and(|(key, centre)| {
        hex(key, 32) && key.len() == 32 && centre.starts_with("us") && digits(&centre[2..])
    });
    let is_clickup = word.strip_prefix("pk_").and_then(|rest| rest.split_once('_'));
    by_dots
        || by_colon
        || by_tilde
        || by_bar
        || by_end
        || word.ends_with("_mmk")
        || is_clickup.is_some_and(|(user, key)| digits(user) && part(key, 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bodies that no scanner of a code host takes for a token: they are put together here.
    fn body(alphabet: &str, length: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..length).map(|at| char::from(letters[(at * 7 + at * at) % letters.len()])).collect()
    }

    #[test]
    fn every_row_of_the_table_is_found_and_its_manual_is_not() {
        for format in FORMATS {
            for prefix in format.prefixes.split(' ') {
                let length = format.least.max(20);
                let body = match format.body {
                    Body::Hex => body("b7f03ace91d84526", length),
                    Body::Upper => body("Q7WZ2XK5J9BVT4RD", length),
                    Body::Uuid => "3f1c9a7e-5b2d-4e80-9c6a-1d7f0b8e2a45".to_owned(),
                    _ => body("aZ3kQ9xW7bT5mR1vJ8dL2", length),
                };
                for text in [format!("{prefix}{body}"), format!("x=\"{prefix}{body}\", y")] {
                    assert!(has_token(&text), "{text}");
                }
                for body in ["", "...", "your-token-here", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"] {
                    // The words of a hash are short.
                    let text = format!("{prefix}{body}");
                    assert!(prefix.starts_with('$') || !has_token(&text), "{text}");
                }
            }
        }
    }

    #[test]
    fn tokens_are_told_by_their_parts() {
        let long = body("aZ3kQ9xW7bT5mR1vJ8dL2", 64);
        let hex = body("b7f03ace91d84526", 64);
        for text in [
            format!("{}.atlasv1.{long}", &long[..14]),
            format!("{}.aBc1De.{}", &long[..24], &long[..27]),
            format!("8123456789:AA{}", &long[..33]),
            format!("1/1201234567890123:{}", &hex[..32]),
            format!("aB{}8Q~{}", "c", &long[..34]),
            format!("{}-us12", &hex[..32]),
            format!("{}_{}_mmk", &long[..6], &long[..29]),
            format!("pat{}.{hex}", &long[..14]),
            format!("pk_1234567_{}", &long[..32]),
            format!("eyJhbGciOi.eyJ{}.{}", &long[..30], &long[..20]),
            format!("eyJlbmMiOi.{}.{}.{}.{}", &long[..30], &long[..16], &long[..20], &long[..12]),
        ] {
            assert!(has_token(&text), "{text}");
        }
        for text in [
            "com.example.server.internal.some-very-long-name",
            "pk_live_aZ3kQ9xW7bT5mR1vJ8dL2",
            "sk-learn-pipeline-for-classification",
            "re_export_all_of_these_modules_now",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "localhost:8080/some/very/long/path/to/a/thing",
            "api-gateway-internal.example.com",
        ] {
            assert!(!has_token(text), "{text}");
        }
    }
}
