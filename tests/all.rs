//! `export --all` and `import --all`: the whole state store to one repository and back.

use crate::support;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};
use support::stub_registry::{Request, StubRegistry, status};
use support::terminal::Terminal;
use support::token_server::{PASSWORD, Rules, TokenServer, USER};
use support::{HANG, Registry, User, methods, own_address};

/// Workload names that are not repository names; some are not tags either.
const NAMES: [&str; 7] = ["plain", "UPPER", "a.b_c-d", ".hidden", "-dash", "_under", "__two"];

fn config(name: &str) -> String {
    format!("{{ \"image\": \"x:1\",\n  \"name\": \"{name}\", \"transport\": \"stdio\" }}\n")
}

/// A user whose state store has `names`.
fn with(names: &[&str]) -> User {
    let user = User::new();
    for name in names {
        std::fs::create_dir_all(user.stored(name).parent().unwrap()).unwrap();
        std::fs::write(user.stored(name), config(name)).unwrap();
    }
    user
}

/// The state store, file by file.
fn store(user: &User) -> Vec<(PathBuf, Vec<u8>)> {
    let dir = user.path("state/toolhive/runconfigs");
    let mut files: Vec<_> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.strip_prefix(&dir).unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// The names of the workloads with `status`.
fn names_of(report: &Value, status: &str) -> Vec<String> {
    let list = report["workloads"].as_array().unwrap().iter();
    let named = list.filter(|one| one["status"] == status).map(|one| one["name"].as_str());
    named.map(|name| name.unwrap().to_owned()).collect()
}

fn exported_store_is_imported_byte_for_byte(registry: &Registry) {
    let (sender, receiver) = (with(&NAMES), User::new());
    let place = registry.reference("team/configs");
    let said = sender.thv(&["export", "--all", &place]).ok().stdout();
    assert_eq!(
        said,
        format!(
            "Exported the state store to {place}\n  pushed:    7\n  replaced:  0\n  unchanged: 0\n  failed:    0\n"
        )
    );
    let report = receiver.thv(&["import", "--all", &place, "--json"]).ok().json();
    assert_eq!(report["created"], 7, "{report}");
    assert_eq!(store(&receiver), store(&sender));

    // Each workload can be imported by itself, and all of them again.
    let alone = User::new();
    alone.thv(&["import", &format!("{place}:_.hidden")]).ok();
    assert_eq!(std::fs::read_to_string(alone.stored(".hidden")).unwrap(), config(".hidden"));
    let report = receiver.thv(&["import", "--all", &place, "--json"]).ok().json();
    assert_eq!((&report["unchanged"], &report["created"]), (&json!(7), &json!(0)), "{report}");
}

fn unchanged_workloads_are_looked_up_once_and_not_sent(registry: &Registry) {
    let user = with(&NAMES);
    let place = registry.reference("configs");
    user.thv(&["export", "--all", &place, "--wire-log", "first.jsonl"]).ok();
    // One request for the empty blob; for each workload: the manifest and the blob, then both are sent.
    let first = methods(&user.path("first.jsonl"));
    let count = |method: &str| first.iter().filter(|found| *found == method).count();
    assert_eq!((count("GET"), count("HEAD")), (7, 8));

    let again = ["export", "--all", &place, "--json", "--wire-log", "again.jsonl"];
    let report = user.thv(&again).ok().json();
    assert_eq!((&report["unchanged"], &report["pushed"]), (&json!(7), &json!(0)), "{report}");
    let mut sent = methods(&user.path("again.jsonl"));
    sent.sort();
    assert_eq!(sent, [vec!["GET"; 7], vec!["HEAD"; 8]].concat());

    std::fs::write(user.stored("plain"), config("plain").replace("x:1", "x:2")).unwrap();
    let report = user.thv(&["export", "--all", &place, "--json"]).ok().json();
    assert_eq!(names_of(&report, "replaced"), ["plain"]);
    let plain = report["workloads"].as_array().unwrap().iter().find(|one| one["name"] == "plain");
    assert!(plain.unwrap()["before"].as_str().unwrap().starts_with("sha256:"), "{report}");

    let other = User::new();
    let import = ["import", "--all", &place, "--wire-log", "import.jsonl"];
    other.thv(&import).ok();
    assert_eq!(methods(&other.path("import.jsonl")), ["GET"; 8], "the list, and one for each");
}

fn failed_workload_does_not_stop_the_others(registry: &Registry) {
    let user = with(&["a", "z"]);
    user.file("state/toolhive/runconfigs/broken.json", "{");
    user.file("state/toolhive/runconfigs/no name.json", config("x"));
    user.file("state/toolhive/runconfigs/other.json", config("x"));
    // Pushed in the end, so it appears in transcripts: it must not look like a secret of the test suite.
    let secret = r#"{ "image": "x:1", "env_vars": { "API_KEY": "SHARED-9f8a7c6e5d4b3a21" } }"#;
    user.file("state/toolhive/runconfigs/secret.json", secret);
    let place = registry.reference("configs");
    let ran = user.thv(&["export", "--all", &place, "--json"]).fails(12, "4 of 6 failed");
    let report = ran.json();
    assert_eq!(names_of(&report, "pushed"), ["a", "z"]);
    assert_eq!(names_of(&report, "failed"), ["broken", "no name", "other", "secret"]);
    let codes: Vec<_> = report["workloads"].as_array().unwrap().iter().collect();
    let codes: Vec<_> = codes.iter().map(|one| one["exit_code"].as_u64()).collect();
    assert_eq!(codes, [None, Some(12), Some(2), Some(2), Some(18), None]);
    let said = ran.stderr();
    assert!(said.contains("secret: not pushed: env_vars.API_KEY") && !said.contains("SHARED"));
    assert!(said.contains("other: the workload other holds a configuration named \"x\""), "{said}");

    // A second run skips what the first one pushed, and pushes what is allowed now.
    let allowed = ["export", "--all", &place, "--json", "--allow", "env_vars.API_KEY"];
    let report = user.thv(&allowed).fails(12, "3 of 6 failed").json();
    assert_eq!(names_of(&report, "unchanged"), ["a", "z"]);
    assert_eq!(names_of(&report, "pushed"), ["secret"]);
    // A path that allows nothing in any of them is an error, and the report is printed.
    let useless = User::new();
    useless.file("state/toolhive/runconfigs/a.json", config("a"));
    let nothing = ["export", "--all", &place, "--json", "--allow", "env_vars.NONE"];
    let report = useless.thv(&nothing).fails(2, "nothing to allow").json();
    assert_eq!(names_of(&report, "unchanged"), ["a"]);
    // A configuration without a name gets the name of its tag.
    let other = User::new();
    other.thv(&["import", "--all", &place]).ok();
    assert_eq!(std::fs::read_to_string(other.stored("secret")).unwrap(), secret);
}

fn import_keeps_other_configurations_and_skips_other_artifacts(registry: &Registry) {
    let user = with(&["a", "b"]);
    let place = registry.reference("configs");
    user.thv(&["export", "--all", &place]).ok();
    // A version of one configuration, and a signature.
    user.file("v.json", config("a"));
    user.thv(&["push", "v.json", &format!("{place}:v1")]).ok();
    let image = "application/vnd.oci.image.manifest.v1+json";
    let layer = registry.put_blob("configs", b"layer");
    let signature = json!({ "schemaVersion": 2, "mediaType": image,
        "artifactType": "application/vnd.example.signature",
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "size": 2, "digest":
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" },
        "layers": [{ "mediaType": "text/plain", "size": 5, "digest": layer }] });
    registry.put_manifest("configs", "sha256-0000.sig", image, &signature);

    let changed = config("b").replace("x:1", "x:2");
    std::fs::write(user.stored("b"), &changed).unwrap();
    let ran = user.thv(&["import", "--all", &place, "--json"]).fails(13, "2 of 4 failed");
    let report = ran.json();
    assert_eq!(names_of(&report, "unchanged"), ["a"]);
    assert_eq!(names_of(&report, "skipped"), ["sha256-0000.sig"]);
    assert_eq!(names_of(&report, "failed"), ["b", "v1"]);
    assert!(
        ran.stderr()
            .contains("the configuration is named \"a\", which does not belong to the tag v1")
    );
    assert_eq!(std::fs::read_to_string(user.stored("b")).unwrap(), changed);

    let forced = user.thv(&["import", "--all", &place, "--force"]).fails(2, "1 of 4 failed");
    assert!(forced.stdout().contains("  replaced:  1\n"), "{}", forced.stdout());
    assert_eq!(std::fs::read_to_string(user.stored("b")).unwrap(), config("b"));
}

against_both_registries! {
    exported_store_is_imported_byte_for_byte,
    unchanged_workloads_are_looked_up_once_and_not_sent,
    failed_workload_does_not_stop_the_others,
    import_keeps_other_configurations_and_skips_other_artifacts,
}

#[test]
#[ignore = "needs Debian's docker-registry and openssl; tests/run.sh installs them"]
fn one_token_is_used_for_all_workloads() {
    let user = with(&NAMES);
    let tokens = TokenServer::start(&user.path(""), Rules::default());
    let registry = Registry::docker_with(own_address(), "", &tokens.auth());
    let login = json!({ "username": USER, "password": PASSWORD });
    let auths = json!({ "auths": { registry.address.to_string(): login } });
    user.file(".docker/config.json", auths.to_string());
    let place = registry.reference("configs");
    for command in ["export", "import"] {
        let before = tokens.server.received().len();
        user.thv(&[command, "--all", &place, "--wire-log", &format!("{command}.jsonl")]).ok();
        let asked = tokens.server.received().split_off(before);
        assert_eq!(asked.len(), 1, "{command}");
        let exchanges = support::transcript(&user.path(&format!("{command}.jsonl")));
        let refused = exchanges.iter().filter(|one| one["response"]["status"] == 401).count();
        assert_eq!(refused, 1, "{command}");
    }
    // Tokens that expire at once are fetched again, and nothing fails.
    tokens.rules.expires_in.store(1, Ordering::Relaxed);
    user.thv(&["export", "--all", &place]).ok();
}

#[test]
fn failure_that_concerns_all_workloads_is_reported_once() {
    let user = with(&NAMES);
    let server = StubRegistry::start(|_| status(403));
    let place = server.reference("configs");
    let ran = user.thv(&["export", "--all", &place]).fails(5, "denied");
    assert_eq!(ran.stdout(), "");
    let tried: Vec<_> = server.received().into_iter().map(|one| one.method).collect();
    assert_eq!(tried, ["HEAD", "POST"], "the empty blob alone");
    user.thv(&["import", "--all", &place]).fails(5, "listing the tags");
}

#[test]
fn empty_store_sends_no_request() {
    let user = User::new();
    let place = format!("{}/configs", own_address());
    let report = user.thv(&["export", "--all", &place, "--json"]).ok().json();
    assert_eq!(report["workloads"], json!([]));
}

#[test]
fn all_needs_a_repository_without_tag_or_digest() {
    let user = with(&["a"]);
    for (place, reason) in [
        ("localhost:5055/configs:v1", "has a tag or a digest"),
        ("localhost:5055", "it is a registry alone"),
        ("localhost:5055/a@sha256:00", "64 lower-case hex digits"),
    ] {
        user.thv(&["export", "--all", place]).fails(2, reason);
        user.thv(&["import", "--all", place]).fails(2, reason);
    }
    user.thv(&["export", "--all", "localhost:5055/Configs"]).fails(2, "repository name");
    user.thv(&["export", "--all", "r.io/a", "a"]).fails(2, "cannot be used with");
    user.thv(&["export", "--all", "r.io/a", "--secret", "A=b"]).fails(2, "cannot be used with");
    user.thv(&["import", "--all", "r.io/a", "--name", "b"]).fails(2, "cannot be used with");
    user.thv(&["export", "a"]).fails(2, "not provided");
    user.thv(&["import"]).fails(2, "not provided");
}

/// Counts the requests for manifests under way; the first wait until there are `LIMIT` of them.
#[derive(Default)]
struct Crowd {
    state: Mutex<(usize, usize, bool)>,
    changed: Condvar,
}

const LIMIT: usize = 16;

impl Crowd {
    fn enter(&self) {
        let mut state = self.state.lock().unwrap();
        state.0 += 1;
        state.1 = state.1.max(state.0);
        state.2 |= state.0 == LIMIT;
        self.changed.notify_all();
        let full = self.changed.wait_timeout_while(state, HANG, |(_, _, full)| !*full).unwrap();
        assert!(!full.1.timed_out(), "never {LIMIT} at the same time");
    }

    fn leave(&self) {
        self.state.lock().unwrap().0 -= 1;
    }
}

#[test]
fn import_keeps_to_the_limit_of_parallel_requests() {
    let crowd = Arc::new(Crowd::default());
    let seen = Arc::clone(&crowd);
    let server = StubRegistry::start(move |received: &Request| {
        if received.target.contains("/tags/list") {
            let tags: Vec<_> = (0..60).map(|number| format!("w{number}")).collect();
            return status(200).body(json!({ "name": "configs", "tags": tags }).to_string());
        }
        seen.enter();
        seen.leave();
        status(404)
    });
    let user = User::new();
    let ran = user.thv(&["import", "--all", &server.reference("configs")]);
    ran.fails(3, "60 of 60 failed");
    assert_eq!(crowd.state.lock().unwrap().1, LIMIT);
}

#[test]
fn interrupted_export_cancels_its_uploads() {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(held);
    let server = StubRegistry::start(move |received: &Request| match received.method.as_str() {
        "HEAD" if received.target.contains(":44136fa") => status(200),
        "POST" => status(202).with("location", "/v2/configs/blobs/uploads/1"),
        "PUT" => {
            let _ = held.lock().unwrap().recv();
            status(500)
        }
        "DELETE" => status(204),
        _ => status(404),
    });
    let user = with(&["a"]);
    let place = server.reference("configs");
    let mut export = user.command().args(["export", "--all", &place]).spawn().unwrap();
    let has = |method: &str| server.received().iter().any(|received| received.method == method);
    while !has("PUT") {
        assert!(export.try_wait().unwrap().is_none(), "it ended early");
        std::thread::yield_now();
    }
    let interrupted = user.command_of("kill").args(["-INT", &export.id().to_string()]).status();
    assert!(interrupted.unwrap().success());
    assert_eq!(export.wait().unwrap().code(), Some(130));
    drop(release);
    assert!(has("DELETE"), "{:?}", server.received());
}

#[test]
fn progress_shows_how_many_workloads_are_done() {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(held);
    let server = StubRegistry::start(move |received: &Request| {
        if received.target.contains("/tags/list") {
            return status(200).body(json!({ "tags": ["quick", "slow"] }).to_string());
        }
        if received.target.ends_with("/slow") {
            held.lock().unwrap().recv().unwrap();
        }
        status(404)
    });
    let user = User::new();
    let place = server.reference("configs");
    let mut terminal = Terminal::start(&user, &format!("thv import --all {place}"), &[]);
    terminal.wait_for(&format!("importing from {place}: 1 of 2 … "));
    release.send(()).unwrap();
    let (shown, code) = terminal.end();
    assert_eq!(code, 3, "{shown}");
    let (_, after) = shown.rsplit_once("\r\u{1b}[K").unwrap();
    assert!(!after.contains("importing") && after.contains("failed:    2"), "{shown:?}");
}
