//! `thv push`: from a file or standard input to a registry.

use std::path::{Path, PathBuf};

use clap::Args;

use super::arguments::parse_reference;
use super::failure::Failure;
use super::options::Context;
use super::sharing::{Sharing, push_document};
use super::source::read_document;
use crate::runconfig::{ConfigLocation, InvalidLocation};

#[derive(Args)]
pub(super) struct Push {
    /// The file with the run configuration; - reads standard input
    file: PathBuf,
    /// The destination, such as registry.example.com/configs/my-server:v1
    reference: String,
    #[command(flatten)]
    sharing: Sharing,
}

impl Push {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let is_reference =
            matches!(ConfigLocation::parse(&self.reference), Ok(ConfigLocation::Registry(_)));
        if !is_reference && Path::new(&self.reference).is_file() {
            return Err(Failure::Usage(format!(
                "{:?} is a file; the file comes first, then where to push it",
                self.reference
            )));
        }
        let reference = parse_reference(&self.reference)?;
        if is_missing_file(&self.file) {
            return Err(Failure::NoFile(self.file));
        }
        let document = read_document(context, &self.file)?;
        let what = format!("{} to OCI registry", self.file.display());
        push_document(context, document, &self.sharing, &reference, ["Pushed", &what]).await
    }
}

/// Returns true if there is no file at `path`, and `path` reads as a reference or a workload's name.
fn is_missing_file(path: &Path) -> bool {
    let is_named_otherwise = |text| {
        matches!(
            ConfigLocation::parse(text),
            Ok(ConfigLocation::Registry(_) | ConfigLocation::Name(_))
                | Err(InvalidLocation::Ambiguous(_))
        )
    };
    path.to_str().is_some_and(is_named_otherwise) && !path.exists()
}
