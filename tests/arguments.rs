//! What is typed is what is used: references, files, workloads, standard input and output.

use crate::support;

use support::{Registry, User, free_address, transcript};

const STDIO: &[u8] = include_bytes!("../fixtures/runconfigs/stdio.json");
const MINIMAL: &[u8] = include_bytes!("../fixtures/runconfigs/minimal.json");
const STORED: &str = "state/toolhive/runconfigs/my-server.json";
const DIGEST: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

#[test]
fn reference_is_never_taken_for_a_file_of_the_same_path() {
    let address = free_address().to_string();
    for rest in ["example/server:v1", "example/server", &format!("example/server@{DIGEST}")] {
        let reference = format!("{address}/{rest}");
        let user = User::new();
        user.file(&reference, STDIO);
        user.file(STORED, MINIMAL);
        // Code 6: nothing listens at the registry's address.
        for command in
            [&["run", "--yes"][..], &["import"], &["inspect"], &["pull"], &["diff", "my-server"]]
        {
            user.thv(&[command, &[&reference]].concat()).fails(6, &address);
        }
        let code = if rest.contains('@') { 2 } else { 6 };
        user.thv(&["export", "my-server", &reference]).fails(code, &address);
        user.thv(&["push", STORED, &reference]).fails(code, &address);
        assert_eq!(std::fs::read(user.path(&reference)).unwrap(), STDIO, "{reference}");
        assert_eq!(std::fs::read(user.path(STORED)).unwrap(), MINIMAL, "{reference}");
    }
}

#[test]
fn tag_without_a_host_is_a_reference_although_a_file_has_that_name() {
    let user = User::new();
    user.file("my-server:v1", STDIO);
    let proxy = format!("http://{}", free_address());
    let ran = user.command().args(["inspect", "my-server:v1"]).env("HTTPS_PROXY", &proxy).output();
    let said = String::from_utf8(ran.unwrap().stderr).unwrap();
    assert!(said.contains("docker.io/library/my-server:v1"), "{said}");
}

#[test]
fn destination_without_a_host_is_a_file() {
    let user = User::new();
    user.file(STORED, STDIO);
    for file in ["config", "config.txt", "exports/config", "./example.com/config:v1"] {
        let said = user.thv(&["export", "my-server", file]).ok().stdout();
        assert!(said.contains(&format!("to file {file}\n")), "{said}");
        assert_eq!(std::fs::read(user.path(file)).unwrap(), STDIO);
    }
    user.thv(&["export", "my-server", ""]).fails(2, "the argument is empty");
}

#[test]
fn directory_with_the_name_of_a_host_is_pointed_out() {
    let user = User::new();
    user.file(STORED, STDIO);
    std::fs::create_dir(user.path("configs.invalid")).unwrap();
    let export = ["export", "my-server", "configs.invalid/my-server"];
    user.thv(&export).fails(6, "./configs.invalid/");
    let said = user.thv(&["pull", "other.invalid/my-server"]).fails(6, "resolved").stderr();
    assert!(!said.contains("./"), "{said}");
}

#[test]
fn bare_name_is_a_workload_then_a_file_and_a_message_says_which() {
    let user = User::new();
    user.file(STORED, STDIO);
    user.file("other", MINIMAL);
    let said = user.thv(&["inspect", "my-server"]).ok();
    assert!(said.stdout().starts_with("workload my-server\n"), "{}", said.stdout());
    assert_eq!(said.stderr(), "");
    user.file("my-server", MINIMAL);
    let said = user.thv(&["inspect", "my-server"]).ok();
    assert!(said.stdout().starts_with("workload my-server\n"), "{}", said.stdout());
    assert_eq!(said.stderr(), "note: my-server is the workload; ./my-server is the file\n");
    for command in ["inspect", "import"] {
        let said = user.thv(&[command, "other"]).ok().stderr();
        assert_eq!(said, "note: reading the file ./other\n", "{command}");
    }
    let said = user.thv(&["run", "other", "--dry-run"]).stderr();
    assert!(said.contains("note: reading the file ./other\n"), "{said}");
    user.thv(&["inspect", "neither"]).fails(3, "neither");
    user.thv(&["import", "neither"]).fails(2, "./neither");
    user.thv(&["inspect", "me/other"]).fails(2, "./me/other");
}

#[test]
fn minus_is_standard_input_wherever_a_file_is_read() {
    let (user, registry) = (User::new(), Registry::embedded());
    let reference = registry.reference("configs/a:v1");
    user.thv_with_input(&["push", "-", &reference, "--wire-log", "wire.jsonl"], STDIO).ok();
    user.thv_with_input(&["import", "-"], STDIO).ok();
    assert_eq!(std::fs::read(user.stored("my-server")).unwrap(), STDIO);
    let shown = user.thv_with_input(&["inspect", "-"], STDIO).ok().stdout();
    assert!(shown.starts_with("standard input\n"), "{shown}");
    user.thv_with_input(&["diff", "-", &reference], STDIO).ok();
    let log = std::fs::read(user.path("wire.jsonl")).unwrap();
    let shown = user.thv(&["wire", "show", "wire.jsonl"]).ok().stdout();
    for arguments in [&["wire", "show", "-"][..], &["wire", "show", "-", "--follow"]] {
        assert_eq!(user.thv_with_input(arguments, &log).ok().stdout(), shown);
    }
    user.thv_with_input(&["wire", "check", "-"], &log).ok();
    let har = user.thv_with_input(&["wire", "export", "-", "--format", "har"], &log).ok();
    assert!(har.json()["log"]["entries"].is_array());
    no_file_is_called_minus(&user);
}

#[test]
fn configuration_on_standard_input_is_run_unless_the_server_needs_the_input() {
    let user = User::new();
    let http = br#"{"image":"ghcr.io/a/b:1","name":"a","transport":"streamable-http","host":"127.0.0.1","port":8080,"target_port":8080}"#;
    let shown = user.thv_with_input(&["run", "-", "--dry-run"], http).ok().stdout();
    assert!(shown.contains("ghcr.io/a/b:1"), "{shown}");
    let stdio = br#"{"image":"ghcr.io/a/b:1","name":"a","transport":"stdio"}"#;
    user.thv_with_input(&["run", "-", "--dry-run"], stdio).ok();
    user.thv_with_input(&["run", "-"], stdio).fails(2, "standard input holds the configuration");
    no_file_is_called_minus(&user);
}

#[test]
fn minus_is_standard_output_wherever_a_file_is_written() {
    let (user, registry) = (User::new(), Registry::embedded());
    let reference = registry.reference("configs/a:v1");
    user.file(STORED, STDIO);
    user.thv(&["export", "my-server", &reference, "--wire-log", "wire.jsonl"]).ok();
    assert_eq!(user.thv(&["export", "my-server", "-"]).ok().0.stdout, STDIO);
    assert_eq!(user.thv(&["pull", &reference, "-o", "-"]).ok().0.stdout, STDIO);
    let curl = user.thv(&["wire", "export", "wire.jsonl", "--format", "curl", "-o", "-"]).ok();
    assert!(curl.stdout().contains("curl"), "{}", curl.stdout());
    for arguments in [&["export", "my-server", "-"][..], &["pull", &reference, "-o", "-"]] {
        user.thv(&[arguments, &["--json"]].concat()).fails(2, "name a file for it");
    }
    for arguments in [
        &["list", "--wire-log", "-"][..],
        &["list", "--registry-config", "-"],
        &["registry", "serve", "--listen", "127.0.0.1:0", "--dir", "-"],
    ] {
        user.thv(arguments).fails(2, "write ./-");
    }
    no_file_is_called_minus(&user);
    user.thv(&["export", "my-server", "./-"]).ok();
    assert_eq!(std::fs::read(user.path("-")).unwrap(), STDIO);
}

fn no_file_is_called_minus(user: &User) {
    assert!(!user.path("-").exists());
}

#[test]
fn result_does_not_replace_the_transcript() {
    let (user, registry) = (User::new(), Registry::embedded());
    let reference = registry.reference("configs/a:v1");
    user.file(STORED, STDIO);
    user.thv(&["export", "my-server", &reference, "--wire-log", "wire.jsonl"]).ok();
    let log = user.path("wire.jsonl");
    let before = std::fs::read(&log).unwrap();
    std::fs::hard_link(&log, user.path("link.jsonl")).unwrap();
    let dir = user.path("");
    let dir = dir.file_name().unwrap().to_str().unwrap();
    let roundabout = format!("../{dir}/wire.jsonl");
    let export = ["wire", "export", "wire.jsonl", "--format", "har", "-o", "wire.jsonl/"];
    user.thv(&export).fails(2, "is a directory");
    for same in ["wire.jsonl", "./wire.jsonl", "link.jsonl", &roundabout] {
        let log = ["--wire-log", "wire.jsonl"];
        user.thv(&[&["pull", &reference, "-o", same][..], &log].concat()).fails(2, "transcript");
        user.thv(&[&["export", "my-server", &format!("./{same}")][..], &log].concat())
            .fails(2, "transcript");
        user.thv(&["wire", "export", "wire.jsonl", "--format", "har", "-o", same])
            .fails(2, "transcript");
        user.thv(&["list", "--registry-config", same, "--wire-log", "wire.jsonl"])
            .fails(2, "--registry-config");
    }
    assert_eq!(std::fs::read(&log).unwrap(), before);
    // A transcript that does not exist yet is the same file too.
    user.thv(&["pull", &reference, "-o", "new.jsonl", "--wire-log", "new.jsonl"])
        .fails(2, "transcript");
    assert!(transcript(&user.path("new.jsonl")).is_empty());
}

#[test]
fn nothing_is_appended_to_a_file_that_is_no_transcript() {
    let user = User::new();
    user.file("config.json", STDIO);
    let push = ["push", "config.json", "localhost:5055/a:v1", "--wire-log", "config.json"];
    user.thv(&push).fails(19, "no transcript");
    assert_eq!(std::fs::read(user.path("config.json")).unwrap(), STDIO);
    user.file("empty.log", "\n");
    user.thv(&["list", "--wire-log", "empty.log"]).ok();
}

#[test]
fn empty_name_of_a_file_is_refused() {
    let user = User::new();
    user.file(STORED, STDIO);
    user.thv(&["list", "--wire-log", ""]).fails(2, "--wire-log needs the name of a file");
    for arguments in [
        &["list", "--registry-config", ""][..],
        &["pull", "localhost:5055/a:v1", "-o", ""],
        &["wire", "export", STORED, "--format", "har", "-o", ""],
    ] {
        user.thv(arguments).fails(2, "a value is required");
    }
    let ran = user.command().args(["list", "--wire-log="]).env("THV_WIRE_LOG", "").output();
    assert_eq!(ran.unwrap().status.code(), Some(2), "the empty option is not the empty variable");
}
