//! Looking at a configuration before it runs: `thv inspect` and `thv diff`.

use crate::support;

use serde_json::{Value, json};
use support::{Registry, User, sha256};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
const STORED: &str = "state/toolhive/runconfigs/my-server.json";

/// The fixture with some fields replaced.
fn changed(fields: &Value) -> String {
    let mut config: Value = serde_json::from_slice(STDIO).unwrap();
    config.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    config.to_string()
}

#[test]
fn workloads_files_and_references_are_compared() {
    let (user, registry) = (User::new(), Registry::embedded());
    let reference = registry.reference("configs/a:v1");
    user.file(STORED, STDIO);
    user.file("config.json", STDIO);
    user.thv(&["push", "config.json", &reference]).ok();
    let places = ["my-server", "./config.json", &reference];
    for first in places {
        for second in places {
            let said = user.thv(&["diff", first, second]).ok().stdout();
            assert_eq!(said, "The same byte for byte\n", "{first} {second}");
        }
    }
    user.file("config.json", changed(&json!({})));
    let said = user.thv(&["diff", "my-server", "config.json"]).ok().stdout();
    assert_eq!(said, "The same field by field, but the bytes differ\n");
    let piped = user.thv_with_input(&["diff", "-", "my-server"], STDIO).ok().stdout();
    assert_eq!(piped, "The same byte for byte\n");
}

#[test]
fn diff_shows_permission_changes_first_and_exits_with_1() {
    let user = User::new();
    user.file(STORED, STDIO);
    let config = changed(&json!({
        "image": "ghcr.io/example/issue-tracker:3.0",
        "group": "other",
        "permission_profile": { "read": ["/srv/projects:/projects", "/etc"], "privileged": true },
        "isolate_network": false,
    }));
    user.file("config.json", config);
    let said = user.thv(&["diff", "my-server", "./config.json"]);
    let expected = "\
- workload my-server
+ file ./config.json
What it may touch
  isolate_network
    - true
  permission_profile.name
    - none
  permission_profile.network.inbound
    - {}
  permission_profile.network.outbound.allow_host
    - issues.example.com
  permission_profile.network.outbound.allow_port
    - 443
  permission_profile.privileged
    + true
  permission_profile.read
    + /etc
  permission_profile.write
    - /srv/cache:/cache
What runs
  image
    - ghcr.io/example/issue-tracker:2.4.1
    + ghcr.io/example/issue-tracker:3.0
Other fields
  group
    - default
    + other
";
    assert_eq!(said.stdout(), expected);
    said.fails(1, "10 fields differ");
    let json = user.thv(&["diff", "my-server", "./config.json", "--json"]);
    assert_eq!(json.code(), 1);
    let json = json.json();
    assert_eq!(json["same_bytes"], false);
    assert_eq!(json["differences"][0]["field"], "isolate_network");
    assert_eq!(json["differences"][0]["concern"], "permissions");
    assert_eq!(json["differences"][9]["added"], json!(["other"]));
}

#[test]
fn possible_secrets_are_shown_only_on_request() {
    let user = User::new();
    user.file("a.json", r#"{"image":"x:1","env_vars":{"KEY":"FAKE-one","OLD":"1"}}"#);
    user.file("b.json", r#"{"image":"x:1","env_vars":{"KEY":"FAKE-two","NEW":"1"}}"#);
    let said = user.thv(&["diff", "a.json", "b.json"]).fails(1, "3 fields differ").stdout();
    for line in
        ["env_vars.KEY\n    changed;", "env_vars.NEW\n    added;", "env_vars.OLD\n    removed;"]
    {
        assert!(said.contains(line), "{said}");
    }
    let json = user.thv(&["diff", "a.json", "b.json", "--json"]).stdout();
    assert!(!said.contains("FAKE") && !json.contains("FAKE"), "{said}{json}");
    let said = user.thv(&["diff", "a.json", "b.json", "--values"]).stdout();
    assert!(said.contains("- FAKE-one\n    + FAKE-two"), "{said}");
}

#[test]
fn configurations_that_cannot_be_compared_have_their_own_exit_code() {
    let user = User::new();
    user.file(STORED, STDIO);
    user.file("broken.json", "{");
    user.thv(&["diff", "my-server", "nobody"]).fails(3, "thv list");
    user.thv(&["diff", "my-server", "./missing.json"]).fails(19, "missing.json");
    user.thv(&["diff", "my-server", "./broken.json"]).fails(12, "line 1");
    user.thv(&["diff", "my-server", "a b"]).fails(2, "could be a file or a registry reference");
    user.thv(&["diff", "my-server"]).fails(2, "SECOND");
}

#[test]
fn hostile_text_is_made_printable() {
    let user = User::new();
    user.file("a.json", r#"{"image":"x:1","na\u001b[2Jme":"\u001b]0;t\u0007","name":"\u202eb"}"#);
    user.file("b.json", r#"{"image":"x:1","cmd_args":["\u001b[8m"]}"#);
    for arguments in
        [&["diff", "a.json", "b.json"][..], &["inspect", "a.json"], &["inspect", "b.json"]]
    {
        let said = user.thv(arguments);
        let said = said.stdout() + &said.stderr();
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{said}");
    }
}

#[test]
fn inspect_shows_program_permissions_origin_and_artifact() {
    let (user, registry) = (User::new(), Registry::embedded());
    let reference = registry.reference("configs/a:v1");
    user.file("config.json", STDIO);
    let push = ["push", "config.json", &reference, "--json"];
    let pushed = user.thv_with_input_and(&push, b"", &[("SOURCE_DATE_EPOCH", "1767225600")]).ok();
    let digest = pushed.json()["digest"].as_str().unwrap().to_owned();
    let shown = user.thv(&["inspect", &reference]).ok().stdout();
    let expected = format!(
        "\
{reference}
What runs
  name:        my-server
  image:       ghcr.io/example/issue-tracker:2.4.1
  transport:   stdio
  arguments:   --read-only '--project=a&b'
What it may touch
  reads:       /srv/projects:/projects
  writes:      /srv/cache:/cache
  network:     only hosts issues.example.com; ports 443
  ports:       none
  secrets:     issue-tracker-token,target=ISSUE_TRACKER_TOKEN
  environment: LOG_LEVEL=info
  environment: MCP_TRANSPORT=stdio
  privileged:  no
  also:        ignore_config = {{\"LoadGlobal\":true,\"PrintOverlays\":false}}
  also:        permission_profile.name = none
What else it sets
  group: default
  middleware_configs: [{{\"parameters\":{{}},\"type\":\"auth\"}},{{\"parameters\":{{}},\"type\":\"mcp-parser\"}},\
{{\"parameters\":{{}},\"type\":\"usagemetrics\"}},{{\"type\":\"recovery\"}}]
  proxy_mode: streamable-http
  schema_version: v0.1.0
Who made it (not verified)
  when:        2026-01-01T00:00:00Z
  with:        thv-oci
  description: Runtime configuration for my-server
  version:     1.0
Where it came from
  from:        {}, over plain http
  by:          tag v1, which can be moved
  manifest of 2702 bytes
    {digest}
  configuration of 1444 bytes, inside the manifest
    {}
",
        registry.address,
        sha256(STDIO)
    );
    assert_eq!(shown, expected);
    let pinned = format!("{}@{digest}", registry.reference("configs/a"));
    let shown = user.thv(&["inspect", &pinned]).ok().stdout();
    assert!(shown.contains("by:          digest, which names these bytes"), "{shown}");
}

#[test]
fn inspect_accepts_workloads_and_files() {
    let user = User::new();
    user.file(STORED, STDIO);
    let json = user.thv(&["inspect", "my-server", "--json"]).ok().json();
    assert_eq!(json["workload"], "my-server");
    assert_eq!(json["layer"]["digest"], sha256(STDIO));
    assert_eq!(json["touches"]["writes"], json!(["/srv/cache:/cache"]));
    assert_eq!(json["runs"]["arguments"], json!(["--read-only '--project=a&b'"]));
    let shown = user.thv(&["inspect", "my-server"]).ok().stdout();
    assert!(shown.contains("workload my-server") && !shown.contains("Who made it"), "{shown}");
    let long = json!({ "image": "x:1", "cmd_args": vec!["--flag"; 40], "name": "n" });
    user.file("long.json", long.to_string());
    let shown = user.thv(&["inspect", "./long.json"]).ok().stdout();
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    assert_eq!(shown.matches("--flag").count(), 40, "nothing is left out");
}

#[test]
fn inspect_hides_secrets_and_shows_the_whole_command() {
    let user = User::new();
    let padded = format!("{}END", "x".repeat(5000));
    let config = json!({
        "image": "x:1", "name": "n", "volumes": ["/:/host"],
        "cmd_args": ["--password", "FAKE-pw", padded],
        "env_vars": { "API_KEY": "FAKE-9f8a7c6e5d4b3a21" },
    });
    user.file("config.json", config.to_string());
    let shown = user.thv(&["inspect", "./config.json"]).ok().stdout();
    assert!(
        !shown.contains("FAKE") && shown.contains("<hidden: it looks like a secret"),
        "{shown}"
    );
    assert!(shown.contains("xEND\n") && shown.contains("writes:      /:/host\n"), "{shown}");
    let whole = user.thv(&["inspect", "./config.json", "--values"]).ok().stdout();
    assert!(whole.contains("FAKE-pw") && whole.contains("API_KEY=FAKE-9f8a"), "{whole}");
    user.file("other.json", r#"{"image":"x:1","name":"n","cmd_args":[""]}"#);
    let ran = user.thv(&["diff", "./other.json", "./config.json", "--values"]);
    assert!(ran.stdout().contains("    - \"\"\n"), "{}", ran.stdout());
    assert!(ran.stdout().contains("… (3003 more characters)\n"), "{}", ran.stdout());
}

#[test]
fn standard_input_is_read_once_and_named_in_messages() {
    let user = User::new();
    user.thv(&["diff", "-", "-"]).fails(2, "standard input holds one");
    user.thv_with_input(&["inspect", "-"], b"{").fails(12, "thv inspect: standard input: line 1");
    let remote = r#"{"name":"n","remote_url":"https://x.example/?api_key=FAKE-9f8a7c6e5d4b3a21"}"#;
    user.file("state/toolhive/runconfigs/n.json", remote);
    let listed = user.thv(&["list"]).ok().stdout();
    assert!(listed.contains("https://x.example <hidden") && !listed.contains("FAKE"), "{listed}");
}
