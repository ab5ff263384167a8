//! What a user can try next after a failure.

use std::io;
use std::path::Path;

use super::failure::Failure;
use crate::engine::{EngineError, PlanError};
use crate::oci::auth::KeychainError;
use crate::oci::{self, AuthenticationError, ErrorKind, ErrorResponse, Tag, UnsupportedArtifact};
use crate::run::RunError;
use crate::runconfig::{ExposureKind, PullError, PushError};
use crate::state::StateError;
use crate::wire::{self, HttpErrorKind, TlsFailure};

const TLS_ON_LOOPBACK: &str = "if the registry uses TLS: give --ca-file, because thv uses plain \
                               http for loopback addresses without it";

pub(super) fn hint(failure: &Failure) -> Option<String> {
    let fixed = match failure {
        Failure::Pull { suggestions, .. } if !suggestions.is_empty() => {
            let tags: Vec<_> = suggestions.iter().map(Tag::as_str).collect();
            return Some(format!("existing tags: {}", tags.join(", ")));
        }
        Failure::Push(PushError::Registry(error))
        | Failure::Listing(error)
        | Failure::Pull { error: PullError::Registry(error), .. }
        | Failure::Run(RunError::Pull(PullError::Registry(error))) => {
            return of_registry(error, false);
        }
        Failure::Login(error) => return of_registry(error, true),
        Failure::Pull {
            reference,
            error:
                PullError::Unsupported(
                    UnsupportedArtifact::ContainerImage | UnsupportedArtifact::Index { .. },
                ),
            ..
        } => return Some(format!("`thv run {reference}` runs a container image")),
        Failure::Several { hint, .. } => return hint.clone(),
        Failure::Keychain(error) => return of_keychain(error),
        Failure::Run(RunError::Engine(error)) => return of_engine(error),
        Failure::OutOfTime(_) => "--timeout SECONDS sets another limit",
        Failure::State(StateError::Exists { .. })
        | Failure::Run(RunError::State(StateError::Exists { .. })) => {
            "use --force to replace it, or --name to keep both"
        }
        Failure::NoFile(_) => {
            "`thv push` takes the file of a run configuration, which names its image; `thv export` \
             takes a workload"
        }
        Failure::State(StateError::NotFound { name, .. }) if Path::new(name.as_str()).is_file() => {
            "this argument is the name of a workload; `thv push` takes a file"
        }
        Failure::State(StateError::NotFound { .. }) => "`thv list` shows the workloads",
        Failure::Io { error, .. } if error.kind() == io::ErrorKind::AddrInUse => {
            "another program listens at this address; --listen sets another"
        }
        Failure::Run(RunError::Unsupported(_)) => {
            "--engine toolhive runs it with ToolHive's proxy; --allow-unsupported FIELD runs it \
             without the field"
        }
        Failure::Push(PushError::Exposed(found))
            if found.iter().all(|found| found.kind == ExposureKind::LocalImage) =>
        {
            "push the image to a registry and name it there; --allow image pushes the configuration \
             as it is"
        }
        // Only a variable can be replaced.
        Failure::Push(PushError::Exposed(found))
            if found.iter().all(|found| found.variable().is_none()) =>
        {
            "--allow PATH pushes a value as it is"
        }
        Failure::Push(PushError::NothingToAllow(_)) => {
            "without --allow, a push lists the paths of what it refuses"
        }
        Failure::Push(PushError::Exposed(_)) => {
            "--secret VARIABLE=NAME replaces a value with a reference to a secret; --allow PATH \
             pushes it as it is"
        }
        Failure::Run(RunError::Plan(PlanError::ContainerName(name))) if name.is_empty() => {
            "--name NAME gives it a name"
        }
        Failure::NotAgreed => "`thv inspect` shows it; --yes agrees to it",
        Failure::NotAsked => {
            "run it once on a terminal, or agree with --yes; `thv inspect` shows it"
        }
        Failure::Findings(_) => "`thv wire show FILE --headers` shows the exchanges",
        Failure::Run(RunError::Plan(PlanError::MissingSource(_))) => {
            "create it first; thv creates no directories"
        }
        _ => return None,
    };
    Some(fixed.to_owned())
}

fn of_engine(error: &EngineError) -> Option<String> {
    match error {
        EngineError::Unreachable(_) => Some(
            "run it from a file in which `host` is 127.0.0.1 (`thv pull REF -o FILE`), or with \
             --engine docker"
                .to_owned(),
        ),
        EngineError::Running { name, engine } => {
            let engine = engine.as_str();
            Some(format!(
                "`{engine} rm --force {name}` stops and removes it; --name NAME runs this one under another name"
            ))
        }
        EngineError::OtherSource(_) => {
            Some("use --force to replace it, or --name to keep both".to_owned())
        }
        EngineError::NotHere(_) => Some(
            "run the package (uvx://, npx://, go://) with ToolHive's own `thv run` on this machine \
             first, or publish the image to a registry"
                .to_owned(),
        ),
        EngineError::Foreign(_) => Some("--name NAME runs this one under another name".to_owned()),
        _ => None,
    }
}

fn of_registry(error: &oci::Error, logging_in: bool) -> Option<String> {
    let registry = error.resource().split('/').next().unwrap_or_default();
    Some(match error.kind() {
        ErrorKind::Authentication(error) => return of_authentication(error, registry, logging_in),
        ErrorKind::Denied(_) => {
            format!("`thv login {registry}` logs in as a user who has access")
        }
        ErrorKind::NotFound(_) | ErrorKind::Protocol(_) if logging_in => {
            "nothing was stored; check the name and the port, which may be those of a web site"
                .to_owned()
        }
        ErrorKind::NotFound(_) => format!(
            "check the name and the tag; some registries answer this to users who are not logged \
             in: `thv login {registry}`"
        ),
        ErrorKind::Registry(response) => return of_response(response, registry),
        ErrorKind::Tls(error) => return of_tls(error).map(str::to_owned),
        ErrorKind::Network(error) => return of_network(error, registry),
        ErrorKind::Mismatch(_) | ErrorKind::Manifest(_) | ErrorKind::Protocol(_) => {
            "--wire-log FILE records what the registry sends; `thv wire check FILE` checks it"
                .to_owned()
        }
        _ => return None,
    })
}

fn of_authentication(
    error: &AuthenticationError,
    registry: &str,
    logging_in: bool,
) -> Option<String> {
    match error {
        AuthenticationError::Keychain(error) => of_keychain(error),
        AuthenticationError::Refused { .. } | AuthenticationError::TokenServer(_) if logging_in => {
            Some(
                "check the user name and password; many registries want an access token as the \
                 password"
                    .to_owned(),
            )
        }
        AuthenticationError::Refused { with_credential: true, .. } => Some(format!(
            "check the user name and password, or log in again with `thv login {registry}`"
        )),
        AuthenticationError::Refused { .. } | AuthenticationError::TokenServer(_) => {
            Some(format!("log in with `thv login {registry}`"))
        }
        _ => None,
    }
}

fn of_response(response: &ErrorResponse, registry: &str) -> Option<String> {
    match response.status {
        // A server that only uses TLS answers plain http with this, not in the specification's form.
        400 if response.errors.is_empty() => Some(TLS_ON_LOOPBACK.to_owned()),
        429 => Some(format!("wait a while; a login may raise the limit: `thv login {registry}`")),
        500.. => Some("try again later; the registry itself failed".to_owned()),
        _ => None,
    }
}

fn of_tls(error: &wire::HttpError) -> Option<&'static str> {
    let HttpErrorKind::Tls(failure) = error.kind() else { return None };
    Some(match failure {
        TlsFailure::NotTls => "use --plain-http if this registry uses plain http",
        TlsFailure::UnknownIssuer => {
            "give the certificate of the authority that signed it with --ca-file"
        }
        TlsFailure::ClientCertificate => "give a client certificate with --cert and --key",
        TlsFailure::WrongName => "use the registry's name as it stands in its certificate",
        TlsFailure::Expired | TlsFailure::NotYetValid => {
            "if this machine's clock is right, the registry needs a new certificate"
        }
        TlsFailure::Other => return None,
    })
}

fn of_network(error: &wire::HttpError, registry: &str) -> Option<String> {
    use HttpErrorKind::{Connection, NotHttp, Refused, Timeout, Unresolved};
    let is_loopback = error.origin().is_some_and(wire::Origin::is_loopback);
    match error.kind() {
        NotHttp => Some(TLS_ON_LOOPBACK.to_owned()),
        Refused if is_loopback => {
            let address = registry.replace("localhost:", "127.0.0.1:");
            Some(format!("`thv registry serve --listen {address}` serves a registry there"))
        }
        Unresolved if Path::new(registry).is_dir() => {
            Some(format!("{registry} is a directory here: write ./{registry}/… for a file in it"))
        }
        Unresolved | Refused | Timeout | Connection(_) if !is_loopback => {
            Some(match error.origin().and_then(wire::proxy_of) {
                Some(proxy) if !proxy.starts_with("http") => {
                    format!("the proxy is {proxy}, but thv supports only http and https proxies")
                }
                Some(proxy) => format!(
                    "the request went to the proxy {proxy} (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY); \
                     NO_PROXY lists hosts that need no proxy"
                ),
                None => "check the registry's name and port; HTTPS_PROXY sets a proxy if one is \
                         needed"
                    .to_owned(),
            })
        }
        _ => None,
    }
}

fn of_keychain(error: &KeychainError) -> Option<String> {
    match error {
        KeychainError::HelperRun { name, .. } => Some(format!(
            "install docker-credential-{name}, or remove it from the file; --registry-config reads \
             another file"
        )),
        KeychainError::File { .. } => {
            Some("--registry-config sets another file, DOCKER_CONFIG another directory".to_owned())
        }
        KeychainError::MalformedFile { .. } | KeychainError::Entry { .. } => {
            Some("correct the file, or use another with --registry-config".to_owned())
        }
        _ => None,
    }
}
