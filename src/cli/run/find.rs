//! What the user wants to run, as a run configuration.

use std::collections::BTreeMap;

use super::{ImageOptions, Profile, Run};
use crate::cli::context::Context;
use crate::cli::download::pull_failure;
use crate::cli::failure::Failure;
use crate::cli::transfer::transfer;
use crate::engine::free_port;
use crate::oci::{Digest, Reference};
use crate::printable::{chain, printable};
use crate::runconfig::{
    ConfigLocation, Document, ImageRun, McpTransport, PullError, RetrieveError, Retrieved,
    name_of_image, renamed, retrieve, runnable,
};

/// The port that an HTTP server in an image is told to listen at where the user says none.
const TARGET_PORT: u16 = 8080;

/// What will run.
pub(super) struct Found {
    pub(super) document: Document,
    /// Where it came from, if that is a registry, and the digest of its manifest.
    pub(super) artifact: Option<(Reference, Digest)>,
    /// Whether the image that is on this machine serves, whatever a registry says.
    pub(super) is_local: bool,
    is_image: bool,
}

impl Found {
    /// Whether the configuration was made for a plain image.
    pub(super) const fn is_image(&self) -> bool {
        self.is_image
    }
}

impl ImageOptions {
    fn is_empty(&self) -> bool {
        let Self { transport, target_port, env, volume, permission_profile, arguments } = self;
        transport.is_none()
            && target_port.is_none()
            && permission_profile.is_none()
            && [env, volume, arguments].iter().all(|list| list.is_empty())
    }
}

impl Run {
    /// Finds the configuration that was asked for, or makes one for an image.
    pub(super) async fn find(&self, context: &Context) -> Result<Found, Failure> {
        let text = self.from_config.as_ref().or(self.source.as_ref());
        let text = text.map(String::as_str).unwrap_or_default();
        let place = runnable(text)?;
        let doing = format!("looking for {text}");
        let work = Box::pin(retrieve(&context.client, &place));
        match (transfer(context, &doing, work).await?, &place) {
            (Ok(Retrieved::File(document)), _) => self.configured(document, None),
            (Ok(Retrieved::Artifact(pulled)), ConfigLocation::Registry(reference)) => {
                let digest = pulled.manifest.descriptor.digest;
                self.configured(pulled.document, Some((reference.clone(), digest)))
            }
            (Ok(_), ConfigLocation::Registry(reference)) => self.image(text, reference, false),
            (Err(error), ConfigLocation::Registry(reference))
                if error.allows_local_image()
                    && self.from_config.is_none()
                    && self.has_image(&reference.to_string()).await =>
            {
                context.output.message(&printable(&format!(
                    "{}; running the image that is here",
                    chain(&error)
                )));
                self.image(text, reference, true)
            }
            (
                Err(RetrieveError::Pull(error @ PullError::Registry(_))),
                ConfigLocation::Registry(reference),
            ) => Err(pull_failure(context, reference, error).await),
            (Err(error), _) => Err(error.into()),
            (Ok(_), ConfigLocation::File(_)) => {
                Err(Failure::Usage("a file is no image".to_owned()))
            }
        }
    }

    async fn has_image(&self, image: &str) -> bool {
        match self.find_engine() {
            Ok(engine) => engine.has_image(image).await.unwrap_or(false),
            Err(_) => false,
        }
    }

    fn configured(
        &self,
        document: Document,
        artifact: Option<(Reference, Digest)>,
    ) -> Result<Found, Failure> {
        if !self.image.is_empty() || self.secret.iter().any(|secret| secret.contains(",target=")) {
            let message = "this is a run configuration, which says itself how it runs: options for \
                       images are not taken";
            return Err(Failure::Usage(message.to_owned()));
        }
        let document = match &self.name {
            Some(name) => {
                renamed(&document, name).map_err(|error| Failure::Usage(chain(&error)))?
            }
            None => document,
        };
        Ok(Found { document, artifact, is_local: false, is_image: false })
    }

    /// The configuration that `ToolHive` would store for an image.
    fn image(&self, text: &str, reference: &Reference, is_local: bool) -> Result<Found, Failure> {
        if self.from_config.is_some() {
            let message = format!("{reference} is a container image and no run configuration");
            return Err(Failure::Usage(message));
        }
        let name = match &self.name {
            Some(name) => name.clone(),
            None => name_of_image(reference)?,
        };
        let transport = self.image.transport.unwrap_or(McpTransport::StreamableHttp);
        let port = match (transport, self.port) {
            (_, Some(port)) => port,
            _ => free_port(Some(std::net::Ipv4Addr::LOCALHOST.into()), None).map_err(|error| {
                Failure::Io { what: "looking for a free port".to_owned(), error }
            })?,
        };
        let secrets = self.secret.iter().filter(|secret| secret.contains(",target="));
        let run = ImageRun {
            image: text.strip_prefix("oci://").unwrap_or(text).to_owned(),
            name,
            transport,
            port,
            target_port: self.image.target_port.unwrap_or(TARGET_PORT),
            arguments: self.image.arguments.clone(),
            environment: environment(&self.image.env)?,
            volumes: self.image.volume.clone(),
            secrets: secrets.cloned().collect(),
            network: self.image.permission_profile != Some(Profile::None),
        };
        let document =
            run.document().map_err(|error| Failure::Document { name: text.to_owned(), error })?;
        Ok(Found { document, artifact: None, is_local, is_image: true })
    }
}

fn environment(given: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let variable = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => match std::env::var(text) {
            Ok(value) => Ok((text.clone(), value)),
            Err(_) => Err(Failure::Usage(format!("the environment has no variable {text:?}"))),
        },
    };
    given.iter().map(variable).collect()
}
