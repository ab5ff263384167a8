//! Tells what looks like chance from what looks like words.

/// For each letter those that often follow it, in English and in the names of programs.
const FOLLOWERS: [&str; 26] = [
    "bcdfgiklmnprstuvwxyz",
    "abeijlmorstuy",
    "acehiklorstuy",
    "abdegilmnorsuvwy",
    "abcdefghiklmnopqrstuvwxy",
    "aefilorstuy",
    "aeghilmnorstuy",
    "aeilnortuy",
    "abcdefgklmnopqrstvxz",
    "aeiosuw",
    "aeilnostuy",
    "abcdefgiklmnopstuvy",
    "abcdeilmnopsuy",
    "acdefgiklmnopstuvy",
    "abcdefgiklmnoprstuvwxy",
    "aeghilmoprstuy",
    "lu",
    "abcdefgiklmnoprstuvy",
    "acehiklmnopqstuwy",
    "acefhilmoprstuwy",
    "abcdegiklmnprstvxy",
    "aeioprsuy",
    "adehiklnorst",
    "aceioptuy",
    "abcdeilmnoprstw",
    "aeiloruyz",
];

/// The bits of each row of [`FOLLOWERS`].
const FOLLOWS: [u32; 26] = {
    let mut rows = [0; 26];
    let mut row = 0;
    while row < 26 {
        let letters = FOLLOWERS[row].as_bytes();
        let mut at = 0;
        while at < letters.len() {
            rows[row] |= 1 << (letters[at] - b'a');
            at += 1;
        }
        row += 1;
    }
    rows
};

/// How a text is made up. Only letters and digits count.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Texture {
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) digits: usize,
    /// Neighbours that words do not have: a letter beside a digit, a capital within a word, two letters that
    /// rarely follow each other.
    strange: usize,
    neighbours: usize,
}

impl Texture {
    pub(super) fn of(text: &str) -> Self {
        let mut texture = Self::default();
        let mut before = 0_u8;
        let mut capitals = 0;
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' => texture.upper += 1,
                b'a'..=b'z' => texture.lower += 1,
                b'0'..=b'9' => texture.digits += 1,
                _ => {}
            }
            if before.is_ascii_alphanumeric() && byte.is_ascii_alphanumeric() {
                texture.neighbours += 1;
                texture.strange += usize::from(is_strange(before, byte, capitals));
            }
            capitals = if byte.is_ascii_uppercase() { capitals + 1 } else { 0 };
            before = byte;
        }
        texture
    }

    /// Returns true if at least `percent` of the neighbours are strange, and no fewer than `least`.
    pub(super) const fn is_strange(self, least: usize, percent: usize) -> bool {
        self.strange >= least && self.strange * 100 >= self.neighbours * percent
    }
}

/// `capitals` is how many capitals stand together up to `before`.
const fn is_strange(before: u8, byte: u8, capitals: usize) -> bool {
    if before.is_ascii_digit() || byte.is_ascii_digit() {
        return before.is_ascii_digit() != byte.is_ascii_digit();
    }
    if before.is_ascii_lowercase() && byte.is_ascii_uppercase() {
        return true;
    }
    let word_starts = before.is_ascii_uppercase() && byte.is_ascii_lowercase() && capitals > 2;
    let row = FOLLOWS[(before.to_ascii_lowercase() - b'a') as usize];
    word_starts || row & (1 << (byte.to_ascii_lowercase() - b'a')) == 0
}

/// Returns true for what was drawn by chance: at least eight letters and digits that form no words.
pub(super) fn is_random(text: &str) -> bool {
    let texture = Texture::of(text);
    texture.upper + texture.lower + texture.digits >= 8 && texture.is_strange(4, 28)
}

/// Returns true for a value that nobody but a generator of secrets would make: long, one word, capitals, small
/// letters and digits in no order. Digests and identifiers have no capitals, or no small letters.
pub(super) fn is_generated(text: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+/=~".contains(&byte);
    if !(24..=1024).contains(&text.len()) || !text.bytes().all(is_legal) {
        return false;
    }
    let texture = Texture::of(text);
    let parts = text.split(['-', '_', '/', '+', '=', '~']);
    let longest = parts.map(str::len).max().unwrap_or_default();
    let has_all = texture.upper >= 3 && texture.lower >= 3 && texture.digits >= 1;
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let is_one_word = longest >= 32 && longest == text.len() && !is_hex && texture.digits >= 3;
    (has_all || is_one_word)
        && longest * 3 >= text.len()
        && longest >= 8
        && texture.is_strange(8, 38)
}

/// Returns true for a text that shows how a value looks: one character again and again, or the alphabet.
pub(super) fn is_pattern(text: &str) -> bool {
    let bytes: Vec<u8> = text.bytes().take(256).filter(u8::is_ascii_alphanumeric).collect();
    let distinct = {
        let mut seen = [false; 128];
        for byte in &bytes {
            seen[usize::from(byte.to_ascii_lowercase())] = true;
        }
        seen.iter().filter(|seen| **seen).count()
    };
    let next = |pair: &&[u8]| pair[0] + 1 == pair[1] || (pair[0] == b'9' && pair[1] == b'0');
    let ordered = bytes.windows(2).filter(next).count();
    let fillers = |run: &[u8]| run[0] == run[5] && b"xX0".contains(&run[0]);
    let is_filled = bytes.windows(6).any(|run| fillers(run) && run.iter().all(|b| *b == run[0]));
    is_filled || distinct <= 1 || (bytes.len() >= 6 && ordered * 4 >= (bytes.len() - 1) * 3)
}

pub(super) fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    text.len() == 36
        && lengths.eq([8, 4, 4, 4, 12])
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_chance() {
        for text in [
            "9f8a7c6e5d4b3a21",
            "qzxvkjwpfhgb",
            "Te7AmutvGUlFIWGa",
            "7QJENM34jySI",
            "ENGBXPXMNCUW",
            "f3b1c0de-9a8b-4c7d-8e6f-5a4b3c2d1e0f",
        ] {
            assert!(is_random(text), "{text}");
        }
        for text in [
            "customerNumber",
            "client_credentials",
            "cl100k_base_v2",
            "X-Goog-Api-Key",
            "mypkg.auth.ApiAuth",
            "us-east-1",
            "gpt-4o-mini-2024-07-18",
            "ctrl+shift+alt+k",
            "2026-01-01T00:00:00Z",
            "AUTHORIZATION_CODE",
            "hunter2",
            "backups/daily/2026",
        ] {
            assert!(!is_random(text), "{text}");
        }
    }

    #[test]
    fn only_generated_values_are_secret_without_a_name() {
        assert!(is_generated(concat!("Kj7tayTf", "SlX2oumQ5geJ6xZGW")));
        for text in [
            "bc4d8b92e0a3cfe53b170419ea177e8fec375b3b",
            "01HZX3V7K8Q2M5N6P9R0S1T2V3",
            "io.github.example/SomeServer-with-a-long-name-2",
            "UsingVersion2OfTheProtocolForEverything",
        ] {
            assert!(!is_generated(text), "{text}");
        }
    }

    #[test]
    fn patterns_are_recognised() {
        for text in ["xxxxxxxx", "****", "1234567890", "0123456789abcdef", "abcdefgh", "0000-0000"]
        {
            assert!(is_pattern(text), "{text}");
        }
        assert!(!is_pattern("a1b2") && !is_pattern("aabb") && !is_pattern("hunter2"));
    }
}
