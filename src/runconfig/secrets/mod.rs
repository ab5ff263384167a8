//! Secrets in a run configuration: how they are found, and how they are hidden.
//!
//! `scan` walks a document and `text` judges one text of it. Below them, each file knows one thing: `formats` the
//! forms of known tokens, `private_key` those of private keys, `names` which names name a secret, `values` which
//! values are none, `random` what looks like chance and not like words, `pairs` how a text falls into names and
//! values, `arguments` how a command line does, `address` what a URL can hide.

mod address;
mod arguments;
mod exposure;
mod formats;
mod formats_table;
mod names;
mod names_table;
mod pairs;
mod private_key;
mod random;
mod scan;
mod shown;
mod text;
mod values;

#[cfg(test)]
mod tests;

pub use exposure::{Exposure, ExposureKind};
pub(crate) use scan::exposures;
pub(crate) use shown::shown_text;
pub(super) use shown::{shown_arguments, shown_value, shown_variables, whole_value};
