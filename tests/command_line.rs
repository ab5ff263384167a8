//! What people type, and the mistakes that they make.

use crate::support;

use support::{Registry, User, free_address, methods, transcript};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
const MINIMAL: &[u8] = include_bytes!("../fixtures/runconfigs/minimal.json");
const STORED: &str = "state/toolhive/runconfigs/my-server.json";

#[test]
fn demo_needs_no_set_up_and_returns_every_byte() {
    let shown = User::new().thv(&["demo"]).ok().stdout();
    assert!(shown.contains("PUT  /v2/configs/demo/manifests/v1"), "{shown}");
    assert!(shown.contains("status: unchanged"), "{shown}");
    assert!(shown.ends_with("Every byte came back.\n"), "{shown}");
}

#[test]
fn workload_is_exported_to_a_file_and_imported() {
    let user = User::new();
    user.file(STORED, STDIO);
    let said = user.thv(&["export", "my-server", "./out/config.json"]).ok().stdout();
    assert!(said.contains("to file ./out/config.json"), "{said}");
    assert_eq!(std::fs::read(user.path("out/config.json")).unwrap(), STDIO);

    let other = User::new();
    other.file("config.json", STDIO);
    other.thv(&["import", "config.json"]).ok();
    assert_eq!(std::fs::read(other.stored("my-server")).unwrap(), STDIO);
}

#[cfg(unix)]
#[test]
fn files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let user = User::new();
    user.file("config.json", STDIO);
    user.thv(&["import", "config.json"]).ok();
    user.thv(&["export", "my-server", "./copy.json"]).ok();
    assert_eq!(mode(user.stored("my-server")), 0o600);
    assert_eq!(mode(user.path("copy.json")), 0o600);
    assert_eq!(mode(user.path("state/toolhive/runconfigs")), 0o750);
}

#[test]
fn other_configuration_is_replaced_only_with_force() {
    let user = User::new();
    user.file(STORED, MINIMAL);
    user.file("config.json", STDIO);
    user.thv(&["import", "config.json"]).fails(13, "--force");
    assert_eq!(std::fs::read(user.stored("my-server")).unwrap(), MINIMAL);
    assert_eq!(
        user.thv(&["import", "config.json", "--force", "--json"]).ok().json()["status"],
        "replaced"
    );
    assert_eq!(user.thv(&["import", "config.json", "--json"]).ok().json()["status"], "unchanged");
    assert_eq!(std::fs::read(user.stored("my-server")).unwrap(), STDIO);
}

#[test]
fn import_under_another_name_changes_only_the_names() {
    let user = User::new();
    user.file("config.json", STDIO);
    user.thv(&["import", "config.json", "--name", "other"]).ok();
    let before = String::from_utf8(STDIO.to_vec()).unwrap();
    let after = std::fs::read_to_string(user.stored("other")).unwrap();
    let changed: Vec<_> =
        before.lines().zip(after.lines()).filter(|(before, after)| before != after).collect();
    assert_eq!(
        changed,
        [
            ("  \"name\": \"my-server\",", "  \"name\": \"other\","),
            ("  \"container_name\": \"my-server\",", "  \"container_name\": \"other\","),
            ("  \"base_name\": \"my-server\",", "  \"base_name\": \"other\","),
            ("    \"toolhive-basename\": \"my-server\",", "    \"toolhive-basename\": \"other\","),
            ("    \"toolhive-name\": \"my-server\",", "    \"toolhive-name\": \"other\","),
        ]
    );
    assert!(!user.stored("my-server").exists());
    user.thv(&["import", "config.json", "--name", "../escape"]).fails(2, "workload name");
    user.file("nameless.json", r#"{"image":"x","name":"../../escape"}"#);
    user.thv(&["import", "nameless.json"]).fails(2, "workload name");
}

#[test]
fn list_shows_the_state_store() {
    let user = User::new();
    assert_eq!(user.thv(&["list", "--json"]).ok().stdout(), "[]\n");
    assert!(user.thv(&["list"]).ok().stderr().contains("No run configurations"));
    user.file(STORED, STDIO);
    user.file("state/toolhive/runconfigs/broken.json", "{");
    let listed = user.thv(&["list", "--json"]).ok().json();
    assert_eq!(listed[0]["name"], "broken");
    assert!(listed[0]["error"].as_str().unwrap().contains("line 1"));
    assert_eq!(listed[1]["name"], "my-server");
    assert_eq!(listed[1]["image"], "ghcr.io/example/issue-tracker:2.4.1");
    let text = user.thv(&["list"]).ok().stdout();
    assert!(text.contains("my-server  stdio"), "{text}");
}

#[test]
fn usage_errors_have_an_exit_code_and_a_hint() {
    let user = User::new();
    user.file(STORED, STDIO);
    user.file("config.json", STDIO);
    user.file("broken.json", "{\n  \"image\": \"x\",\n  \"port\": \"80\"\n}\n");
    let unreachable = format!("{}/configs/a:v1", free_address());
    for (arguments, code, message) in [
        (&["export", "my-server", ""][..], 2, "the argument is empty"),
        (&["import", "my-server"], 2, "\"./my-server\""),
        (&["export", "my-server", "registry.example.com/Upper:v1"], 2, "lower-case"),
        (&["pull", "localhost:5000/a:b:c"], 2, "is not a tag"),
        (&["export", "no-such", "./x.json"], 3, "thv list"),
        (&["push", "missing.json", "localhost:5000/a:v1"], 19, "reading missing.json"),
        (&["push", "broken.json", "localhost:5000/a:v1"], 12, "line 3, column 11: \"port\""),
        (&["import", "broken.json"], 12, "line 3, column 11: \"port\""),
        (&["push", "config.json", &unreachable], 6, "the connection was refused"),
        (&["pull", "name.invalid/a:v1"], 6, "could not be resolved"),
        (&["frobnicate"], 2, "unrecognized subcommand"),
        (&[], 2, "Usage"),
    ] {
        user.thv(arguments).fails(code, message);
    }
}

#[test]
fn pull_creates_parent_directories_and_names_a_missing_registry_config() {
    let (user, registry) = (User::new(), Registry::embedded());
    let reference = registry.reference("configs/a:v1");
    user.file("config.json", STDIO);
    user.thv(&["push", "config.json", &reference]).ok();
    let pull = ["pull", &reference, "-o", "new/dir/a.json", "--registry-config", "typo.json"];
    let said = user.thv(&pull).ok().stderr();
    assert_eq!(said, "note: typo.json does not exist and is not used\n");
    assert_eq!(std::fs::read(user.path("new/dir/a.json")).unwrap(), STDIO);
}

#[test]
fn refused_configuration_sends_no_request() {
    let user = User::new();
    user.file("broken.json", "{\"image\": 1}");
    let registry = Registry::embedded();
    let log = user.path("wire.jsonl");
    let reference = registry.reference("configs/a:v1");
    user.thv(&["--wire-log", log.to_str().unwrap(), "push", "broken.json", &reference])
        .fails(12, "line 1, column 11: \"image\" must be a string");
    assert!(transcript(&log).is_empty());
}

#[test]
fn wire_log_is_set_before_or_after_the_command_or_in_the_environment() {
    let user = User::new();
    user.file("config.json", STDIO);
    let registry = Registry::embedded();
    let reference = registry.reference("configs/a:v1");
    user.thv(&["push", "config.json", &reference]).ok();
    let log = user.path("wire.jsonl");
    let option = ["--wire-log", log.to_str().unwrap()];
    user.thv(&[&option[..], &["pull", &reference]].concat()).ok();
    user.thv(&[&["pull", &reference][..], &option].concat()).ok();
    let unset = user.command().args(["pull", &reference]).env("THV_WIRE_LOG", "").output();
    assert!(unset.unwrap().status.success());
    let third = user.command().args(["pull", &reference]).env("THV_WIRE_LOG", &log).output();
    assert!(third.unwrap().status.success());
    assert_eq!(methods(&log), ["GET", "GET", "GET"], "appended each time");
    let runs: std::collections::BTreeSet<_> =
        transcript(&log).iter().map(|exchange| exchange["run"].to_string()).collect();
    assert_eq!(runs.len(), 3);
}

#[test]
fn served_directory_keeps_its_content() {
    let user = User::new();
    user.file("config.json", STDIO);
    let dir = user.path("registry");
    let first = Registry::embedded_in(&dir);
    let reference = first.reference("configs/a:v1");
    let pushed = user.thv(&["push", "config.json", &reference, "--json"]).ok().json();
    drop(first);
    let second = Registry::embedded_in(&dir);
    let digest = pushed["digest"].as_str().unwrap();
    let pinned = format!("{}@{digest}", second.reference("configs/a"));
    assert_eq!(user.thv(&["pull", &pinned]).ok().0.stdout, STDIO);
    assert_eq!(user.thv(&["pull", &second.reference("configs/a:v1")]).ok().0.stdout, STDIO);
}

#[test]
fn help_lists_every_exit_code_once() {
    let help = User::new().thv(&["help", "exit-codes"]).ok().stdout();
    let code = |line: &str| line.trim().split_once("  ").map(|(code, _)| code.parse().unwrap());
    let codes: Vec<u8> = help.lines().skip(1).filter_map(code).collect();
    assert_eq!(codes, (0..=19).chain([130]).collect::<Vec<_>>());
}

#[test]
fn suspected_secrets_are_not_pushed() {
    let (user, registry) = (User::new(), Registry::embedded());
    let home = user.path("");
    let config = serde_json::json!({
        "image": "x:1", "name": "n",
        "env_vars": { "API_KEY": "FAKE-9f8a7c6e5d4b3a21", "LEVEL": "info" },
        "volumes": [format!("{}data:/data", home.display())],
    });
    user.file("config.json", config.to_string());
    let reference = registry.reference("configs/n:v1");
    let log = ["--wire-log", "wire.jsonl"];
    let push = [&["push", "config.json", &reference][..], &log].concat();
    let said = user.thv(&push).fails(18, "env_vars.API_KEY").stderr();
    assert!(said.contains("volumes.0") && !said.contains("9f8a"), "{said}");
    assert_eq!(support::methods(&user.path("wire.jsonl")), [""; 0], "nothing is sent");
    user.thv(&["import", "./config.json"]).ok();
    user.thv(&["export", "n", &reference]).fails(18, "env_vars.API_KEY");
    user.thv(&["export", "n", "./out.json"]).ok();

    let fixed = ["--secret", "API_KEY=my-key", "--allow", "volumes.0"];
    user.thv(&[&["export", "n", &reference][..], &fixed].concat()).ok();
    let shared: serde_json::Value =
        serde_json::from_slice(&user.thv(&["pull", &reference]).ok().0.stdout).unwrap();
    assert_eq!(shared["secrets"], serde_json::json!(["my-key,target=API_KEY"]));
    assert_eq!(shared["env_vars"], serde_json::json!({ "LEVEL": "info" }));
    user.thv(&[&push[..], &["--secret", "NONE=a"]].concat()).fails(2, "sets no variable");
    user.thv(&[&push[..], &["--secret", "API_KEY"]].concat()).fails(2, "VARIABLE=NAME");
    // Not a name, and a harmless value.
    for path in ["env_vars.NONE", "env_vars.LEVEL"] {
        let useless = [&push[..], &["--secret", "API_KEY=a", "--allow", path]].concat();
        user.thv(&useless)
            .fails(2, &format!("nothing to allow: no secret or private path is at {path}"));
    }
}

#[test]
fn hint_offers_a_secret_only_where_a_variable_holds_it() {
    let (user, registry) = (User::new(), Registry::embedded());
    let reference = registry.reference("configs/n:v1");
    for (fields, is_offered) in [
        (r#""env_vars": { "DB_PASSWORD": "FAKE-pw-1" }"#, true),
        (r#""cmd_args": ["--password", "FAKE-pw-1"]"#, false),
        (r#""volumes": ["/home/someone/x:/x"]"#, false),
    ] {
        user.file("config.json", format!(r#"{{ "image": "x:1", "name": "n", {fields} }}"#));
        let said = user.thv(&["push", "config.json", &reference]).fails(18, "hint: --").stderr();
        assert!(said.contains("--allow PATH"), "{said}");
        assert_eq!(said.contains("--secret VARIABLE=NAME"), is_offered, "{said}");
    }
}
