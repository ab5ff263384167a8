//! Text in lines and columns.

use crate::printable::excerpt;

pub(super) const WIDTH: usize = 80;

/// Returns at most `limit` characters of `text`, made printable, and the number of characters left
/// out.
pub(super) fn cut(text: &str, limit: usize) -> String {
    let shown = excerpt(text, limit);
    match text.chars().count().saturating_sub(limit) {
        0 => shown,
        more => format!("{shown} ({more} more characters)"),
    }
}

/// Returns the lines of `text` after a label, wrapped at [`WIDTH`] columns. Words are never split.
/// The caller makes `text` printable.
pub(super) fn labelled(label: &str, text: &str) -> Vec<String> {
    const COLUMN: usize = 15;
    let mut lines = Vec::new();
    let mut current = format!("  {:<width$}", format!("{label}:"), width = COLUMN - 2);
    let mut is_empty = true;
    for word in text.split(' ') {
        let length = current.chars().count() + usize::from(!is_empty) + word.chars().count();
        if !is_empty && length > WIDTH {
            lines.push(std::mem::replace(&mut current, " ".repeat(COLUMN)));
            is_empty = true;
        }
        if !is_empty {
            current.push(' ');
        }
        current.push_str(word);
        is_empty = false;
    }
    lines.push(current.trim_end().to_owned());
    lines
}

/// Returns the rows of a table as lines. Every column but the last is as wide as its widest cell.
pub(super) fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..COLUMNS).map(|column| width(column).unwrap_or(0) + 2).collect();
    // A width in a format string is at most 65 535, and a cell may be longer.
    let padded =
        |(cell, width): (&String, &usize)| cell.clone() + &" ".repeat(width - cell.chars().count());
    let line = |row: &[String; COLUMNS]| {
        row.iter().zip(&widths).map(padded).collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labelled_text_wraps_between_words() {
        let words = "word ".repeat(30);
        let lines = labelled("arguments", words.trim());
        assert!(lines.len() == 3 && lines.iter().all(|line| line.len() <= WIDTH), "{lines:?}");
        assert!(lines[0].starts_with("  arguments:   word word"), "{lines:?}");
        assert!(lines[1].starts_with("               word word"), "{lines:?}");
        let long = "x".repeat(100);
        assert_eq!(labelled("a", &long), [format!("  a:           {long}")], "no word is split");
        assert_eq!(labelled("a", ""), ["  a:"]);
    }

    #[test]
    fn table_columns_are_as_wide_as_their_widest_cell() {
        let rows = [["NAME", "RUNS"], ["my-server", "x:1"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), ["NAME       RUNS", "my-server  x:1"]);
        let long = "x".repeat(70_000);
        let rows = [[long.clone(), "y".to_owned()]];
        assert_eq!(table(&rows), [format!("{long}  y")]);
    }
}
