//! Arguments that several commands read in the same way.

use std::fs;
use std::path::Path;

use clap::Args;
use url::Host;

use super::failure::Failure;
use crate::oci::{Reference, RegistryName};
use crate::runconfig::InvalidLocation;

/// Names standard input or output where a file may be.
pub(super) const STANDARD: &str = "-";

/// The names of a server that listens on this machine.
#[derive(Args)]
pub(super) struct HostNames {
    /// Answer requests for the host NAME too; a request for other hosts than IP addresses and localhost
    /// may come from a web page, and is refused (repeatable)
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    pub(super) host: Vec<String>,
}

fn host_name(text: &str) -> Result<String, &'static str> {
    let invalid = "a host name is needed, without scheme and port";
    Host::parse(text).map(|host| host.to_string()).map_err(|_| invalid)
}

/// Reads an argument that can only be a reference. `oci://` in front is allowed.
pub(super) fn parse_reference(text: &str) -> Result<Reference, Failure> {
    let reference = text.strip_prefix("oci://").unwrap_or(text);
    let invalid = |error| InvalidLocation::Reference { text: text.to_owned(), error };
    Ok(reference.parse().map_err(invalid)?)
}

/// Reads an argument that names a repository: a reference without a tag or a digest.
///
/// The tag of the result has no meaning.
pub(super) fn parse_repository(text: &str) -> Result<Reference, Failure> {
    let reference = parse_reference(text)?;
    let repository = repository_of(&reference);
    let last_component = text.rsplit('/').next().unwrap_or(text);
    if last_component.contains([':', '@']) {
        return Err(Failure::Usage(format!(
            "{text:?} has a tag or a digest; a repository is meant here: write {repository:?}"
        )));
    }
    Ok(reference)
}

/// Returns `REGISTRY/REPOSITORY`, without a tag.
pub(super) fn repository_of(reference: &Reference) -> String {
    format!("{}/{}", reference.registry(), reference.repository())
}

/// Reads the name of a registry, which may be copied from a URL.
pub(super) fn parse_registry(text: &str) -> Result<RegistryName, Failure> {
    let schemes = ["https://", "http://", "oci://"];
    let name = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    Ok(name.trim_end_matches('/').parse()?)
}

/// Refuses `-` and an empty name for an option that takes a file, and neither standard input nor
/// output.
pub(super) fn refuse_standard(option: &str, path: &Path) -> Result<(), Failure> {
    if path.as_os_str().is_empty() {
        return Err(Failure::Usage(format!("{option} needs the name of a file, and it is empty")));
    }
    if path == Path::new(STANDARD) {
        return Err(Failure::Usage(format!(
            "{option} needs a file; write ./- for a file that is called -"
        )));
    }
    Ok(())
}

/// Returns true if both paths lead to one regular file.
pub(super) fn is_same_file(first: &Path, second: &Path) -> bool {
    let (Ok(first_found), Ok(second_found)) = (fs::metadata(first), fs::metadata(second)) else {
        return false;
    };
    if !first_found.is_file() {
        return false;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        first_found.dev() == second_found.dev() && first_found.ino() == second_found.ino()
    }
    #[cfg(not(unix))]
    {
        second_found.is_file() && fs::canonicalize(first).ok() == fs::canonicalize(second).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_has_neither_tag_nor_digest() {
        let digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        for text in ["registry.example.com/configs", "oci://localhost:5055/a", "me/a"] {
            assert!(parse_repository(text).is_ok(), "{text}");
        }
        let pinned = format!("registry.example.com/configs@{digest}");
        for text in ["registry.example.com/configs:v1", "localhost:5055/a:v1", &pinned, "a/B"] {
            assert!(parse_repository(text).is_err(), "{text}");
        }
    }

    #[test]
    fn registry_name_may_be_copied_from_a_url() {
        for text in ["registry.example.com", "https://registry.example.com/", "oci://docker.io"] {
            assert!(parse_registry(text).is_ok(), "{text}");
        }
        assert!(parse_registry("registry.example.com/configs").is_err());
    }
}
