//! The client in a program that has no asynchronous code: no macro of tokio's, one thread, one call
//! that waits. `without_macros REPOSITORY` prints its tags.

use thv_oci::oci::auth::Access;
use thv_oci::oci::{Client, Error, ErrorKind, Reference, Tag, TagQuery};
use thv_oci::wire::Settings;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let reference: Reference =
        std::env::args().nth(1).ok_or("without_macros REPOSITORY")?.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = Client::new(Settings::default());
    match runtime.block_on(tags(&client, &reference)) {
        Ok(tags) => tags.iter().for_each(|tag| println!("{tag}")),
        // Errors are told apart by their kind, never by their text.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound(_)) => {
            println!("no such repository");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn tags(client: &Client, reference: &Reference) -> Result<Vec<Tag>, Error> {
    let repository = client.repository(reference.registry(), reference.repository(), Access::Pull);
    repository.tags(&TagQuery { limit: Some(100), ..TagQuery::default() }).await
}
