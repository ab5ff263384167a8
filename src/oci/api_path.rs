//! Takes the path of a distribution API URL apart (distribution specification, "Endpoints").
//!
//! The client builds URLs from typed names. This module is for the other direction: paths that
//! someone else wrote, which the embedded registry receives and the audit reads in transcripts. They
//! may be wrong or hostile, so each part is kept as text, for its reader to parse or to report.

/// The endpoint that a path names, with the parts of the path.
///
/// In a reference or digest, `%3A` is read as `:`. No other escape is decoded: no valid part needs
/// one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ApiPath {
    /// `/v2/`
    Base,
    /// `/v2/<repository>/manifests/<reference>`
    Manifest { repository: String, reference: String },
    /// `/v2/<repository>/blobs/<digest>`
    Blob { repository: String, digest: String },
    /// `/v2/<repository>/blobs/uploads/`
    UploadStart { repository: String },
    /// `/v2/<repository>/blobs/uploads/<id>`, the usual form of an upload session's location.
    /// Registries may choose another.
    UploadSession { repository: String, id: String },
    /// `/v2/<repository>/tags/list`
    TagList { repository: String },
    /// `/v2/<repository>/referrers/<digest>`
    Referrers { repository: String, digest: String },
}

impl ApiPath {
    /// Returns the endpoint of `path`, or `None` if it is none of the specification's.
    ///
    /// A repository may be called `manifests/blobs`, so the last word that fits decides.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/v2")?;
        if matches!(rest, "" | "/") {
            return Some(Self::Base);
        }
        let rest = rest.strip_prefix('/')?;
        let (before, last) = rest.rsplit_once('/')?;
        let last = last.replace("%3A", ":").replace("%3a", ":");
        if let Some((repository, word)) = before.rsplit_once('/') {
            let repository = repository.to_owned();
            match (word, last.as_str()) {
                ("manifests", _) => return Some(Self::Manifest { repository, reference: last }),
                ("referrers", _) => return Some(Self::Referrers { repository, digest: last }),
                ("tags", "list") => return Some(Self::TagList { repository }),
                ("blobs", "uploads") => return Some(Self::UploadStart { repository }),
                ("blobs", _) => return Some(Self::Blob { repository, digest: last }),
                _ => {}
            }
        }
        let (repository, id) = rest.rsplit_once("/blobs/uploads/")?;
        let repository = repository.to_owned();
        Some(match id {
            "" => Self::UploadStart { repository },
            id => Self::UploadSession { repository, id: id.to_owned() },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_word_that_fits_names_the_endpoint() {
        let a = || "a".to_owned();
        for (path, expected) in [
            ("/v2", Some(ApiPath::Base)),
            ("/v2/", Some(ApiPath::Base)),
            (
                "/v2/a/manifests/v1",
                Some(ApiPath::Manifest { repository: a(), reference: "v1".to_owned() }),
            ),
            (
                "/v2/a/blobs/uploads/b/blobs/sha256%3A00",
                Some(ApiPath::Blob {
                    repository: "a/blobs/uploads/b".to_owned(),
                    digest: "sha256:00".to_owned(),
                }),
            ),
            (
                "/v2/a/referrers/sha256%3a00",
                Some(ApiPath::Referrers { repository: a(), digest: "sha256:00".to_owned() }),
            ),
            ("/v2/a/tags/list", Some(ApiPath::TagList { repository: a() })),
            ("/v2/a/blobs/uploads/", Some(ApiPath::UploadStart { repository: a() })),
            ("/v2/a/blobs/uploads", Some(ApiPath::UploadStart { repository: a() })),
            (
                "/v2/a/blobs/uploads/1/2",
                Some(ApiPath::UploadSession { repository: a(), id: "1/2".to_owned() }),
            ),
            ("/v2/_catalog", None),
            ("/v2/a/tags/v1", None),
            ("/v2x/a/manifests/v1", None),
            ("/storage/00", None),
        ] {
            assert_eq!(ApiPath::parse(path), expected, "{path}");
        }
    }

    #[test]
    fn hostile_parts_are_kept_as_they_are() {
        let part = "..%2f\u{1b}[1m";
        let expected =
            ApiPath::Manifest { repository: part.to_owned(), reference: part.to_owned() };
        assert_eq!(ApiPath::parse(&format!("/v2/{part}/manifests/{part}")), Some(expected));
    }
}
