//! Secrets in a run configuration: how they are found, and how they are hidden.

mod rules;
mod scan;
mod shown;

pub(crate) use scan::exposures;
pub use scan::{Exposure, ExposureKind};
pub(crate) use shown::shown_text;
pub(super) use shown::{shown_arguments, shown_value, shown_variables, whole_value};
