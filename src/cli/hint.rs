//! What a user can try next after a failure.

use std::io;
use std::path::Path;

use super::failure::Failure;
use crate::engine::{EngineError, PlanError};
use crate::oci::auth::{ConfigError, HelperError, KeychainError};
use crate::oci::{self, AuthenticationError, ErrorKind, ErrorResponse, Tag, UnsupportedArtifact};
use crate::runconfig::{PullError, PushError, RetrieveError};
use crate::state::StateError;
use crate::wire::{self, HttpErrorKind as Wire, TlsFailure};

const TLS_ON_LOOPBACK: &str =
    "if the registry speaks TLS: loopback is spoken to in plain http unless --ca-file is given";

/// What can be done about `failure`, where that is known.
pub(super) fn hint(failure: &Failure) -> Option<String> {
    let fixed = match failure {
        Failure::Pull { suggestions, .. } if !suggestions.is_empty() => {
            let tags: Vec<_> = suggestions.iter().map(Tag::as_str).collect();
            return Some(format!("tags that are there: {}", tags.join(", ")));
        }
        Failure::Push(PushError::Registry(error))
        | Failure::Listing(error)
        | Failure::Pull { error: PullError::Registry(error), .. }
        | Failure::Retrieve(RetrieveError::Pull(PullError::Registry(error))) => {
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
        Failure::OutOfTime(_) => "--timeout SECONDS allows for more",
        Failure::State(StateError::Exists { .. }) => {
            "use --force to replace it, or --name to keep both"
        }
        Failure::NoFile(_) => {
            "this takes the file of a run configuration, which names its image; `thv export` takes a \
             workload"
        }
        Failure::State(StateError::NotFound { name, .. }) if Path::new(name.as_str()).is_file() => {
            "this takes a workload; `thv push` takes a file"
        }
        Failure::State(StateError::NotFound { .. }) => "`thv list` shows what there is",
        Failure::Io { error, .. } if error.kind() == io::ErrorKind::AddrInUse => {
            "another program listens there; --listen names another address"
        }
        Failure::Unsupported(_) => {
            "--engine toolhive runs it with ToolHive's proxy; --allow-unsupported FIELD runs it \
             without the field"
        }
        Failure::Push(PushError::Exposed(_)) => {
            "--secret VARIABLE=NAME shares a variable as a secret's name; --allow PATH lets one \
             through"
        }
        Failure::NotAgreed => "look at it with `thv inspect`, and agree with --yes",
        Failure::Findings(_) => "`thv wire show FILE --headers` shows the exchanges",
        Failure::Plan(PlanError::MissingSource(_)) => "make it first: nothing is made on its own",
        Failure::Engine(EngineError::Unreachable(_)) => {
            "run it from a file in which `host` is 127.0.0.1 (`thv pull REF -o FILE`), or with \
             --engine docker"
        }
        Failure::Engine(EngineError::Running { name, engine }) => {
            let engine = engine.as_str();
            return Some(format!(
                "`{engine} rm --force {name}` ends it; --name NAME runs this one beside it"
            ));
        }
        Failure::Engine(EngineError::Foreign(_)) => "--name NAME runs this one beside it",
        _ => return None,
    };
    Some(fixed.to_owned())
}

/// The registry that an error is about.
fn registry(error: &oci::Error) -> &str {
    error.resource().split('/').next().unwrap_or_default()
}

fn of_registry(error: &oci::Error, logging_in: bool) -> Option<String> {
    let registry = registry(error);
    Some(match error.kind() {
        ErrorKind::Authentication(error) => return of_authentication(error, registry, logging_in),
        ErrorKind::Denied(_) => {
            format!("`thv login {registry}` logs in as somebody who may do this")
        }
        ErrorKind::NotFound(_) => format!(
            "check the name and the tag; some registries say this too where a login is missing: \
             `thv login {registry}`"
        ),
        ErrorKind::Registry(refusal) => return of_refusal(refusal, registry),
        ErrorKind::Tls(wire) => return of_tls(wire).map(str::to_owned),
        ErrorKind::Network(wire) => return of_network(wire, registry),
        ErrorKind::Mismatch(_) | ErrorKind::Manifest(_) | ErrorKind::Protocol(_) => {
            "--wire-log FILE records what the registry sends; `thv wire check FILE` judges it"
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
                "check name and password; many registries want an access token as the password"
                    .to_owned(),
            )
        }
        AuthenticationError::Refused { with_credential: true, .. } => {
            Some(format!("check name and password, or log in anew with `thv login {registry}`"))
        }
        AuthenticationError::Refused { .. } | AuthenticationError::TokenServer(_) => {
            Some(format!("log in with `thv login {registry}`"))
        }
        _ => None,
    }
}

fn of_refusal(refusal: &ErrorResponse, registry: &str) -> Option<String> {
    match refusal.status {
        // How servers that speak TLS alone answer plain http: not in the specification's form.
        400 if refusal.errors.is_empty() => Some(TLS_ON_LOOPBACK.to_owned()),
        429 => Some(format!("wait a while; a login may raise the limit: `thv login {registry}`")),
        500.. => Some("try again later; the registry itself failed".to_owned()),
        _ => None,
    }
}

fn of_tls(error: &wire::HttpError) -> Option<&'static str> {
    let Wire::Tls(failure) = error.kind() else { return None };
    Some(match failure {
        TlsFailure::NotTls => "use --plain-http if this registry speaks plain http",
        TlsFailure::UnknownIssuer => "name the authority that signed it with --ca-file",
        TlsFailure::ClientCertificate => "show a client certificate with --cert and --key",
        TlsFailure::WrongName => "name the registry as its certificate does",
        TlsFailure::Expired | TlsFailure::NotYetValid => {
            "if this machine's clock is right, the registry needs a new certificate"
        }
        TlsFailure::Other => return None,
    })
}

fn of_network(error: &wire::HttpError, registry: &str) -> Option<String> {
    let is_loopback = error.origin().is_some_and(|origin| wire::is_loopback_host(origin.host()));
    match error.kind() {
        Wire::NotHttp => Some(TLS_ON_LOOPBACK.to_owned()),
        Wire::Refused if is_loopback => {
            let address = registry.replace("localhost:", "127.0.0.1:");
            Some(format!("`thv registry serve --listen {address}` serves a registry there"))
        }
        Wire::Unresolved | Wire::Refused | Wire::Timeout | Wire::Connection(_) if !is_loopback => {
            Some(match error.origin().and_then(wire::proxy_of) {
                Some(proxy) if !proxy.starts_with("http") => {
                    format!("the proxy is {proxy}; only http and https proxies are spoken to")
                }
                Some(proxy) => format!(
                    "the proxy {proxy} was asked (HTTPS_PROXY and its like); NO_PROXY takes hosts \
                     out of it"
                ),
                None => {
                    "check the registry's name and port; HTTPS_PROXY names a proxy where one is \
                         needed"
                        .to_owned()
                }
            })
        }
        _ => None,
    }
}

fn of_keychain(error: &KeychainError) -> Option<String> {
    match error {
        KeychainError::Helper(HelperError::Run { name, .. }) => Some(format!(
            "install docker-credential-{name}, or take it out of the configuration; \
             --registry-config names another"
        )),
        KeychainError::Config(ConfigError::Io { .. }) => {
            Some("--registry-config names another file, DOCKER_CONFIG another directory".to_owned())
        }
        KeychainError::Config(_) => {
            Some("mend the file, or name another with --registry-config".to_owned())
        }
        _ => None,
    }
}
