//! Tells a file from a registry reference, and what runs here from what only `ToolHive` runs.

use std::fmt;
use std::path::PathBuf;

use crate::oci::{InvalidReference, Reference};

/// The schemes for which `ToolHive` builds an image.
const BUILT_BY_TOOLHIVE: [&str; 3] = ["uvx://", "npx://", "go://"];
/// The prefixes of names in `ToolHive`'s catalogue, which begin with a reversed domain:
/// `io.github.owner/server`.
const REVERSED_DOMAINS: [&str; 6] = ["io.", "com.", "org.", "net.", "dev.", "ai."];

/// What a user typed for a run configuration. The text alone decides it, never what lies on the disk:
/// a file of a cloned repository cannot take the place of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConfigLocation {
    /// `-`: standard input or output.
    Standard,
    /// A file.
    File(PathBuf),
    /// A registry reference.
    Registry(Reference),
    /// A bare name: of a workload, or of a file in the working directory.
    Name(String),
}

impl ConfigLocation {
    /// Parses the text that a user typed. The first rule that matches decides:
    ///
    /// 1. It is `-`: standard input or output.
    /// 2. It starts with `oci://`: a registry reference.
    /// 3. It starts with `/`, `./`, `../`, `~` or a drive letter (`C:\`, `C:/`): a file.
    /// 4. It ends in `.json`, `.yaml` or `.yml` and has no tag or digest: a file.
    /// 5. Its first component is a registry host (it has a dot or a port, or is `localhost`), or it
    ///    has a tag or a digest: a registry reference.
    /// 6. It has no `/`: a bare name.
    /// 7. Anything else could be a file or a reference, and is refused.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidLocation> {
        if text == "-" {
            return Ok(Self::Standard);
        }
        if let Some(reference) = text.strip_prefix("oci://") {
            return Self::registry(text, reference);
        }
        if looks_like_path(text) || has_file_ending(text) {
            return Ok(Self::File(text.into()));
        }
        let names_registry =
            text.split_once('/').is_some_and(|(first, _)| Reference::names_registry(first));
        if names_registry || has_tag_or_digest(text) {
            Self::registry(text, text)
        } else if text.is_empty() || text.contains('/') {
            Err(InvalidLocation::Ambiguous(text.to_owned()))
        } else {
            Ok(Self::Name(text.to_owned()))
        }
    }

    /// Parses where to write to. As in `ToolHive`, what cannot be a reference with a registry host, a
    /// tag or a digest is a file.
    pub(crate) fn destination(text: &str) -> Result<Self, InvalidLocation> {
        match Self::parse(text) {
            Ok(Self::Name(_)) => Ok(Self::File(text.into())),
            Err(InvalidLocation::Ambiguous(_)) if !text.is_empty() => Ok(Self::File(text.into())),
            other => other,
        }
    }

    /// Returns the file that a bare name names, if there is one. The name of a workload goes first
    /// where a command takes one.
    pub(crate) fn file_of_name(name: &str) -> Result<PathBuf, InvalidLocation> {
        let path = PathBuf::from(name);
        if path.is_file() { Ok(path) } else { Err(InvalidLocation::Ambiguous(name.to_owned())) }
    }

    fn registry(text: &str, reference: &str) -> Result<Self, InvalidLocation> {
        let invalid = |error| InvalidLocation::Reference { text: text.to_owned(), error };
        reference.parse().map(Self::Registry).map_err(invalid)
    }
}

fn looks_like_path(text: &str) -> bool {
    matches!(text.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic())
        || matches!(text, "." | "..")
        || ["/", "./", "../", "~", ".\\", "..\\", "\\"].iter().any(|start| text.starts_with(start))
}

fn has_file_ending(text: &str) -> bool {
    let ending = |ending: &str| text.to_ascii_lowercase().ends_with(ending);
    !has_tag_or_digest(text) && [".json", ".yaml", ".yml"].into_iter().any(ending)
}

fn has_tag_or_digest(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or(text);
    last.contains([':', '@'])
}

/// Returns true for an image that `ToolHive` built. It exists on one machine, and its name on Docker Hub
/// belongs to whoever registers it. Podman puts `localhost/` in front of it.
pub(crate) fn is_built_by_toolhive(image: &Reference) -> bool {
    let registry = image.registry();
    (registry.is_docker_hub() || registry.to_string() == "localhost")
        && image.repository().to_string().starts_with("toolhivelocal/")
}

/// Parses what a user typed: a file, the bare name of a file that exists, or a reference; see
/// [`ConfigLocation::parse`]. What only `ToolHive` can run is an error.
pub(crate) fn runnable(text: &str) -> Result<ConfigLocation, InvalidLocation> {
    if BUILT_BY_TOOLHIVE.iter().any(|scheme| text.starts_with(scheme)) {
        return Err(InvalidLocation::ToolHive(format!(
            "{text:?} is a package that ToolHive builds an image for; run it with ToolHive's own \
             `thv run {text}`, then share what it stored with `thv export`"
        )));
    }
    if ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Err(InvalidLocation::ToolHive(format!(
            "{text:?} is the URL of a remote server, which is reached through a proxy; run it with \
             ToolHive's own `thv run {text}`"
        )));
    }
    match location(text) {
        Ok(ConfigLocation::Registry(_)) if is_name_in_catalogue(text) => {
            Err(InvalidLocation::ToolHive(format!(
                "{text:?} is a name in ToolHive's catalogue; run it with ToolHive's own `thv run \
                 {text}`, or write {text}:TAG for an image"
            )))
        }
        Err(InvalidLocation::Ambiguous(text)) if !text.is_empty() => {
            Err(InvalidLocation::ToolHive(format!(
                "{text:?} may be a name in ToolHive's catalogue, which ToolHive's own `thv run \
                 {text}` runs; write {text}:latest for an image, or ./{text} for a file"
            )))
        }
        other => other,
    }
}

fn location(text: &str) -> Result<ConfigLocation, InvalidLocation> {
    let location = ConfigLocation::parse(text)?;
    if let ConfigLocation::Name(name) = &location {
        ConfigLocation::file_of_name(name)?;
    }
    Ok(location)
}

/// Returns true for a reversed domain and a name, with neither a port nor a tag.
fn is_name_in_catalogue(text: &str) -> bool {
    REVERSED_DOMAINS.iter().any(|domain| text.starts_with(domain))
        && text.split('/').count() == 2
        && !text.contains([':', '@'])
}

/// Why a text names nothing that can be read or run here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidLocation {
    /// It could be a file or a registry reference.
    Ambiguous(String),
    /// It names a registry, but is not a reference.
    Reference {
        /// The text.
        text: String,
        /// What is wrong with it.
        error: InvalidReference,
    },
    /// Only `ToolHive` can run it, or could mean it. The text says what to do.
    ToolHive(String),
}

impl fmt::Display for InvalidLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous(text) if text.is_empty() => f.write_str(
                "the argument is empty: give the name of a file or a registry reference",
            ),
            Self::Ambiguous(text) => write!(
                f,
                "{text:?} could be a file or a registry reference; write \"./{text}\" for the \
                 file, or \"oci://{text}\" or \"{text}:TAG\" for the registry"
            ),
            Self::Reference { text, error: InvalidReference::Scheme } => {
                let bare = text.rsplit("://").next().unwrap_or_default();
                write!(f, "{text:?} is a URL; as a registry reference write \"{bare}\"")
            }
            Self::Reference { text, .. } => write!(f, "{text:?} is not a registry reference"),
            Self::ToolHive(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for InvalidLocation {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // The message for a URL includes the reason.
            Self::Reference { error, .. } if *error != InvalidReference::Scheme => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    /// Returns `file` with the path, `name`, the reference, `ambiguous`, or the error.
    fn shown(parsed: Result<ConfigLocation, InvalidLocation>) -> String {
        match parsed {
            Ok(ConfigLocation::Standard) => "standard".to_owned(),
            Ok(ConfigLocation::File(path)) => format!("file {}", path.display()),
            Ok(ConfigLocation::Registry(reference)) => reference.to_string(),
            Ok(ConfigLocation::Name(name)) => format!("name {name}"),
            Err(InvalidLocation::Ambiguous(_)) => "ambiguous".to_owned(),
            Err(InvalidLocation::Reference { error, .. }) => format!("error {error}"),
            Err(InvalidLocation::ToolHive(text)) => text,
        }
    }

    #[test]
    fn first_matching_rule_decides() {
        let pinned = format!("registry.example.com/a@{DIGEST}");
        let tagged_and_pinned = format!("a:v1@{DIGEST}");
        for (text, expected) in [
            // ToolHive pull request 1212 parses these as registry references.
            ("./config.json", "file ./config.json"),
            ("/tmp/config.json", "file /tmp/config.json"),
            // Rule 1.
            ("-", "standard"),
            // Rule 2.
            ("oci://my-server", "docker.io/library/my-server:latest"),
            ("oci://localhost/a.json", "localhost/a.json:latest"),
            // Rule 3.
            ("../x", "file ../x"),
            ("./registry.example.com/a:v1", "file ./registry.example.com/a:v1"),
            ("./-", "file ./-"),
            ("~/x", "file ~/x"),
            ("~user/x:v1", "file ~user/x:v1"),
            ("C:\\configs\\x", "file C:\\configs\\x"),
            ("c:/x", "file c:/x"),
            (".", "file ."),
            // Rule 4.
            ("config.json", "file config.json"),
            ("dir/config.YAML", "file dir/config.YAML"),
            ("registry.example.com/config.yml", "file registry.example.com/config.yml"),
            ("registry.example.com/config.json:v1", "registry.example.com/config.json:v1"),
            ("registry.example.com/a:v1.json", "registry.example.com/a:v1.json"),
            // Rule 5.
            ("registry.example.com/configs/a", "registry.example.com/configs/a:latest"),
            ("host:5000/name", "host:5000/name:latest"),
            ("localhost/name", "localhost/name:latest"),
            ("[::1]:5000/name", "[::1]:5000/name:latest"),
            ("my-server:v1", "docker.io/library/my-server:v1"),
            ("user/my-server:v1", "docker.io/user/my-server:v1"),
            (&pinned, &pinned),
            (&tagged_and_pinned, &format!("docker.io/library/{tagged_and_pinned}")),
            // Rule 6.
            ("my-server", "name my-server"),
            ("config.txt", "name config.txt"),
            ("localhost", "name localhost"),
            // Rule 7.
            ("user/my-server", "ambiguous"),
            ("", "ambiguous"),
        ] {
            assert_eq!(shown(ConfigLocation::parse(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn destination_without_host_tag_and_digest_is_a_file() {
        for (text, expected) in [
            ("config", "file config"),
            ("config.txt", "file config.txt"),
            ("exports/config", "file exports/config"),
            ("-", "standard"),
            ("registry.example.com/a", "registry.example.com/a:latest"),
            ("localhost:5055/a", "localhost:5055/a:latest"),
            ("user/a:v1", "docker.io/user/a:v1"),
            ("", "ambiguous"),
        ] {
            assert_eq!(shown(ConfigLocation::destination(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn invalid_reference_is_not_taken_for_a_file() {
        for text in ["registry.example.com/Upper:v1", "oci://", "a:b:c", "registry.example.com/"] {
            assert!(shown(ConfigLocation::parse(text)).starts_with("error"), "{text:?}");
            assert!(shown(ConfigLocation::destination(text)).starts_with("error"), "{text:?}");
        }
    }

    #[test]
    fn error_for_ambiguous_text_says_what_to_type() {
        let message = ConfigLocation::parse("me/my-server").unwrap_err().to_string();
        for expected in ["\"./me/my-server\"", "\"oci://me/my-server\"", "\"me/my-server:TAG\""] {
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn errors_for_empty_text_and_url_are_specific() {
        let message = |text| ConfigLocation::parse(text).unwrap_err().to_string();
        assert!(message("").starts_with("the argument is empty"), "{}", message(""));
        let url = message("oci://https://registry.example.com/a:v1");
        assert!(url.ends_with("write \"registry.example.com/a:v1\""), "{url}");
    }

    #[test]
    fn what_only_toolhive_runs_is_named() {
        let said = |text: &str| runnable(text).unwrap_err().to_string();
        for scheme in ["uvx://mcp-server", "npx://@a/b@1.0", "go://./cmd"] {
            assert!(said(scheme).contains(&format!("thv run {scheme}")), "{scheme}");
        }
        assert!(said("io.github.stacklok/fetch").contains("ToolHive's catalogue"));
        assert!(said("fetch").contains("fetch:latest"));
        assert!(said("https://example.com/mcp").contains("remote server"));
        assert!(said("").contains("the argument is empty"));
        for image in ["dev.internal:5000/mcp/fetch", "io.example/a/b", "com.example:5000/fetch"] {
            assert!(matches!(runnable(image), Ok(ConfigLocation::Registry(_))), "{image}");
        }
        assert!(matches!(runnable("io.github.stacklok/fetch:v1"), Ok(ConfigLocation::Registry(_))));
        assert!(matches!(runnable("ghcr.io/example/fetch"), Ok(ConfigLocation::Registry(_))));
        assert!(matches!(runnable("./fetch"), Ok(ConfigLocation::File(_))));
    }
}
