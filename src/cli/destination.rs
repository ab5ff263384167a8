//! Where a command writes its result: a file, or standard output.

use std::path::{Path, PathBuf};

use super::arguments::{STANDARD, is_same_file, refuse_standard};
use super::failure::Failure;
use super::options::Context;
use super::output::Report;
use crate::atomic_file;

pub(super) enum Destination {
    StandardOutput,
    File(PathBuf),
}

impl Destination {
    /// Reads an option such as `-o FILE`. Without it, and with `-`, the result goes to standard
    /// output.
    pub(super) fn new(context: &Context, path: Option<PathBuf>) -> Result<Self, Failure> {
        match path {
            Some(path) if path == Path::new(STANDARD) => Self::standard_output(context),
            Some(path) => Self::file(context, path),
            None => Self::standard_output(context),
        }
    }

    pub(super) fn standard_output(context: &Context) -> Result<Self, Failure> {
        if context.output.json {
            return Err(Failure::usage(
                "--json describes what was written; name a file for it with -o",
            ));
        }
        Ok(Self::StandardOutput)
    }

    pub(super) fn file(context: &Context, path: PathBuf) -> Result<Self, Failure> {
        refuse_standard("the output", &path)?;
        // The end of the path would be ignored, and a file of that name replaced.
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(Failure::Usage(format!("{} is a directory; name a file", path.display())));
        }
        if context.wire_log.as_ref().is_some_and(|log| is_same_file(log, &path)) {
            return Err(Failure::Usage(format!(
                "{} is the transcript of --wire-log; name another file for the result",
                path.display()
            )));
        }
        Ok(Self::File(path))
    }

    /// Writes the result. A file is written whole or not at all, its missing directories are created,
    /// and then the report about it is printed.
    pub(super) fn write(
        &self,
        context: &Context,
        bytes: &[u8],
        report: impl FnOnce(&Path) -> Report,
    ) -> Result<(), Failure> {
        match self {
            Self::StandardOutput => context.output.write(bytes),
            Self::File(path) => {
                atomic_file::write_with_parents(path, bytes)
                    .map_err(|error| Failure::file("writing", path, error))?;
                context.output.report(report(path).field("status", "written"))
            }
        }
    }
}
