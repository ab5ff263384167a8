//! Pulls a run configuration: `pull REFERENCE` prints it.

use thv_oci::oci::{Client, Reference};
use thv_oci::runconfig;
use thv_oci::wire::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let reference: Reference = std::env::args().nth(1).ok_or("pull REFERENCE")?.parse()?;
    let client = Client::new(Settings::default());
    let pulled = runconfig::pull(&client, &reference).await?;
    print!("{}", pulled.document.text());
    Ok(())
}
