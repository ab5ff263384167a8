//! Reads the transcript that an argument names.

use std::path::Path;

use crate::audit::{Recorded, TranscriptReader};
use crate::cli::failure::Failure;
use crate::cli::output::Output;

pub(super) fn open(file: &Path) -> Result<TranscriptReader, Failure> {
    TranscriptReader::open(file).map_err(|error| Failure::transcript(file, error))
}

/// Reads every record of a file. A last line that is not complete is left out, with a note.
pub(super) fn read(file: &Path, output: Output) -> Result<Vec<Recorded>, Failure> {
    let mut reader = open(file)?;
    let records = reader.read().map_err(|error| Failure::transcript(file, error))?;
    if reader.is_cut_short() {
        output.note("note: the last line is cut short and left out");
    }
    Ok(records)
}

/// Returns the number of exchanges in words.
pub(super) fn count(exchanges: usize) -> String {
    match exchanges {
        1 => "1 exchange".to_owned(),
        more => format!("{more} exchanges"),
    }
}
