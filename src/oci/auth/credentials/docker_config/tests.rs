//! The shapes of entries that docker, podman and others write.

use super::*;

fn config(content: &str) -> DockerConfig {
    let content = serde_json::from_str(content).unwrap();
    DockerConfig { path: PathBuf::from("config.json"), content }
}

fn shapes() -> DockerConfig {
    config(include_str!("../../../../../fixtures/docker-config/shapes.json"))
}

/// Describes what the file says about `host[/repository]`.
fn found(config: &DockerConfig, place: &str) -> String {
    let (host, repository) = place.split_once('/').unwrap_or((place, "a"));
    let repository = repository.parse().unwrap();
    match config.find(&host.parse().unwrap(), Some(&repository)) {
        Ok(Entry::Credential(Credential::Password { username, password })) => {
            format!("{username} {}", password.expose())
        }
        Ok(Entry::Credential(Credential::IdentityToken(token))) => {
            format!("identity {}", token.expose())
        }
        Ok(Entry::Credential(Credential::RegistryToken(token))) => {
            format!("registry {}", token.expose())
        }
        Ok(Entry::Helper { name, server }) => format!("helper {name} {server}"),
        Ok(Entry::None) => "none".to_owned(),
        Err(error) => format!("error {error}"),
    }
}

#[test]
fn every_shape_of_entry_is_read() {
    let config = shapes();
    for (place, expected) in [
        ("docker.io", "hub FAKE-hub"),
        ("index.docker.io", "hub FAKE-hub"),
        ("registry-1.docker.io", "hub FAKE-hub"),
        ("registry.example.com", "me FAKE-padded"),
        ("REGISTRY.example.com", "me FAKE-padded"),
        ("registry.example.com:5000", "none"),
        ("unpadded.example.com:5000", "me FAKE-unpadded1"),
        ("unpadded.example.com", "none"),
        ("scheme.example.com", "me FAKE-fields"),
        ("api.example.com", "me FAKE-api"),
        ("path.example.com", "me FAKE-path"),
        ("token.example.com", "identity FAKE-identity"),
        ("pair-token.example.com", "identity FAKE-pair-token"),
        ("bearer.example.com", "registry FAKE-registry"),
        ("quay.example.com", "me FAKE-host"),
        ("quay.example.com/teams/app", "me FAKE-host"),
        ("quay.example.com/team", "me FAKE-team"),
        ("quay.example.com/team/application", "me FAKE-team"),
        ("quay.example.com/team/app", "me FAKE-app"),
        ("quay.example.com/team/app/part", "me FAKE-app"),
        ("empty.example.com", "none"),
        ("helper.example.com", "helper own helper.example.com"),
        ("gcr.example.com", "helper gcr gcr.example.com"),
        // Podman's namespaces `v1` and `v2`.
        ("space.example.com", "none"),
        ("space.example.com/v1", "me FAKE-v1"),
        ("space.example.com/v1/app", "me FAKE-v1"),
        ("space.example.com/v2", "none"),
        ("legacy.example.com", "me FAKE-legacy"),
        ("both.example.com", "me FAKE-exact"),
        ("example.com", "none"),
        ("evil-registry.example.com", "none"),
    ] {
        assert_eq!(found(&config, place), expected, "{place}");
    }
}

/// Docker's tokens for its own account pages are under keys that begin as that of Docker Hub does.
#[test]
fn tokens_beside_the_key_of_docker_hub_are_no_password() {
    let mut config = config(
        r#"{"auths": {
            "https://index.docker.io/v1/access-token": {"auth": "bWU6RkFLRS1hY2Nlc3M="},
            "https://index.docker.io/v1/refresh-token": {"auth": "bWU6RkFLRS1yZWZyZXNo"}}}"#,
    );
    assert_eq!(found(&config, "docker.io"), "none");
    let hub = "docker.io".parse().unwrap();
    config.set(&hub, "me", &Secret::new("FAKE-own".to_owned()));
    assert_eq!(found(&config, "docker.io"), "me FAKE-own");
    config.remove(&hub);
    assert_eq!(config.content["auths"].as_object().unwrap().len(), 2);
}

#[test]
fn broken_entry_is_named_without_its_value() {
    let config = shapes();
    for host in ["broken", "no-colon", "number", "array"] {
        let key = format!("{host}.example.com");
        let error = found(&config, &key);
        assert_eq!(error, format!("error config.json: the entry {key:?} cannot be read"));
    }
}

#[test]
fn general_helper_comes_after_a_path_and_before_a_host() {
    let config = config(
        r#"{"credsStore": "all", "credHelpers": {"own.example.com": "own"}, "auths": {
            "a.example.com": {"username": "me", "password": "FAKE-stale"},
            "a.example.com/team": {"username": "me", "password": "FAKE-team"},
            "https://index.docker.io/v1/": {}}}"#,
    );
    for (place, expected) in [
        ("own.example.com", "helper own own.example.com"),
        ("a.example.com/other", "helper all a.example.com"),
        ("a.example.com/team/x", "me FAKE-team"),
        ("docker.io", "helper all https://index.docker.io/v1/"),
        ("unknown.example.com", "helper all unknown.example.com"),
    ] {
        assert_eq!(found(&config, place), expected, "{place}");
    }
}

#[test]
fn storing_and_removing_keep_all_other_entries() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("docker").join("config.json");
    let read = || DockerConfig::read(&path).unwrap().unwrap();
    DockerConfig { path: path.clone(), ..shapes() }.write().unwrap();
    let before = read().content;

    let registry: RegistryName = "new.example.com:5000".parse().unwrap();
    let mut changed = read();
    changed.set(&registry, "me", &Secret::new("FAKE-new:colon".to_owned()));
    changed.write().unwrap();
    assert_eq!(found(&read(), "new.example.com:5000"), "me FAKE-new:colon");

    let mut changed = read();
    assert!(changed.remove(&registry));
    assert!(!changed.remove(&registry));
    changed.write().unwrap();
    assert_eq!(read().content, before);

    // Docker Hub's entry is found and replaced under whichever name it has.
    let mut changed = read();
    changed.set(&"index.docker.io".parse().unwrap(), "other", &Secret::new("FAKE-2".to_owned()));
    assert_eq!(found(&changed, "docker.io"), "other FAKE-2");
    assert_eq!(changed.content["auths"].as_object().unwrap().len(), 23);
}

#[test]
fn empty_or_absent_file_has_no_entry() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.json");
    assert!(DockerConfig::read(&path).unwrap().is_none());
    std::fs::write(&path, " \n").unwrap();
    assert_eq!(found(&DockerConfig::read(&path).unwrap().unwrap(), "a.example.com"), "none");
    for malformed in ["[]", "{", "null", "\u{0}"] {
        std::fs::write(&path, malformed).unwrap();
        assert!(matches!(DockerConfig::read(&path), Err(KeychainError::MalformedFile { .. })));
    }
}

mod hostile {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_file_panics(
            key in r"(https?://)?[a-z.:/\[\]]{0,20}|\PC{0,10}",
            auth in r"[A-Za-z0-9+/=]{0,20}|\PC{0,10}",
        ) {
            let text = json!({ "auths": { key: { "auth": auth } }, "credHelpers": { "a.b": 1 } });
            let _ = found(&config(&text.to_string()), "a.example.com/b");
        }
    }
}
