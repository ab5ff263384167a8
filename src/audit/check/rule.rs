//! The rules, with their reasons.

/// How much a broken rule weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Something went wrong: a MUST of the specification, or a matter of security.
    Finding,
    /// Something could be better: a SHOULD of the specification.
    Advice,
}

impl Severity {
    /// The word that stands in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Advice => "advice",
        }
    }
}

/// A rule.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// A stable name.
    pub id: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What has to be so.
    pub title: &'static str,
    /// Why.
    pub reason: &'static str,
    /// Where the distribution specification says so, if it does.
    pub section: &'static str,
}

macro_rules! rules {
    ($($name:ident = $id:literal, $severity:ident, $title:literal, $reason:literal, $section:literal;)+) => {
        $(pub(super) const $name: Rule = Rule {
            id: $id, severity: Severity::$severity, title: $title, reason: $reason, section: $section,
        };)+
        /// Every rule.
        pub const RULES: &[Rule] = &[$($name),+];
    };
}

rules! {
    CONTENT_DIGEST = "content-digest", Finding,
        "Content that was fetched by digest has that digest.",
        "The digest is all that ties the answer to what was asked for.",
        "Pulling manifests; Pulling blobs";
    DIGEST_HEADER = "digest-header", Finding,
        "`Docker-Content-Digest` agrees with the body.",
        "A registry that names another digest than the content's is broken, or something in between changed the content.",
        "Pulling manifests; Pulling blobs; Pushing manifests";
    UNVERIFIABLE = "unverifiable", Advice,
        "The digest of fetched content can be checked from the record.",
        "A body whose digest is not recorded under the algorithm asked for cannot be held against it.",
        "Pulling blobs";
    MEDIA_TYPE = "media-type", Finding,
        "A manifest's `Content-Type` and its `mediaType` agree.",
        "A document that two readers take for two things is a way to smuggle one past the other (CVE-2021-41190).",
        "Pulling manifests; Pushing manifests";
    MANIFEST_TYPE = "manifest-type", Advice,
        "A manifest is pushed with its media type as `Content-Type`, without parameters.",
        "Registries that compare the two as text refuse anything else.",
        "Pushing manifests";
    MANIFEST_CONTENT = "manifest-content", Finding,
        "A pushed manifest refers only to content that was sent, mounted or seen in the repository before.",
        "A manifest whose blobs are not there cannot be pulled.",
        "Pushing manifests";
    UPLOAD_LOCATION = "upload-location", Finding,
        "An upload goes on at the newest `Location` that was given.",
        "The location holds the registry's state; one that was made up or is old loses data.",
        "Pushing a blob in chunks";
    UPLOAD_ORDER = "upload-order", Finding,
        "Chunks follow one another from the first byte on.",
        "A gap or an overlap makes another blob.",
        "Pushing a blob in chunks";
    UPLOAD_DIGEST = "upload-digest", Finding,
        "An upload is closed with the digest of what was sent.",
        "The digest is how the registry checks what came.",
        "Pushing a blob monolithically; Pushing a blob in chunks";
    CONTENT_LENGTH = "content-length", Finding,
        "`Content-Length` is the body's length, and stands with every request that starts an upload.",
        "Registries cut or wait where it is wrong or missing.",
        "Pushing a blob monolithically; Pushing a blob in chunks";
    CONTENT_RANGE = "content-range", Finding,
        "`Content-Range` has the form `first-last`, both inclusive, and fits the body.",
        "This is the specification's own form, not that of RFC 9110.",
        "Pushing a blob in chunks";
    CHUNK_SIZE = "chunk-size", Advice,
        "Chunks but the last have at least `OCI-Chunk-Min-Length` bytes.",
        "Registries on multi-part storage cannot keep smaller ones.",
        "Pushing a blob in chunks";
    UPLOAD_ABANDONED = "upload-abandoned", Advice,
        "An upload that is not finished is cancelled.",
        "The registry keeps its data until it times out.",
        "Cancel a blob upload";
    NAMES = "names", Finding,
        "Repositories, tags and digests follow the grammar.",
        "What does not may be read as another path.",
        "Pulling manifests";
    ACCEPT = "accept", Advice,
        "A request for a manifest says which types the client understands.",
        "Registries answer otherwise with a type that the client may not know, or with 404.",
        "Pulling manifests";
    CREDENTIAL_ORIGIN = "credential-origin", Finding,
        "A credential goes only to the origin that asked for it.",
        "A redirect, an upload's location or a token server elsewhere must not collect credentials.",
        "API";
    CREDENTIAL_PLAIN = "credential-plain", Finding,
        "No credential goes over plain http beyond loopback.",
        "Everybody on the way can read it.",
        "";
    DOWNGRADE = "downgrade", Finding,
        "No redirect or location from https to http is followed.",
        "What was protected is not any more.",
        "";
    DIGEST_ALGORITHM = "digest-algorithm", Advice,
        "An upload that is closed with another digest than SHA-256 says so when it is started (`digest-algorithm`).",
        "A registry that hashes what it receives would have to read it again.",
        "Pushing a blob in chunks";
    RESYNCHRONISE = "resynchronise", Finding,
        "After 416, the upload is asked about before it goes on.",
        "What the registry has is not what the client believes; another chunk would be lost or misplaced.",
        "Pushing a blob in chunks";
    UNSAFE_RETRY = "unsafe-retry", Finding,
        "A request that is not safe to repeat is not repeated blindly.",
        "A chunk that may have arrived is asked about before it is sent again.",
        "Pushing a blob in chunks";
    TOKEN_REUSE = "token-reuse", Finding,
        "No token is asked for while one for the same scope is valid.",
        "Each token request costs a round trip, and token servers limit them.",
        "";
    SUBJECT_FALLBACK = "subject-fallback", Finding,
        "After a manifest with a subject was pushed to a registry without referrers API, the tag-schema list is updated.",
        "Nobody finds the manifest otherwise.",
        "Pushing manifests with subject";
    REFERRERS_FALLBACK = "referrers-fallback", Finding,
        "A referrers request that is answered 404 is followed by one for the tag-schema list.",
        "Older registries keep referrers there.",
        "Listing referrers";
    REFERRERS_LIST = "referrers-list", Finding,
        "A list under the tag schema names each manifest once, with its `artifactType`.",
        "Whoever looks for one type of artifact filters by what stands in the list.",
        "Pushing manifests with subject";
    NEXT_PAGE = "next-page", Advice,
        "The next page of a list is asked for by the link that the registry gave.",
        "A registry's cursor need not be the last name; one that was made up may leave entries out.",
        "Listing tags; Listing referrers";
    RETRY_AFTER = "retry-after", Advice,
        "A request is not repeated before `Retry-After` has passed.",
        "The registry said when it will answer.",
        "Error codes";
}
