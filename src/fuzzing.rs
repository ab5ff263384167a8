//! The parsers of untrusted input, for fuzzing. Each function takes any bytes, and panics only if it
//! found an error in this crate.
//!
//! The fuzz targets of `tests/fuzz/` call these functions with the bytes of a fuzzer, and the tests
//! below with random bytes and with every seed.

use std::fmt::{Debug, Display};
use std::io::Cursor;
use std::str::FromStr;

use crate::audit::{Show, TranscriptReader, check, export};
use crate::oci::auth::Access;
use crate::oci::auth::fuzzing as auth;
use crate::oci::{
    Client, Digest, ManifestKind, MediaType, Reference, RegistryName, RepositoryName, Tag,
};
use crate::runconfig::{Document, exposures, renamed, review};
use crate::wire::Settings;

/// Parses references and their parts, and makes the URLs of what they name. What is parsed must be the
/// same after printing and parsing.
pub fn reference(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    survives_printing::<Reference>(text);
    survives_printing::<RegistryName>(text);
    survives_printing::<RepositoryName>(text);
    survives_printing::<Tag>(text);
    survives_printing::<Digest>(text);
    survives_printing::<MediaType>(text);
    let client = || Client::new(Settings::default());
    if let Ok(reference) = text.parse::<Reference>() {
        let _ = client().repository(reference.registry(), reference.repository(), Access::Pull);
    }
    if let (Ok(registry), Ok(repository)) = (text.parse(), "a".parse()) {
        let _ = client().repository(&registry, &repository, Access::Pull);
    }
}

fn survives_printing<T: FromStr<Err: Debug> + Display + Debug + PartialEq>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        let again = read.to_string().parse::<T>();
        assert!(again.as_ref().is_ok_and(|again| *again == read), "{text:?}: {again:?}");
    }
}

/// Parses the values of `WWW-Authenticate` fields, one on each line, and checks their realms.
pub fn challenge(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(registry) = "https://registry.example.com/v2/".parse() else { return };
    auth::challenge(text.lines(), &registry);
}

/// Parses a manifest or an index, which must be the same after writing and parsing.
pub fn manifest(bytes: &[u8]) {
    for content_type in [None, Some(MediaType::OCI_MANIFEST), Some(MediaType::OCI_INDEX)] {
        let content_type = content_type.as_ref();
        let Ok(read) = ManifestKind::parse(content_type, bytes) else { continue };
        let written = match &read {
            ManifestKind::Manifest(manifest) => manifest.to_json(),
            ManifestKind::Index(index) => serde_json::to_vec(index).unwrap_or_default(),
        };
        assert_eq!(ManifestKind::parse(content_type, &written), Ok(read));
    }
}

/// Parses a run configuration, which must keep its bytes, then reads all of it and renames it.
pub fn run_configuration(bytes: &[u8]) {
    let Ok(document) = Document::parse(bytes.to_vec()) else { return };
    assert_eq!(document.bytes(), bytes);
    let _ = (document.fields(), review(&document), document.workload_name());
    let _ = exposures(&document, Some("/home/me"));
    let Ok(name) = "renamed".parse() else { return };
    let Ok(once) = renamed(&document, &name) else { return };
    assert_eq!(renamed(&once, &name), Ok(once));
}

/// Parses Docker's `config.json`, then finds, stores and removes a credential.
pub fn docker_config(bytes: &[u8]) {
    let (Ok(registry), Ok(repository)) = ("registry.example.com".parse(), "team/app".parse())
    else {
        return;
    };
    auth::docker_config(bytes, &registry, &repository);
}

/// Reads, checks, exports and shows a transcript.
pub fn transcript(bytes: &[u8]) {
    let Ok(records) = TranscriptReader::new(Cursor::new(bytes.to_vec())).read() else { return };
    let findings = check(&records);
    let _ = export::html(&records, &findings);
    let _ = (export::har(&records), export::curl(&records));
    for recorded in &records {
        let _ = Show::default().lines(recorded);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_seed_makes_a_target_panic() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        for (run, directories) in [
            (reference as fn(&[u8]), &["fuzz/reference"][..]),
            (challenge, &["fuzz/challenge"]),
            (manifest, &["fuzz/manifest"]),
            (run_configuration, &["runconfigs", "runconfigs-invalid"]),
            (docker_config, &["fuzz/docker_config", "docker-config"]),
            (transcript, &["wire-check", "exchanges"]),
        ] {
            for directory in directories {
                let seeds = std::fs::read_dir(root.join(directory)).unwrap();
                let given = seeds.map(|seed| run(&std::fs::read(seed.unwrap().path()).unwrap()));
                assert!(given.count() > 0, "{directory}");
            }
        }
    }

    /// Makes texts of `words` and some random bytes, which resemble valid input.
    fn resembling(words: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
        let word = prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec());
        let any = prop::collection::vec(any::<u8>(), 0..4);
        prop::collection::vec(prop_oneof![8 => word, 1 => any], 0..24).prop_map(|w| w.concat())
    }

    const JSON: &[&str] =
        &["{", "}", "[", "]", ":", ",", "\"\"", "null", "1", "-1", "1e9", "\\u0000"];

    fn json(words: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![resembling(words), resembling(JSON)]
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_target_panic(bytes: Vec<u8>) {
            reference(&bytes);
            challenge(&bytes);
            manifest(&bytes);
            run_configuration(&bytes);
            docker_config(&bytes);
            transcript(&bytes);
        }

        #[test]
        fn almost_valid_references_do_not_panic(
            bytes in resembling(&["a", "A", "0", ".", "-", "_", "/", ":", "@", "[", "]", "sha256", "localhost", "256", "1", "0x1", "xn--"])
        ) {
            reference(&bytes);
        }

        #[test]
        fn almost_valid_challenges_do_not_panic(
            bytes in resembling(&["Bearer", "basic", " ", ",", "=", "\"", "\\", "realm", "scope", "https://", "a", "\n"])
        ) {
            challenge(&bytes);
        }

        #[test]
        fn almost_valid_manifests_do_not_panic(bytes in json(&[
            r#"{"schemaVersion":2,"#, r#""layers":[]"#, r#""manifests":[]"#, r#""config":{"#, r#""digest":"#,
            r#""mediaType":"application/vnd.oci.image.manifest.v1+json""#, r#""size":9223372036854775808"#,
            r#""annotations":{"a":"b"}"#, "{", "}", ",", r#""subject":null"#,
        ])) {
            manifest(&bytes);
        }

        #[test]
        fn almost_valid_run_configurations_do_not_panic(bytes in json(&[
            r#"{"image":"x""#, r#","name":"#, r#","base_name":"#, r#""x""#, r#","port":"#, "8080", "}", "{",
            r#","env_vars":{"A":"ghp_"}"#, r#","container_labels":{"toolhive-name":"a"}"#, r#","volumes":["/home/me:/b"]"#,
        ])) {
            run_configuration(&bytes);
        }

        #[test]
        fn almost_valid_docker_configs_do_not_panic(bytes in json(&[
            r#"{"auths":{"#, r#""registry.example.com":"#, r#""https://registry.example.com/v1/":"#, r#"{"auth":"#,
            r#""bWU6eA==""#, r#""credHelpers":{"#, r#""credsStore":"x""#, "}", "{", ",", "1", "{}",
        ])) {
            docker_config(&bytes);
        }

        #[test]
        fn almost_valid_transcripts_do_not_panic(
            line in 0..6_usize, at: prop::sample::Index, bytes in prop::collection::vec(any::<u8>(), 0..8),
        ) {
            let recorded = include_str!("../fixtures/exchanges/first-push.jsonl");
            let mut text = recorded.lines().nth(line).unwrap_or_default().as_bytes().to_vec();
            let at = at.index(text.len().max(1)).min(text.len());
            text.splice(at..at, bytes);
            text.push(b'\n');
            transcript(&text);
        }
    }
}
