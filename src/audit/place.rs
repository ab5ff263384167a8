//! What a URL names in the distribution API.

/// A place of the API, by its path alone: where an upload goes on is the registry's own business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Manifest { repository: String, reference: String },
    Blob { repository: String, digest: String },
    UploadStart { repository: String },
    Referrers { repository: String, digest: String },
    Other,
}

impl Place {
    pub(super) fn of(path: &str) -> Self {
        let Some(rest) = path.strip_prefix("/v2/") else { return Self::Other };
        let decoded = rest.replace("%3A", ":").replace("%3a", ":");
        if let Some(repository) = decoded
            .strip_suffix("/blobs/uploads/")
            .or_else(|| decoded.strip_suffix("/blobs/uploads"))
        {
            return Self::UploadStart { repository: repository.to_owned() };
        }
        let Some((before, last)) = decoded.rsplit_once('/') else { return Self::Other };
        let last = last.to_owned();
        match before.rsplit_once('/') {
            Some((name, "manifests")) => {
                Self::Manifest { repository: name.to_owned(), reference: last }
            }
            Some((name, "blobs")) => Self::Blob { repository: name.to_owned(), digest: last },
            Some((name, "referrers")) => {
                Self::Referrers { repository: name.to_owned(), digest: last }
            }
            _ => Self::Other,
        }
    }
}
