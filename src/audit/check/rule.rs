//! The rules, with their reasons. `protocol-notes/wire-check.md` is made from this table.

/// How serious the violation of a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// An error: it violates a MUST of the specification, or it affects security.
    Finding,
    /// An improvement: it violates a SHOULD of the specification.
    Advice,
}

impl Severity {
    /// Returns the word for this severity in output.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Advice => "advice",
        }
    }
}

/// A rule that traffic must follow.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// A stable name.
    pub id: &'static str,
    /// How serious a violation is.
    pub severity: Severity,
    /// What must be true.
    pub title: &'static str,
    /// Why it must be true.
    pub reason: &'static str,
    /// The sections of the distribution specification that require it, or an empty text.
    pub section: &'static str,
}

/// A violation of a rule by a recorded exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The line of the transcript, from 1.
    pub line: usize,
    /// The rule.
    pub rule: &'static Rule,
    /// How the exchange violates the rule. It may contain text from the registry, unchanged.
    pub message: String,
}

macro_rules! rules {
    ($($name:ident = $id:literal, $severity:ident, $title:literal, $reason:literal, $section:literal;)+) => {
        $(pub(super) const $name: Rule = Rule {
            id: $id, severity: Severity::$severity, title: $title, reason: $reason, section: $section,
        };)+
        #[cfg(test)]
        pub(super) const RULES: &[Rule] = &[$($name),+];
    };
}

rules! {
    CONTENT_DIGEST = "content-digest", Finding,
        "Content that is fetched by digest has that digest.",
        "Only the digest proves that the content is what the client asked for.",
        "Pulling manifests; Pulling blobs";
    DIGEST_HEADER = "digest-header", Finding,
        "`Docker-Content-Digest` is the digest of the body.",
        "If it is not, the registry is broken, or something between client and registry changed the content.",
        "Pulling manifests; Pulling blobs; Pushing manifests";
    UNVERIFIABLE = "unverifiable", Advice,
        "The transcript shows enough to check the digest of fetched content.",
        "A body can only be checked if its text is recorded, or its digest with the algorithm of the request.",
        "Pulling blobs";
    MEDIA_TYPE = "media-type", Finding,
        "The `Content-Type` of a manifest is its `mediaType`.",
        "Otherwise two programs may read the same document as two different types (CVE-2021-41190).",
        "Pulling manifests; Pushing manifests";
    MANIFEST_TYPE = "manifest-type", Advice,
        "A manifest is pushed with its media type as `Content-Type`, without parameters.",
        "Some registries compare `Content-Type` with `mediaType` as text, and reject anything else.",
        "Pushing manifests";
    MANIFEST_CONTENT = "manifest-content", Finding,
        "A pushed manifest refers only to content that was sent, mounted or seen in the repository before.",
        "A manifest whose blobs are missing cannot be pulled.",
        "Pushing manifests";
    UPLOAD_LOCATION = "upload-location", Finding,
        "Each request of an upload goes to the newest `Location` that the registry gave.",
        "The location contains the registry's state. With an old or invented location, data may be lost.",
        "Pushing a blob in chunks";
    UPLOAD_ORDER = "upload-order", Finding,
        "Each chunk starts where the chunk before it ended.",
        "A gap or an overlap produces a different blob.",
        "Pushing a blob in chunks";
    UPLOAD_DIGEST = "upload-digest", Finding,
        "An upload is closed with the digest of the content that was sent.",
        "The registry checks the content that it received with this digest.",
        "Pushing a blob monolithically; Pushing a blob in chunks";
    CONTENT_LENGTH = "content-length", Finding,
        "`Content-Length` is the length of the body, and every request that starts an upload has it.",
        "If it is wrong or missing, a registry cuts the body or waits for more.",
        "Pushing a blob monolithically; Pushing a blob in chunks";
    CONTENT_RANGE = "content-range", Finding,
        "`Content-Range` has the form `first-last`, both inclusive, and fits the length of the body.",
        "The distribution specification defines this form. It differs from that of RFC 9110.",
        "Pushing a blob in chunks";
    CHUNK_SIZE = "chunk-size", Advice,
        "Every chunk except the last has at least `OCI-Chunk-Min-Length` bytes.",
        "Registries that use multi-part storage cannot store smaller chunks.",
        "Pushing a blob in chunks";
    UPLOAD_ABANDONED = "upload-abandoned", Advice,
        "An upload is finished or cancelled.",
        "Otherwise the registry keeps the data until a timeout.",
        "Cancel a blob upload";
    NAMES = "names", Finding,
        "Repository names, tags and digests follow the grammar of the specification.",
        "Other names may be read as a different path.",
        "Pulling manifests";
    ACCEPT = "accept", Advice,
        "A request for a manifest has an `Accept` header field with the manifest types that the client supports.",
        "Without it, a registry may respond with a type that the client does not support, or with 404.",
        "Pulling manifests";
    CREDENTIAL_ORIGIN = "credential-origin", Finding,
        "A credential is sent only to the origin that asked for it.",
        "Otherwise a redirect, an upload location or a foreign token server could collect credentials.",
        "API";
    CREDENTIAL_PLAIN = "credential-plain", Finding,
        "No credential is sent over plain http, except to loopback.",
        "Anyone on the network path can read it.",
        "";
    DOWNGRADE = "downgrade", Finding,
        "No redirect or upload location from https to http is followed.",
        "The requests that follow would no longer be encrypted.",
        "";
    DIGEST_ALGORITHM = "digest-algorithm", Advice,
        "An upload that is closed with a digest other than SHA-256 announces it at its start (`digest-algorithm`).",
        "Otherwise a registry that hashes content while it arrives has to read it again.",
        "Pushing a blob in chunks";
    RESYNCHRONISE = "resynchronise", Finding,
        "After 416, the client asks for the state of the upload before it sends more.",
        "The registry has more or less than the client assumes. Another chunk would be lost or misplaced.",
        "Pushing a blob in chunks";
    UNSAFE_RETRY = "unsafe-retry", Finding,
        "A chunk that got no response is not sent again before the client asks for the state of the upload.",
        "The chunk may have arrived. A second copy would damage the content.",
        "Pushing a blob in chunks";
    TOKEN_REUSE = "token-reuse", Finding,
        "No token is requested while a token for the same scope is valid.",
        "Each token request costs a round trip, and token servers limit their number.",
        "";
    SUBJECT_FALLBACK = "subject-fallback", Finding,
        "After a manifest with a subject is pushed to a registry without the referrers API, the client updates the referrers tag.",
        "Otherwise the manifest cannot be found by its subject.",
        "Pushing manifests with subject";
    REFERRERS_FALLBACK = "referrers-fallback", Finding,
        "After a 404 for a list of referrers, the client requests the referrers tag.",
        "Registries without the referrers API keep the list under this tag.",
        "Listing referrers";
    REFERRERS_LIST = "referrers-list", Finding,
        "The list under a referrers tag has each manifest once, with its `artifactType`.",
        "Clients filter this list by artifact type.",
        "Pushing manifests with subject";
    NEXT_PAGE = "next-page", Advice,
        "The next page of a list is requested with the link that the registry gave.",
        "The position in a list need not be the last name. With an invented position, entries may be missing.",
        "Listing tags; Listing referrers";
    RETRY_AFTER = "retry-after", Advice,
        "A request is not repeated before `Retry-After` has passed.",
        "The registry said when it will be ready.",
        "Error codes";
}
