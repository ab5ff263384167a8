//! Valid and malformed references.

use proptest::prelude::*;

use super::*;
use crate::oci::digest::InvalidDigest;

const HEX: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// Obligation 1.
#[test]
fn references_are_normalised_as_docker_does() {
    let digest = format!("sha256:{HEX}");
    for (text, normal) in [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("user/app", "docker.io/user/app:latest"),
        ("localhost:v1", "docker.io/library/localhost:v1"),
        ("my.app:v1", "docker.io/library/my.app:v1"),
        ("docker.io/library/my.app", "docker.io/library/my.app:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/user/app:v1", "docker.io/user/app:v1"),
        ("registry-1.docker.io/nginx", "docker.io/library/nginx:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("host:5000/name", "host:5000/name:latest"),
        ("host:5000/a/b/c:v1", "host:5000/a/b/c:v1"),
        ("127.0.0.1:5000/a:b", "127.0.0.1:5000/a:b"),
        ("[::1]:5000/a:b", "[::1]:5000/a:b"),
        ("[2001:DB8::1]/a", "[2001:db8::1]/a:latest"),
        ("XN--bcher-kva.example/a", "xn--bcher-kva.example/a:latest"),
        ("1.a/b", "1.a/b:latest"),
        ("Registry.Example.COM/a", "registry.example.com/a:latest"),
        ("r.example.com/a__b/c-d--e.f:V_1.0-x", "r.example.com/a__b/c-d--e.f:V_1.0-x"),
    ] {
        assert_eq!(text.parse::<Reference>().unwrap().to_string(), normal, "{text}");
    }
    for (text, normal) in [
        (format!("r.io/a@{digest}"), format!("r.io/a@{digest}")),
        (format!("r.io/a:v1@{digest}"), format!("r.io/a:v1@{digest}")),
        (format!("nginx@{digest}"), format!("docker.io/library/nginx@{digest}")),
    ] {
        assert_eq!(text.parse::<Reference>().unwrap().to_string(), normal, "{text}");
    }
}

#[test]
fn with_tag_and_digest_the_digest_decides() {
    let reference: Reference = format!("r.io/a:v1@sha256:{HEX}").parse().unwrap();
    assert_eq!(reference.tag().map(Tag::as_str), Some("v1"));
    assert!(matches!(reference.target(), TagOrDigest::Digest(_)));
}

#[test]
fn docker_hub_has_its_own_api_host() {
    let hub: Reference = "nginx".parse().unwrap();
    assert_eq!(hub.registry().api_authority(), "registry-1.docker.io");
    let other: Reference = "[::1]:5000/a".parse().unwrap();
    assert_eq!(other.registry().api_authority(), "[::1]:5000");
    assert_eq!(other.registry().host(), "::1");
}

/// Obligation 1.
#[test]
fn malformed_references_are_refused_with_the_part_at_fault() {
    use InvalidReference as I;
    let long = "a".repeat(256);
    let tag129 = "t".repeat(129);
    let registry = |text: &str| I::Registry(text.into());
    let repository = |text: &str| I::Repository(text.into());
    let tag = |text: &str| I::Tag(text.into());
    let alone = |text: &str| I::RegistryAlone(text.into());
    for (text, expected) in [
        ("", I::NoRepository),
        (":v1", I::NoRepository),
        ("r.io/", I::NoRepository),
        ("r.io/:v1", I::NoRepository),
        ("localhost", alone("localhost")),
        ("localhost:5000", alone("localhost:5000")),
        ("r.io", alone("r.io")),
        ("127.0.0.1:5000", alone("127.0.0.1:5000")),
        ("UPPER", repository("library/UPPER")),
        ("r.io/Upper", repository("Upper")),
        ("Foo/bar", repository("Foo/bar")),
        ("r.io/a//b", repository("a//b")),
        ("r.io/../b", repository("../b")),
        ("r.io/a/", repository("a/")),
        ("r.io/a___b", repository("a___b")),
        ("r.io/a..b", repository("a..b")),
        ("r.io/-a", repository("-a")),
        ("r.io/a-", repository("a-")),
        ("r.io/a b", repository("a b")),
        ("r.io/a?b", repository("a?b")),
        ("r.io/a:", tag("")),
        ("r.io/a:.x", tag(".x")),
        ("r.io/a:-x", tag("-x")),
        ("r.io/a:b:c", tag("b:c")),
        ("r.io/a:b/c", tag("b/c")),
        (&format!("r.io/a:{tag129}"), tag(&tag129)),
        (&format!("r.io/{long}"), I::RepositoryTooLong(256)),
        ("r.io/a@", I::Digest(InvalidDigest::NoAlgorithm)),
        ("r.io/a@md5:00", I::Digest(InvalidDigest::UnsupportedAlgorithm("md5".into()))),
        ("https://r.io/a:v1", I::Scheme),
        ("host:0/a", registry("host:0")),
        ("host:65536/a", registry("host:65536")),
        ("host:+80/a", registry("host:+80")),
        ("host:/a", registry("host:")),
        // A URL would have another host than the one that was typed, or none.
        ("256.1.1.1/a", registry("256.1.1.1")),
        ("foo.1:5000/a", registry("foo.1:5000")),
        ("foo.0x1/a", registry("foo.0x1")),
        ("1.2.3.4.5/a", registry("1.2.3.4.5")),
        ("xn--a.example/a", registry("xn--a.example")),
        ("a.xn--/a", registry("a.xn--")),
        ("127.1/a", registry("127.1")),
        ("0x7f.1/a", registry("0x7f.1")),
        ("010.0.0.1/a", registry("010.0.0.1")),
        ("2130706433:5000/a", registry("2130706433:5000")),
        ("-a.io/a", registry("-a.io")),
        ("a..io/a", registry("a..io")),
        ("u:p@r.io/a", I::Digest(InvalidDigest::NoAlgorithm)),
        ("r.io\n/a", registry("r.io\n")),
        ("[::1/a", registry("[::1")),
        ("[::1]x/a", registry("[::1]x")),
        ("[fe80::1%eth0]/a", registry("[fe80::1%eth0]")),
        ("[1.2.3.4]/a", registry("[1.2.3.4]")),
        (HEX, I::BareHash),
    ] {
        assert_eq!(text.parse::<Reference>(), Err(expected), "{text}");
    }
}

proptest! {
    #[test]
    fn well_formed_reference_survives_a_round_trip(
        registry in r"[a-z0-9]{1,8}(-[a-z0-9]{1,4})?\.[a-z]{2,5}(:[1-9][0-9]{0,3})?|\[::[1-9]\]:80",
        repository in r"[a-z0-9]{1,9}((\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}(/[a-z0-9]{1,9}){0,3}",
        tag in prop::option::of(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"),
        with_digest: bool,
    ) {
        let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
        let digest = if with_digest { format!("@sha256:{HEX}") } else { String::new() };
        let text = format!("{registry}/{repository}{tag}{digest}");
        let reference: Reference = text.parse().unwrap();
        prop_assert_eq!(reference.repository().as_str(), repository);
        let printed = reference.to_string();
        prop_assert!(printed.starts_with(&text));
        prop_assert_eq!(printed.parse::<Reference>().unwrap(), reference);
    }

    #[test]
    fn parsing_never_panics_and_is_idempotent(text in r"[a-zA-Z0-9:/@._\[\]\-]{0,60}|\PC{0,20}") {
        if let Ok(reference) = text.parse::<Reference>() {
            prop_assert_eq!(reference.to_string().parse::<Reference>(), Ok(reference));
        }
    }
}
