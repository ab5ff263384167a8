//! The kinds of content that the suite pushes: images, indexes, artifacts, with and without subject.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::support::digest;

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
pub(crate) const TYPE_1: &str = "application/vnd.example.conformance.v1";
pub(crate) const TYPE_2: &str = "application/vnd.example.conformance.v2";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const FOREIGN: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";

/// Bytes that no other call returns.
pub(crate) fn random(size: usize) -> Vec<u8> {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    let mut state = COUNTER.fetch_add(1, Ordering::Relaxed);
    let step = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        u8::try_from(*state >> 56).unwrap()
    };
    (0..size).map(|_| step(&mut state)).collect()
}

/// A manifest or an index.
pub(crate) struct Manifest {
    pub(crate) digest: String,
    pub(crate) media_type: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) tag: Option<&'static str>,
    pub(crate) subject: Option<String>,
}

/// One kind of content: blobs, then what names them, in the order of pushing.
pub(crate) struct Content {
    pub(crate) name: &'static str,
    pub(crate) algorithm: &'static str,
    pub(crate) blobs: Vec<(String, Vec<u8>)>,
    pub(crate) manifests: Vec<Manifest>,
    /// What the registry has to say of each referrer.
    pub(crate) referrers: Vec<Value>,
}

impl Content {
    fn new(name: &'static str) -> Self {
        let (blobs, manifests, referrers) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, algorithm: "sha256", blobs, manifests, referrers }
    }

    fn blob(&mut self, media_type: &str, content: Vec<u8>) -> Value {
        let digest = digest(self.algorithm, &content);
        let descriptor =
            json!({ "mediaType": media_type, "digest": digest, "size": content.len() });
        self.blobs.push((digest, content));
        descriptor
    }

    fn image(&mut self) -> Value {
        let config = self.blob(CONFIG, json!({ "n": random(4) }).to_string().into());
        let layers = [self.blob(LAYER, random(300)), self.blob(LAYER, random(300))];
        json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers })
    }

    fn artifact(&mut self, artifact_type: &str) -> Value {
        let config = self.blob(EMPTY, b"{}".to_vec());
        let layer = self.blob(artifact_type, random(300));
        json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": artifact_type,
            "config": config, "layers": [layer],
            "annotations": { "org.example.note": format!("{:?}", random(4)) },
        })
    }

    /// An index of two images.
    fn images(&mut self) -> Value {
        let images = [self.image(), self.image()];
        let images = images.map(|image| self.push(&image, None));
        index(&images)
    }

    /// Adds a manifest or index, and returns its descriptor.
    fn push(&mut self, manifest: &Value, tag: Option<&'static str>) -> Value {
        let body = manifest.to_string().into_bytes();
        let digest = digest(self.algorithm, &body);
        let media_type = if manifest["manifests"].is_null() { MANIFEST } else { INDEX };
        let descriptor = json!({ "mediaType": media_type, "digest": digest, "size": body.len() });
        let subject = manifest["subject"]["digest"].as_str().map(str::to_owned);
        if subject.is_some() {
            let mut referrer = descriptor.clone();
            referrer["annotations"] = manifest["annotations"].clone();
            let types = [&manifest["artifactType"], &manifest["config"]["mediaType"]];
            referrer["artifactType"] =
                types.into_iter().find(|found| found.is_string()).unwrap_or(&Value::Null).clone();
            self.referrers.push(referrer);
        }
        self.manifests.push(Manifest { digest, media_type, body, tag, subject });
        descriptor
    }
}

fn index(manifests: &[Value]) -> Value {
    let platform = |(index, manifest): (usize, &Value)| {
        let mut manifest = manifest.clone();
        manifest["platform"] = json!({ "os": "linux", "architecture": format!("a{index}") });
        manifest
    };
    let manifests: Vec<_> = manifests.iter().enumerate().map(platform).collect();
    json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests })
}

/// Content whose manifest is what `make` returns.
fn one(name: &'static str, make: impl FnOnce(&mut Content) -> Value) -> Content {
    let mut content = Content::new(name);
    let manifest = make(&mut content);
    content.push(&manifest, Some(name));
    content
}

/// Every kind of content without a subject.
pub(crate) fn plain() -> Vec<Content> {
    let large = |content: &mut Content| {
        let mut image = content.image();
        for index in 0..390 {
            image["annotations"][format!("large-{index}")] = json!("A".repeat(10_000));
        }
        image
    };
    let artifact_index = |content: &mut Content| {
        let artifacts = [content.artifact(TYPE_1), content.artifact(TYPE_1)];
        let artifacts = artifacts.map(|artifact| content.push(&artifact, None));
        let mut index = index(&artifacts);
        index["artifactType"] = json!(TYPE_1);
        index
    };
    let no_content = |content: &mut Content| {
        let mut artifact = content.artifact(TYPE_1);
        artifact["layers"] = json!([artifact["config"]]);
        artifact
    };
    let nested = |content: &mut Content| {
        let indexes = [content.images(), content.images()];
        let indexes = indexes.map(|index| content.push(&index, None));
        index(&indexes)
    };
    let inline = |content: &mut Content| {
        use base64::Engine as _;
        let mut image = content.image();
        let config = &content.blobs[0].1;
        image["config"]["data"] = json!(base64::prelude::BASE64_STANDARD.encode(config));
        image
    };
    let foreign = |content: &mut Content| {
        let mut image = content.image();
        let digest = digest("sha256", &random(300));
        let urls = [format!("https://store.example.com/blobs/{digest}")];
        image["layers"][0] =
            json!({ "mediaType": FOREIGN, "digest": digest, "size": 123_456, "urls": urls });
        image
    };
    let unknown_fields = |content: &mut Content| {
        let mut image = content.image();
        image["org.example.field"] = json!("image");
        let image = content.push(&image, None);
        let mut index = index(&[image]);
        index["org.example.field"] = json!("index");
        index
    };
    let no_layers = |content: &mut Content| {
        let mut image = content.image();
        image["layers"] = json!([]);
        image
    };
    let mut sha512 = Content::new("sha512");
    sha512.algorithm = "sha512";
    let images = sha512.images();
    sha512.push(&images, None);
    vec![
        one("image", Content::image),
        one("large-manifest", large),
        one("index", Content::images),
        one("nested-index", nested),
        one("empty-index", |_| index(&[])),
        one("artifact", |content| content.artifact(TYPE_1)),
        one("artifact-index", artifact_index),
        one("artifact-without-layers", no_content),
        one("data-field", inline),
        one("non-distributable", foreign),
        one("custom-fields", unknown_fields),
        one("no-layers", no_layers),
        sha512,
    ]
}

/// Content that refers to other content, which need not be there.
pub(crate) fn referring() -> Vec<Content> {
    let refer = |mut manifest: Value, subject: &Value| {
        manifest["subject"] = subject.clone();
        manifest
    };
    let mut artifacts = Content::new("artifacts-with-subject");
    let image = artifacts.image();
    let subject = artifacts.push(&image, Some("image"));
    for (manifest, tag) in [
        (artifacts.image(), None),
        (artifacts.artifact(TYPE_1), Some("tagged-artifact-1")),
        (artifacts.artifact(TYPE_2), Some("tagged-artifact-2")),
    ] {
        artifacts.push(&refer(manifest, &subject), tag);
    }

    let mut indexes = Content::new("index-with-subject");
    let index = indexes.images();
    let subject = indexes.push(&index, Some("index"));
    let mut index = indexes.images();
    index["artifactType"] = json!(TYPE_1);
    index["annotations"] = json!({ "org.example.note": "an index" });
    indexes.push(&refer(index, &subject), Some("tagged-artifact"));

    let mut missing = Content::new("missing-subject");
    let digest = digest("sha256", b"missing content");
    let subject = json!({ "mediaType": MANIFEST, "digest": digest, "size": 123 });
    let artifact = missing.artifact(TYPE_1);
    missing.push(&refer(artifact, &subject), Some("tagged-artifact"));

    vec![artifacts, indexes, missing]
}

/// An index of two images, under `algorithm`, each to be tagged by parameters.
pub(crate) fn untagged_images(algorithm: &'static str) -> Content {
    let mut content = Content::new("tag-parameters");
    content.algorithm = algorithm;
    let index = content.images();
    content.push(&index, None);
    content
}
