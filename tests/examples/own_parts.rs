//! A client with parts of one's own: what takes the records, where credentials come from, how it
//! connects. `own_parts REFERENCE` pulls a run configuration and prints each exchange on the way.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use thv_oci::oci::auth::{Credential, CredentialFuture, CredentialSource, Keychain, Secret};
use thv_oci::oci::{Client, ClientOptions, Reference, RegistryName, RepositoryName};
use thv_oci::runconfig;
use thv_oci::wire::{Exchange, Recorder, Settings};

/// Takes the record of each exchange as it ends; credentials are left out of it already.
struct Log;

impl Recorder for Log {
    fn record(&self, exchange: &Exchange) -> io::Result<()> {
        let status = exchange.response.as_ref().map_or(0, |response| response.status);
        println!("{} {} {status}", exchange.request.method, exchange.operation);
        Ok(())
    }
}

/// Has a password for one registry, and would ask a vault for it.
#[derive(Debug)]
struct Vault(RegistryName);

impl CredentialSource for Vault {
    fn credential<'a>(
        &'a self,
        registry: &'a RegistryName,
        _repository: Option<&'a RepositoryName>,
    ) -> CredentialFuture<'a> {
        Box::pin(async move {
            let password = std::env::var("VAULT_PASSWORD")?;
            Ok((*registry == self.0).then(|| Credential::Password {
                username: "me".to_owned(),
                password: Secret::new(password),
            }))
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let reference: Reference = std::env::args().nth(1).ok_or("own_parts REFERENCE")?.parse()?;
    let mut settings = Settings::default();
    "my-program/1.0".clone_into(&mut settings.user_agent);
    settings.connect_timeout = Duration::from_secs(5);
    settings.idle_timeout = Duration::from_secs(20);
    settings.recorder = Some(Arc::new(Log));

    let mut options = ClientOptions::default();
    options.retry.retries = 1;
    let vault = Arc::new(Vault(reference.registry().clone()));
    options.keychain = Keychain::default().with_source(vault);
    let client = Client::with_options(settings, options);
    let pulled = runconfig::pull(&client, &reference).await?;
    println!("{}", pulled.manifest.descriptor.digest);
    Ok(())
}
