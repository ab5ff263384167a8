//! What `thv run` does without a container: what it refuses, what it hands to `ToolHive`, and what it
//! does with an engine that only pretends.

use crate::support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};
use support::{Ran, Registry, User};

#[test]
fn unsupported_settings_are_refused_before_the_start() {
    let user = User::new();
    let config = json!({
        "image": "localhost/x:v1", "name": "n", "transport": "stdio", "tools_filter": ["a"],
        "middleware_configs": [{ "type": "audit", "parameters": {} }],
    });
    user.file("config.json", config.to_string());
    let said = user.thv(&["run", "./config.json", "--dry-run"]).fails(15, "tools_filter").stderr();
    assert!(said.contains("middleware_configs.audit"), "{said}");
    assert!(said.contains("--engine toolhive"), "{said}");
    let one = ["run", "./config.json", "--dry-run", "--allow-unsupported", "tools_filter"];
    let said = user.thv(&one).fails(15, "middleware_configs.audit").stderr();
    assert!(!said.contains("tools_filter"), "{said}");
    let both = [&one[..], &["--allow-unsupported", "middleware_configs.audit"]].concat();
    let line = user.thv(&both).ok().stdout();
    assert!(line.starts_with("podman run --name=n --rm --interactive "), "{line}");
    assert!(!user.path("state").exists(), "nothing is saved by a dry run");
}

#[test]
fn isolation_that_is_not_enforced_stops_the_run() {
    let user = User::new();
    let config = |transport: &str, outbound: Value| {
        let config = json!({
            "image": "localhost/x:v1", "name": "n", "transport": transport, "port": 4000,
            "target_port": 80, "isolate_network": true,
            "permission_profile": { "network": { "outbound": outbound } },
        });
        user.file("config.json", config.to_string());
    };
    let dry = ["run", "./config.json", "--dry-run"];
    let outbound = "permission_profile.network.outbound";
    config("stdio", json!({ "allow_host": ["a.example"], "allow_port": [443] }));
    let said = user.thv(&dry).fails(15, &format!("{outbound}.allow_host")).stderr();
    assert!(said.contains(&format!("{outbound}.allow_port")), "{said}");
    config("streamable-http", json!({}));
    user.thv(&dry).fails(15, "isolate_network");
    let allowed = [&dry[..], &["--allow-unsupported", "isolate_network"]].concat();
    assert!(!user.thv(&allowed).ok().stdout().contains("--network"));
    // Files that ToolHive would hide from the server, by the mount's own list or the user's.
    let hiding = json!({
        "image": "localhost/x:v1", "name": "n", "transport": "stdio",
        "permission_profile": { "read": [format!("{}:/data", user.path("data").display())] },
        "ignore_config": { "LoadGlobal": true, "PrintOverlays": false },
    });
    user.file("config.json", hiding.to_string());
    user.file("data/file", "");
    user.thv(&dry).ok();
    let settings = user.path("settings");
    user.file("settings/toolhive/thvignore", "*.env\n");
    let mut command = user.command();
    let command = command.args(dry).env("XDG_CONFIG_HOME", &settings);
    Ran(command.output().unwrap()).fails(15, "ignore_config");
    user.file("data/.thvignore", "*.env\n");
    user.thv(&dry).fails(15, "ignore_config");
    // A remote server has no image, and is named for what it is.
    let remote =
        json!({ "name": "n", "remote_url": "https://example.com/mcp", "transport": "sse" });
    user.file("remote.json", remote.to_string());
    user.thv(&["run", "./remote.json"]).fails(15, "not supported here: remote_url");
    // --allow-unsupported does not turn off what the engine enforces.
    config("stdio", json!({}));
    for arguments in [&dry[..], &allowed] {
        assert!(user.thv(arguments).ok().stdout().contains(" --network=none "));
    }
}

#[test]
fn options_are_applied_or_refused() {
    let user = User::new();
    let config = json!({ "image": "localhost/x:v1", "name": "n", "transport": "stdio",
        "secrets": ["token,target=TOKEN"] });
    user.file("config.json", config.to_string());
    let run = |more: &[&str]| user.thv(&[&["run", "./config.json"], more].concat());
    run(&["--port", "4000"]).fails(2, "--port is for HTTP");
    run(&["--detach"]).fails(2, "--detach is for HTTP");
    user.file("token.txt", "FAKE-secret-52\n");
    run(&["--secret", "tokn=@token.txt"]).fails(2, "names no secret \"tokn\"");
    user.file("long.txt", "a".repeat(64 * 1024 + 1));
    run(&["--secret", "token=@long.txt"]).fails(2, "has more than 65536 bytes");
    // Nor by ToolHive, which would run the configuration as it is.
    for option in [
        &["--dry-run"][..],
        &["--port", "4000"],
        &["--detach"],
        &["--secret", "token=@token.txt"],
        &["--allow-unsupported", "tools_filter"],
    ] {
        let mut command = user.command();
        command.args(["run", "./config.json", "--engine", "toolhive"]).args(option);
        let ran = Ran(command.env("THV_TOOLHIVE", "/no/toolhive").output().unwrap());
        ran.fails(2, &format!("{} cannot be used with --engine toolhive", option[0]));
    }
    std::fs::create_dir_all(user.stored("n").parent().unwrap()).unwrap();
    std::fs::write(user.stored("n"), config.to_string()).unwrap();
    for option in [["--secret", "A=b"], ["--allow", "env_vars.A"]] {
        user.thv(&[&["export", "n", "./out.json"], &option[..]].concat())
            .fails(2, "for a registry");
    }
}

#[test]
fn secret_of_several_lines_is_not_set_under_an_engine_variable() {
    let user = User::new();
    user.file("lines.txt", "FAKE-a\nFAKE-b\n");
    user.file("nul.txt", "FAKE-a\0FAKE-b\n");
    let run = |target: &str, file: &str| {
        let config = json!({ "image": "localhost/x:v1", "name": "n", "transport": "stdio",
            "secrets": [format!("token,target={target}")] });
        user.file("config.json", config.to_string());
        let secret = format!("token=@{file}");
        let ran = user.thv(&["run", "./config.json", "--secret", &secret, "--dry-run"]);
        assert!(!(ran.stdout() + &ran.stderr()).contains("FAKE-"), "{target}");
        ran
    };
    for target in ["LD_PRELOAD", "PATH", "https_proxy", "CONTAINERS_CONF", "A-B"] {
        run(target, "lines.txt").fails(15, &format!("the value of {target} has a line break"));
    }
    run("TOKEN", "nul.txt").fails(15, "the value of TOKEN contains a NUL");
    // Podman would hand over every variable that it has.
    run("*", "lines.txt").fails(15, "\"*\" is not a valid name of an environment variable");
    let ran = run("TOKEN", "lines.txt").ok();
    assert!(ran.stdout().contains(" --env=TOKEN localhost/x:v1"), "{}", ran.stdout());
    assert!(
        ran.stderr().contains("export the variables of its secrets: TOKEN\n"),
        "{}",
        ran.stderr()
    );
}

#[test]
fn usage_errors_are_named() {
    let user = User::new();
    let config = json!({ "image": "localhost/x:v1", "name": "n", "transport": "stdio" });
    user.file("config.json", config.to_string());
    let empty = user.path("bin");
    std::fs::create_dir(&empty).unwrap();
    let mut alone = user.command();
    alone.args(["run", "./config.json"]).env("PATH", &empty).stdin(Stdio::null());
    Ran(alone.output().unwrap()).fails(17, "install podman or docker");
    user.thv(&["run", "uvx://server"]).fails(2, "ToolHive's own `thv run uvx://server`");
    user.thv(&["run", "fetch"]).fails(2, "ToolHive's catalogue");
    user.thv(&["run", "./missing.json"]).fails(19, "missing.json");
    user.thv(&["run"]).fails(2, "required");
    user.thv(&["run", "./config.json", "--transport", "sse"]).fails(2, "options for images");
    user.thv(&["run", "./config.json", "--secret", "a=b"]).fails(2, "NAME=@FILE");
    user.thv(&["run", "./config.json", "--secret", "a=@none"]).fails(2, "names no secret \"a\"");
    let missing =
        json!({ "image": "x:v1", "name": "n", "transport": "stdio", "volumes": ["/no/place:/a"] });
    user.file("mount.json", missing.to_string());
    user.thv(&["run", "./mount.json"]).fails(15, "cannot mount /no/place");
}

/// The current directory may be a stranger's, with a program of theirs under the name of an engine or helper.
#[cfg(unix)]
#[test]
fn programs_in_relative_directories_of_path_are_not_run() {
    let user = User::new();
    let registry = support::stub_registry::StubRegistry::start(|_| {
        support::stub_registry::status(401).with("www-authenticate", "Basic realm=\"x\"")
    });
    let config = json!({ "image": "localhost/x:v1", "name": "n", "transport": "stdio" });
    user.file("config.json", config.to_string());
    user.file("state/toolhive/runconfigs/n.json", config.to_string());
    user.file(".docker/config.json", json!({ "credsStore": "fake" }).to_string());
    let ran = user.path("ran");
    let script = format!("#!/bin/sh\necho \"$0\" >> {}\n", ran.display());
    for directory in ["", "bin/"] {
        for name in ["podman", "docker", "toolhive", "docker-credential-fake"] {
            user.program(&format!("{directory}{name}"), &script);
        }
    }
    let absent = user.path("absent").display().to_string();
    for path in
        ["", ".", "bin", "./bin", ":", &format!("{absent}::{absent}"), &format!("{absent}:bin:")]
    {
        let run = |arguments: &[&str]| {
            let mut command = user.command();
            command.args(arguments).env("PATH", path).env("THV_TOOLHIVE", "toolhive");
            Ran(command.stdin(Stdio::null()).output().unwrap())
        };
        run(&["run", "./config.json", "--yes"]).fails(17, "install podman or docker");
        run(&["run", "./config.json", "--yes", "--engine", "toolhive"])
            .fails(17, "set THV_TOOLHIVE");
        run(&["list"]).ok();
        run(&["pull", &registry.reference("a:v1")]).fails(4, "no directory in PATH has it");
        assert!(!ran.exists(), "{path:?}");
    }
    let bin = user.path("bin").display().to_string();
    let mut command = user.command();
    command.args(["pull", &registry.reference("a:v1")]).env("PATH", bin).stdin(Stdio::null());
    Ran(command.output().unwrap()).fails(4, "docker-credential-fake");
    assert!(ran.exists(), "an absolute directory is searched");
}

#[test]
fn missing_tag_error_lists_existing_tags() {
    let user = User::new();
    let registry = Registry::embedded();
    user.file("config.json", include_bytes!("../fixtures/runconfigs/stdio.json"));
    user.thv(&["push", "config.json", &registry.reference("a:v1")]).ok();
    let mut command = user.command();
    // No engine can be found, so no local image is used.
    command.args(["run", &registry.reference("a:v2")]).env("PATH", "").stdin(Stdio::null());
    let said = Ran(command.output().unwrap()).fails(3, "MANIFEST_UNKNOWN");
    assert!(said.stderr().contains("existing tags: v1"), "{}", said.stderr());
}

#[test]
fn other_artifacts_are_named_and_hostile_ones_are_refused() {
    let user = User::new();
    let registry = Registry::embedded();
    let config = registry.put_blob("a", b"{}");
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": media_type,
        "artifactType": "application/vnd.example.chart", "layers": [],
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2 },
    });
    registry.put_manifest("a", "chart", media_type, &manifest);
    user.thv(&["run", &registry.reference("a:chart")]).fails(10, "application/vnd.example.chart");
    manifest.as_object_mut().unwrap().remove("artifactType");
    manifest["config"]["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
    registry.put_manifest("a", "image", media_type, &manifest);
    let from = ["run", "--from-config", &registry.reference("a:image")];
    user.thv(&from).fails(2, "is a container image, not a run configuration");
    let hostile = json!({ "image": "--privileged", "name": "n", "transport": "stdio" });
    user.file("hostile.json", hostile.to_string());
    user.thv(&["run", "./hostile.json", "--dry-run"]).fails(15, "is not an image reference");
}

#[cfg(unix)]
#[test]
fn toolhive_gets_the_whole_configuration() {
    let user = User::new();
    let config =
        json!({ "image": "x:v1", "name": "n", "transport": "stdio", "tools_filter": ["a"] });
    user.file("config.json", config.to_string());
    let script = "#!/bin/sh\necho \"$1 $2\"; stat -c %a \"$3\" >&2; cp \"$3\" taken.json; exit 9\n";
    let toolhive = user.program("toolhive", script);
    let run = ["run", "./config.json", "--engine", "toolhive"];
    user.thv(&run).fails(17, "THV_TOOLHIVE");
    let runtime = user.path("runtime");
    std::fs::create_dir(&runtime).unwrap();
    let mut command = user.command();
    command.args(run).env("THV_TOOLHIVE", &toolhive).env("XDG_RUNTIME_DIR", &runtime);
    // No engine: the image is not pulled, and ToolHive is started all the same.
    let tools = user.path("tools");
    std::fs::create_dir(&tools).unwrap();
    for tool in ["stat", "cp"] {
        std::os::unix::fs::symlink(format!("/usr/bin/{tool}"), tools.join(tool)).unwrap();
    }
    command.env("PATH", &tools);
    let ran = Ran(command.output().unwrap()).fails(9, "600");
    assert!(ran.stderr().contains("the image is not pulled: "), "{}", ran.stderr());
    assert_eq!(ran.stdout(), "run --from-config\n");
    assert_eq!(std::fs::read(user.path("taken.json")).unwrap(), config.to_string().as_bytes());
    assert_eq!(std::fs::read_dir(&runtime).unwrap().count(), 0, "the file is gone");

    // From a registry, all that it asks for is shown before ToolHive is started.
    let registry = Registry::embedded();
    let reference = registry.reference("configs/server:v1");
    let config = json!({ "image": "x:v1", "name": "n", "transport": "stdio",
        "permission_profile": { "privileged": true, "write": ["/etc:/etc"] } });
    user.file("shared.json", config.to_string());
    user.thv(&["push", "./shared.json", &reference]).ok();
    let mut command = user.command();
    command.args(["run", &reference, "--engine", "toolhive"]).env("THV_TOOLHIVE", &toolhive);
    let ran = Ran(command.stdin(Stdio::null()).output().unwrap()).fails(16, "did not agree");
    assert_eq!(ran.stdout(), "", "ToolHive was not started");
    for line in ["  writes: /etc:/etc\n", "  privileged: YES\n", "warning: writes /etc: "] {
        assert!(ran.stderr().contains(line), "{}", ran.stderr());
    }
}

/// A program under podman's name that has every image but `absent`, and no container. What it "starts"
/// is a server that the test brings itself. A pull takes as long as the test.
const FAKE_ENGINE: &str = r#"#!/bin/sh
case "$1 $2" in
"container inspect") exit 1 ;;
"image inspect") case "$4" in *absent*) exit 1 ;; esac ;;
"pull --quiet") exec sleep 600 ;;
"create "*) echo made ;;
esac
"#;

fn with_fake_engine(user: &User, arguments: &[&str]) -> std::process::Command {
    user.program("bin/podman", FAKE_ENGINE);
    let mut command = user.command();
    let path = format!("{}:/usr/bin:/bin", user.path("bin").display());
    command.arg("run").args(arguments).env("PATH", path).stdin(Stdio::null());
    command
}

#[cfg(unix)]
#[test]
fn whole_run_has_one_transcript() {
    let (user, registry) = (User::new(), Registry::embedded());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let config = json!({
        "image": "localhost/here:v1", "name": "n", "transport": "streamable-http",
        "target_port": port, "permission_profile": { "network": { "mode": "host" } },
    });
    user.file("config.json", config.to_string());
    let reference = registry.reference("configs/n:v1");
    user.thv(&["push", "config.json", &reference]).ok();
    let more = ["--yes", "--detach", "--json", "--wire-log", "run.jsonl"];
    let mut command = with_fake_engine(&user, &[&[&reference[..]], &more[..]].concat());
    let answered = Ran(command.output().unwrap()).ok().json();
    assert_eq!(answered["url"], format!("http://127.0.0.1:{port}/mcp"));
    server.join().unwrap();
    let exchanges = support::transcript(&user.path("run.jsonl"));
    let wait = exchanges.last().unwrap();
    assert_eq!(wait["operation"], "run: wait");
    assert_eq!(wait["request"]["url"], answered["url"]);
    assert!(exchanges.len() > 1, "the manifest comes from the registry");
    for (index, exchange) in exchanges.iter().enumerate() {
        assert_eq!(exchange["run"], exchanges[0]["run"]);
        assert_eq!(exchange["seq"], index + 1);
    }
}

#[cfg(unix)]
#[test]
fn signal_during_a_pull_ends_the_run() {
    let user = User::new();
    let config = json!({ "image": "localhost/absent:v1", "name": "n", "transport": "stdio" });
    user.file("config.json", config.to_string());
    let mut command = with_fake_engine(&user, &["./config.json"]);
    let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "pulling the image localhost/absent:v1");
    let id = process.id().to_string();
    std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert_eq!(lines.next().unwrap(), "thv run: interrupted");
    assert_eq!(process.wait().unwrap().code(), Some(130));
    assert!(!user.stored("n").exists(), "nothing was saved");
}
