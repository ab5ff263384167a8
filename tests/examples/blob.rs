//! Pushes and pulls blobs of any size, for measurements and tests.
//!
//! ```text
//! blob push FILE|- REPOSITORY [sha512]    prints digest and size
//! blob pull REPOSITORY@DIGEST SIZE FILE
//! blob copy REPOSITORY@DIGEST SIZE REPOSITORY
//! ```
//!
//! `THV_WIRE_LOG` names a file to record the exchanges in. `BLOB_IDLE_SECONDS`, `BLOB_RETRIES` and
//! `BLOB_FIRST_DELAY_SECONDS` change the time-out of silent connections and the retry policy.

use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use thv_oci::oci::auth::{Access, Keychain};
use thv_oci::oci::{
    Algorithm, Client, ClientOptions, Descriptor, ErrorKind, MediaType, Reference, Repository,
};
use thv_oci::wire::{JsonLinesRecorder, Settings};

const OCTETS: MediaType = MediaType::from_static("application/octet-stream");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(run(&arguments));
            // After an interrupt, a pending read of standard input must not keep the process.
            runtime.shutdown_background();
            done
        }
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let class =
                error.downcast_ref::<thv_oci::oci::Error>().map_or("usage", |error| class(error));
            eprint!("blob: {class}: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprint!(": {cause}");
                source = cause.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let client = client()?;
    match arguments {
        ["push", source, repository, rest @ ..] => {
            let repository = open(&client, &repository.parse()?, Access::Push);
            let algorithm = if *rest == ["sha512"] { Algorithm::Sha512 } else { Algorithm::Sha256 };
            let pushed = tokio::select! {
                pushed = push(&repository, source, algorithm) => Some(pushed?),
                _ = tokio::signal::ctrl_c() => None,
            };
            // An upload that was given up is cancelled at the registry.
            client.settle().await;
            let pushed = pushed.ok_or("interrupted")?;
            println!("{} {}", pushed.digest, pushed.size);
        }
        ["pull", reference, size, path] => {
            let (repository, blob) = described(&client, reference, size)?;
            repository.download_blob(&blob, Path::new(path)).await?;
        }
        ["copy", reference, size, target] => {
            let (repository, blob) = described(&client, reference, size)?;
            let target = open(&client, &target.parse()?, Access::Push);
            target.copy_blob(&repository, &blob).await?;
        }
        _ => return Err("push FILE|- REPOSITORY, or pull REPOSITORY@DIGEST SIZE FILE".into()),
    }
    Ok(())
}

fn client() -> Result<Client, Box<dyn Error>> {
    let mut settings = Settings::default();
    if let Some(path) = std::env::var_os("THV_WIRE_LOG") {
        settings.recorder = Some(Arc::new(JsonLinesRecorder::append_to(Path::new(&path))?));
    }
    if let Some(seconds) = std::env::var_os("BLOB_IDLE_SECONDS") {
        let seconds = seconds.to_string_lossy().parse()?;
        settings.idle_timeout = std::time::Duration::from_secs_f64(seconds);
    }
    let mut options = ClientOptions::default();
    options.keychain = Keychain::from_environment();
    if let Some(count) = std::env::var_os("BLOB_RETRIES") {
        options.retry.retries = count.to_string_lossy().parse()?;
    }
    if let Some(seconds) = std::env::var_os("BLOB_FIRST_DELAY_SECONDS") {
        let seconds = seconds.to_string_lossy().parse()?;
        options.retry.first_delay = std::time::Duration::from_secs_f64(seconds);
    }
    Ok(Client::with_options(settings, options))
}

fn open(client: &Client, reference: &Reference, access: Access) -> Repository {
    client.repository(reference.registry(), reference.repository(), access)
}

async fn push(
    repository: &Repository,
    source: &str,
    algorithm: Algorithm,
) -> Result<Descriptor, Box<dyn Error>> {
    if source == "-" {
        return Ok(repository.push_stream(OCTETS, tokio::io::stdin(), algorithm).await?);
    }
    let file = File::open(source)?;
    let size = file.metadata()?.len();
    Ok(repository.push_source(OCTETS, Arc::new(file), size, algorithm).await?)
}

fn described(
    client: &Client,
    reference: &str,
    size: &str,
) -> Result<(Repository, Descriptor), Box<dyn Error>> {
    let reference: Reference = reference.parse()?;
    let digest = reference.digest().ok_or("a blob is named by its digest")?.clone();
    let repository = open(client, &reference, Access::Pull);
    Ok((repository, Descriptor::new(OCTETS, digest, size.parse()?)))
}

/// The kind of an error, as one word.
fn class(error: &thv_oci::oci::Error) -> &'static str {
    match error.kind() {
        ErrorKind::Authentication(_) => "authentication",
        ErrorKind::Denied(_) => "denied",
        ErrorKind::NotFound(_) => "not-found",
        ErrorKind::Registry(_) => "registry",
        ErrorKind::Tls(_) => "tls",
        ErrorKind::Network(_) => "network",
        ErrorKind::Mismatch(_) => "mismatch",
        ErrorKind::TooLarge { .. } => "too-large",
        ErrorKind::Manifest(_) => "manifest",
        ErrorKind::Local(_) => "local",
        ErrorKind::Protocol(_) => "protocol",
        _ => "other",
    }
}
