//! The request for a run, and the run configuration that it names or that is made for its image.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use super::error::{RunError, UnusableOption};
use crate::capped_read::read_capped;
use crate::engine::{Engine, EngineError, EngineKind, Lifetime, ToolHive};
use crate::oci::{Client, Digest, ErrorKind, Reference, UnsupportedArtifact};
use crate::runconfig::{
    ConfigLocation, Document, ImageOptions, InvalidLocation, MAX_SIZE, PullError, WorkloadName,
    is_built_by_toolhive, name_of_image, pull, renamed, runnable,
};
use crate::wire::HttpErrorKind::{Connection, Refused, Timeout, Unresolved};

/// What is to run, and how.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunRequest {
    /// A file or a reference, by the rules of `thv help references`.
    pub source: String,
    /// The run configuration itself, if the caller has read it already. Then `source` is not looked
    /// for.
    pub document: Option<Document>,
    /// Whether a container image is refused.
    pub only_configuration: bool,
    /// The workload's name, instead of the configuration's.
    pub name: Option<WorkloadName>,
    /// Which engine runs the server.
    pub engine: EngineChoice,
    /// Fields that may be left out although no engine enforces them, as [`super::Unsupported`] names
    /// them.
    pub allowed: Vec<String>,
    /// Files that hold secrets, by the secret's name. Other secrets are looked for in environment
    /// variables such as `TOOLHIVE_SECRET_name`.
    pub secret_files: BTreeMap<String, PathBuf>,
    /// Whether a stored run configuration or a container from another source is replaced.
    pub force: bool,
    /// Whether the image is looked up at its registry again although the user agreed to one before.
    pub pull: bool,
    /// The port to publish an HTTP server at, and no other.
    pub port: Option<u16>,
    /// How long the container lives. A stdio server is always attached.
    pub lifetime: Lifetime,
    /// How an image is run. A run configuration says that itself, and none of these may be set.
    pub image: ImageOptions,
}

/// Which engine runs the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineChoice {
    /// The first container engine that is installed.
    #[default]
    Installed,
    /// This container engine.
    Only(EngineKind),
    /// `ToolHive` itself, with its proxy.
    ToolHive,
}

impl RunRequest {
    /// Returns a request to run `source` with the defaults.
    #[must_use]
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), ..Self::default() }
    }

    pub(super) fn allows(&self, field: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed == field)
    }
}

/// A fetched run configuration that was not checked yet.
#[derive(Debug)]
pub struct Fetched {
    pub(super) document: Document,
    pub(super) origin: Origin,
    pub(super) request: RunRequest,
    /// Set if `ToolHive` has to run it.
    pub(super) toolhive: Option<ToolHive>,
    pub(super) client: Client,
    /// The registry's error, if a local image is run instead.
    pub(super) local_image: Option<PullError>,
    /// The file that a bare name named.
    pub(super) file_by_name: Option<PathBuf>,
}

#[derive(Debug)]
pub(super) enum Origin {
    /// A file; `None` for a document that the caller read.
    File(Option<PathBuf>),
    /// From a registry. The user has to agree to the manifest of this digest.
    Artifact(Reference, Digest),
    /// It was made for a container image.
    Image(Reference),
}

impl Fetched {
    /// Returns the run configuration.
    #[must_use]
    pub const fn document(&self) -> &Document {
        &self.document
    }

    pub(super) const fn is_image(&self) -> bool {
        matches!(self.origin, Origin::Image(_))
    }

    /// Returns the name of the source, to recognise it at the next run.
    pub(super) fn source(&self) -> Option<String> {
        match &self.origin {
            Origin::File(path) => {
                let path = path.as_ref()?.canonicalize().ok()?;
                Some(path.display().to_string())
            }
            Origin::Artifact(reference, _) | Origin::Image(reference) => {
                Some(reference.to_string())
            }
        }
    }
}

/// Fetches what `request` names, with one manifest request. If the registry does not have the image or cannot
/// be reached, a local image is run.
///
/// # Errors
/// [`RunError::Location`], [`RunError::Pull`], [`RunError::Io`] and [`RunError::Document`] if nothing
/// was found; other variants if the request cannot be used.
pub async fn fetch(client: &Client, mut request: RunRequest) -> Result<Fetched, RunError> {
    let toolhive = match request.engine {
        EngineChoice::ToolHive => Some(ToolHive::from_environment()?),
        _ => None,
    };
    let (mut local_image, mut file_by_name) = (None, None);
    let given = request.document.take();
    let location = match given {
        Some(_) => ConfigLocation::Standard,
        None => runnable(&request.source)?,
    };
    let (document, origin) = match (given, location) {
        (Some(document), _) => (configured(document, &request)?, Origin::File(None)),
        (None, ConfigLocation::File(path)) => {
            (configured(read_file(&path)?, &request)?, Origin::File(Some(path)))
        }
        (None, ConfigLocation::Name(name)) => {
            let path = &*file_by_name.insert(PathBuf::from(name));
            (configured(read_file(path)?, &request)?, Origin::File(Some(path.clone())))
        }
        // Standard input belongs to the caller, who reads the configuration from it.
        (None, ConfigLocation::Standard) => {
            return Err(InvalidLocation::Ambiguous(request.source).into());
        }
        (None, ConfigLocation::Registry(image)) if is_built_by_toolhive(&image) => {
            (for_image(&image, &request)?, Origin::Image(image))
        }
        (None, ConfigLocation::Registry(reference)) => match pull(client, &reference).await {
            Ok(pulled) => {
                let digest = pulled.manifest.descriptor.digest;
                (configured(pulled.document, &request)?, Origin::Artifact(reference, digest))
            }
            Err(PullError::Unsupported(
                UnsupportedArtifact::ContainerImage | UnsupportedArtifact::Index { .. },
            )) => (for_image(&reference, &request)?, Origin::Image(reference)),
            Err(error)
                if allows_local_image(&error)
                    && !request.only_configuration
                    && has_image(&request, &reference).await =>
            {
                local_image = Some(error);
                (for_image(&reference, &request)?, Origin::Image(reference))
            }
            Err(error) => return Err(error.into()),
        },
    };
    let client = client.clone();
    Ok(Fetched { document, origin, request, toolhive, client, local_image, file_by_name })
}

/// Returns the container engine that the request chooses among those in `PATH`.
pub(super) fn find_engine(request: &RunRequest) -> Result<Engine, EngineError> {
    let wanted = match request.engine {
        EngineChoice::Only(kind) => Some(kind),
        EngineChoice::Installed | EngineChoice::ToolHive => None,
    };
    Engine::find(wanted, &std::env::var_os("PATH").unwrap_or_default())
}

/// Returns true if the engine has the image. An engine that is missing or fails has none.
async fn has_image(request: &RunRequest, reference: &Reference) -> bool {
    match find_engine(request) {
        Ok(engine) => engine.has_image(&reference.to_string()).await.unwrap_or(false),
        Err(_) => false,
    }
}

/// Returns true if an image that is on this machine already may run instead: the registry does not
/// have it, or cannot be reached.
fn allows_local_image(error: &PullError) -> bool {
    let PullError::Registry(error) = error else { return false };
    match error.kind() {
        ErrorKind::NotFound(_) => true,
        // Even a malformed response proves that something is there.
        ErrorKind::Network(error) => {
            matches!(error.kind(), Unresolved | Refused | Connection(_) | Timeout)
        }
        _ => false,
    }
}

fn read_file(path: &Path) -> Result<Document, RunError> {
    let source = path.display().to_string();
    let bytes = read_capped(path, MAX_SIZE)
        .map_err(|error| RunError::Io { doing: format!("reading {source}"), error })?;
    Document::parse(bytes).map_err(|error| RunError::Document { source, error })
}

fn configured(document: Document, request: &RunRequest) -> Result<Document, RunError> {
    if request.image != ImageOptions::default() {
        return Err(UnusableOption::ImageOptions.into());
    }
    Ok(match &request.name {
        Some(name) => renamed(&document, name)?,
        None => document,
    })
}

fn for_image(reference: &Reference, request: &RunRequest) -> Result<Document, RunError> {
    if request.only_configuration {
        return Err(UnusableOption::ContainerImage(reference.clone()).into());
    }
    let name = match &request.name {
        Some(name) => name.clone(),
        None => name_of_image(reference)?,
    };
    let port = match request.port {
        Some(port) => port,
        None => unused_port(Some(Ipv4Addr::LOCALHOST.into()), None)?,
    };
    let source = &request.source;
    let image = source.strip_prefix("oci://").unwrap_or(source);
    let document = request.image.clone().document(image, &name, port);
    document.map_err(|error| RunError::Document { source: source.clone(), error })
}

/// Returns `wanted` if nothing listens at it, else a port that is free now.
pub(super) fn unused_port(address: Option<IpAddr>, wanted: Option<u16>) -> Result<u16, RunError> {
    let address = address.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    if let Some(wanted) = wanted
        && TcpListener::bind((address, wanted)).is_ok()
    {
        return Ok(wanted);
    }
    let free = TcpListener::bind((address, 0)).and_then(|listener| listener.local_addr());
    let doing = || "looking for a free port".to_owned();
    Ok(free.map_err(|error| RunError::Io { doing: doing(), error })?.port())
}
