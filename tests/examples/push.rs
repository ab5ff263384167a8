//! Pushes a file as an artifact of any type: `push REFERENCE ARTIFACT-TYPE FILE MEDIA-TYPE` prints
//! the manifest's digest.
//!
//! The file is sent from where it lies and never held whole. Ctrl-C drops the future of the push,
//! which cancels it: `Client::settle` waits until the registry knows.

use std::fs::File;
use std::sync::Arc;

use thv_oci::oci::auth::{Access, Keychain};
use thv_oci::oci::{
    Algorithm, Annotations, Client, ClientOptions, Descriptor, EMPTY_CONTENT, Error, Manifest,
    Reference, Repository,
};
use thv_oci::wire::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [reference, artifact_type, path, media_type] = arguments.as_slice() else {
        return Err("push REFERENCE ARTIFACT-TYPE FILE MEDIA-TYPE".into());
    };
    let reference: Reference = reference.parse()?;
    let file = File::open(path)?;
    let size = file.metadata()?.len();

    let mut options = ClientOptions::default();
    options.keychain = Keychain::from_environment();
    let client = Client::with_options(Settings::default(), options);
    let repository = client.repository(reference.registry(), reference.repository(), Access::Push);
    let push = async {
        let source = Arc::new(file);
        let layer =
            repository.push_source(media_type.parse()?, source, size, Algorithm::Sha256).await?;
        let manifest =
            Manifest::artifact(artifact_type.parse()?, vec![layer], Annotations::default());
        Ok::<_, Box<dyn std::error::Error>>(finish(&repository, &reference, &manifest).await?)
    };
    let pushed = tokio::select! {
        pushed = push => Some(pushed?),
        _ = tokio::signal::ctrl_c() => None,
    };
    client.settle().await;
    println!("{}", pushed.ok_or("interrupted")?.digest);
    Ok(())
}

/// The manifest goes last: a tag never names what is not there.
async fn finish(
    repository: &Repository,
    reference: &Reference,
    manifest: &Manifest,
) -> Result<Descriptor, Error> {
    repository.push_blob(&manifest.config, EMPTY_CONTENT.into()).await?;
    repository.push_manifest(&reference.target(), manifest).await
}
