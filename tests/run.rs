//! `thv run` with real containers: podman and runc, images and configurations from a real registry.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use support::podman::World;
use support::schema::assert_valid;
use support::{Ran, methods};

/// An MCP client that has `thv run` as its server command.
struct Client {
    process: Child,
    answers: BufReader<ChildStdout>,
    id: u64,
}

impl Client {
    fn start(mut command: Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, answers, id: 0 }
    }

    /// One request; the very next line is its answer.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.id += 1;
        let stdin = self.process.stdin.as_mut().unwrap();
        writeln!(stdin, "{}", request(self.id, method, params)).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut said = String::new();
            self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("{line:?} {said}")
        });
        assert_eq!(answer["id"], self.id);
        answer["result"].clone()
    }

    fn look(&mut self, at: &str) -> String {
        let call = json!({ "name": "look", "arguments": { "at": at } });
        text_of(&self.ask("tools/call", &call))
    }

    /// Closes the server's input, or sends a signal; the exit code, and standard error.
    fn end(mut self, signal: Option<&str>) -> (i32, String) {
        match signal {
            None => drop(self.process.stdin.take()),
            Some(signal) => {
                let id = self.process.id().to_string();
                assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
            }
        }
        let mut rest = String::new();
        self.answers.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "nothing but answers is on standard output");
        let mut said = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.process.wait().unwrap().code().unwrap(), said)
    }
}

fn request(id: u64, method: &str, params: &Value) -> Value {
    // In this order: the server reads what it needs from left to right.
    serde_json::from_str::<Value>(&format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#
    ))
    .unwrap()
}

fn text_of(result: &Value) -> String {
    result["content"][0]["text"].as_str().unwrap().to_owned()
}

fn configuration(world: &World, transport: &str, more: &Value) -> Value {
    let mut config = json!({
        "schema_version": "v0.1.0", "image": world.image(), "name": world.name,
        "container_name": world.name, "base_name": world.name, "transport": transport,
        "host": "127.0.0.1", "port": support::free_address().port(), "target_host": "127.0.0.1",
        "permission_profile": { "name": "network", "network": {
            "outbound": { "insecure_allow_all": true }, "inbound": {} } },
        "isolate_network": true, "proxy_mode": "streamable-http", "group": "default",
        "ignore_config": { "LoadGlobal": true, "PrintOverlays": false },
        "middleware_configs": [
            { "type": "auth", "parameters": {} }, { "type": "mcp-parser", "parameters": {} },
            { "type": "usagemetrics", "parameters": {} }, { "type": "recovery", "parameters": null },
        ],
    });
    if transport != "stdio" {
        config["target_port"] = json!(8080);
    }
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

/// Pushes a configuration to the registry and returns its reference.
fn pushed(world: &World, config: &Value) -> String {
    let file = world.user.file("shared.json", config.to_string());
    let reference = world.registry.reference("configs/server:v1");
    let held = |field: &&str| config.pointer(&format!("/permission_profile/{field}/0")).is_some();
    let paths = ["read", "write"].into_iter().filter(held);
    let paths: Vec<_> = paths.map(|field| format!("permission_profile.{field}.0")).collect();
    let mounts: Vec<_> = paths.iter().flat_map(|path| ["--allow", path.as_str()]).collect();
    world.user.thv(&[&["push", file.to_str().unwrap(), &reference][..], &mounts].concat()).ok();
    reference
}

fn run(world: &World, arguments: &[&str]) -> Ran {
    Ran(world.thv().arg("run").args(arguments).stdin(Stdio::null()).output().unwrap())
}

#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn mcp_client_talks_to_a_server_from_a_registry() {
    let world = World::new();
    world.user.file("data/in.txt", "from the host");
    let (data, out) = (world.user.path("data"), world.user.path("out"));
    std::fs::create_dir(&out).unwrap();
    let config = configuration(
        &world,
        "stdio",
        &json!({
            "cmd_args": ["--flag", "a b"], "env_vars": { "PLAIN": "x=1 $HOME \"q\" #z " },
            "secrets": ["token,target=TOKEN"],
            "container_labels": { "toolhive": "true", "proxy.expose": "all of it" },
            "permission_profile": {
                "read": [format!("{}:/in", data.display())],
                "write": [format!("{}:/out", out.display())],
                "network": { "outbound": {} },
            },
        }),
    );
    let reference = pushed(&world, &config);
    // Without a terminal and --yes the run is refused. A missing secret is reported first.
    run(&world, &[&reference]).fails(15, "secret not found: token");
    let mut command = world.thv();
    command.args(["run", &reference]).env("TOOLHIVE_SECRET_token", "FAKE-secret-51");
    let refused = Ran(command.stdin(Stdio::null()).output().unwrap()).fails(16, "did not agree");
    assert_eq!(refused.stdout(), "");
    let said = refused.stderr();
    for line in [
        "digest: sha256:",
        &format!("image: {}", world.image()),
        "network: none",
        &format!("reads: {}:/in", data.display()),
        &format!("writes: {}:/out", out.display()),
        "label: proxy.expose=all of it",
        "secrets: token,target=TOKEN",
        "environment: 'PLAIN=x=1 $HOME \"q\" #z '",
        "image digest: sha256:",
        "privileged: no",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("FAKE-secret-51"), "the user's own secret is not shown");
    assert_eq!(world.containers(), "");

    let secret = world.user.file("token.txt", "FAKE-secret-51\n");
    let mut command = world.thv();
    command.args(["run", &reference, "--yes", "--wire-log", "run.jsonl"]);
    command.arg(format!("--secret=token=@{}", secret.display()));
    let mut client = Client::start(command);
    let hello = client.ask("initialize", &json!({ "protocolVersion": "2025-06-18" }));
    assert_eq!(hello["serverInfo"]["name"], "test");
    assert_eq!(client.ask("tools/list", &json!({}))["tools"][0]["name"], "look");
    for (at, seen) in [
        ("$PLAIN", "x=1 $HOME \"q\" #z "),
        ("$TOKEN", "FAKE-secret-51"),
        ("$MCP_TRANSPORT", "stdio"),
        ("$MCP_PORT", "(not set)"),
        ("args", "--flag|a b"),
        ("/in/in.txt", "from the host"),
        ("+/in/new", "(read-only filesystem or storage medium)"),
        ("+/out/new", "written"),
    ] {
        assert_eq!(client.look(at), seen, "{at}");
    }
    assert_eq!(std::fs::read_to_string(out.join("new")).unwrap(), "written");
    // No process shows the secret among its arguments.
    let processes = Command::new("ps").args(["-eo", "args"]).output().unwrap();
    assert!(!String::from_utf8_lossy(&processes.stdout).contains("FAKE-secret-51"));
    let (code, said) = client.end(None);
    assert_eq!(code, 3, "the server's own exit code: {said}");
    assert!(said.contains("the server is here"), "its standard error is ours: {said}");
    assert_eq!(world.containers(), "", "the container is gone");
    assert_eq!(
        methods(&world.user.path("run.jsonl")),
        ["GET", "GET"],
        "the configuration and its image"
    );

    // One agreement is enough for this manifest; a signal reaches the server.
    let mut command = world.thv();
    command.args(["run", &reference]).env("TOOLHIVE_SECRET_token", "FAKE-secret-51");
    let mut client = Client::start(command);
    client.ask("initialize", &json!({}));
    assert_eq!(client.end(Some("-TERM")).0, 42);
    assert_eq!(world.containers(), "");

    // A tag that moved asks again, and shows what changed.
    let mut changed = config;
    changed["permission_profile"]["privileged"] = json!(true);
    changed["secrets"] = json!([]);
    let reference = pushed(&world, &changed);
    let said = run(&world, &[&reference]).fails(16, "did not agree").stderr();
    assert!(said.contains("\n- secrets: token,target=TOKEN\n"), "{said}");
    assert!(said.contains("\n- privileged: no\n"), "{said}");
    assert!(said.contains("\n+ privileged: YES\n"), "{said}");
    assert!(said.contains("\n  network: none\n"), "{said}");
}

#[cfg(unix)]
#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn secret_of_several_lines_arrives_whole_and_in_no_argument() {
    let world = World::new();
    let key = "FAKE-----BEGIN KEY-----\n FAKE-a=\"b\" $HOME\r\n\n#FAKE-c\n-----END KEY-----";
    let settings = "{\n  \"a\": \"'é\"\n}\n";
    let config = configuration(
        &world,
        "stdio",
        &json!({ "secrets": ["key,target=KEY"], "env_vars": { "SETTINGS": settings, "A": "1" } }),
    );
    world.user.file("config.json", config.to_string());
    world.user.file("key.pem", format!("{key}\n"));
    // An engine that writes down how it is called.
    let (bin, calls) = (world.user.path("bin"), world.user.path("calls"));
    world.user.program(
        "bin/podman",
        &format!("#!/bin/sh\necho \"$@\" >>{}\nexec /usr/bin/podman \"$@\"\n", calls.display()),
    );
    let path = format!("{}:/usr/bin:/bin:/usr/sbin", bin.display());
    let run = |more: &[&str]| {
        let mut command = world.thv();
        command.args(["run", "./config.json", "--secret", "key=@key.pem"]).args(more);
        command.env("PATH", &path);
        command
    };
    let line = Ran(run(&["--dry-run"]).output().unwrap()).ok().stdout();
    assert!(!line.contains("FAKE-") && line.contains(" --env=KEY "), "{line}");
    // What is printed does the same, where its secrets are set.
    let mut pasted = Command::new("bash");
    world.settings(&mut pasted);
    pasted.args(["-c", &line]).env("HOME", world.user.path("")).env("KEY", key);
    world.podman(&["pull", "--quiet", &world.image()]);
    for command in [run(&[]), pasted] {
        let mut client = Client::start(command);
        for (at, seen) in [("$KEY", key), ("$SETTINGS", settings), ("$A", "1")] {
            assert_eq!(client.look(at), seen, "{at}");
        }
        let processes = Command::new("ps").args(["-eo", "args"]).output().unwrap();
        assert!(!String::from_utf8_lossy(&processes.stdout).contains("FAKE-"));
        assert_eq!(client.end(None).0, 3);
    }
    let calls = std::fs::read_to_string(calls).unwrap();
    assert!(calls.contains(" --env=KEY ") && !calls.contains("FAKE-"), "{calls}");
}

/// Sends a request to the server that answers at `url`.
fn send(url: &str, method: &str, path: &str, body: &str) -> TcpStream {
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).unwrap();
    stream
}

fn post(url: &str, id: u64, method: &str, params: &Value) -> Value {
    let body = request(id, method, params).to_string();
    let mut answer = String::new();
    send(url, "POST", "/mcp", &body).read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str::<Value>(body).unwrap()["result"].clone()
}

#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn sse_server_is_reached() {
    let world = World::new();
    let config = configuration(&world, "sse", &json!({}));
    world.user.file("config.json", config.to_string());
    let said = run(&world, &["./config.json", "--detach", "--json"]).ok().json();
    let url = said["url"].as_str().unwrap();
    assert!(url.ends_with("/sse"), "{url}");
    let events = BufReader::new(send(url, "GET", "/sse", ""));
    let mut events = events.lines().map(Result::unwrap);
    let mut data = || {
        let data = |line: String| line.strip_prefix("data: ").map(str::to_owned);
        events.by_ref().find_map(data).unwrap()
    };
    assert_eq!(data(), "/messages");
    let body = request(1, "tools/list", &json!({})).to_string();
    let mut accepted = String::new();
    send(url, "POST", "/messages", &body).read_to_string(&mut accepted).unwrap();
    assert!(accepted.starts_with("HTTP/1.1 202 "), "{accepted}");
    let answer: Value = serde_json::from_str(&data()).unwrap();
    assert_eq!(answer["result"]["tools"][0]["name"], "look");
}

#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn http_server_runs_until_it_is_stopped() {
    let world = World::new();
    let config = configuration(&world, "streamable-http", &json!({}));
    let reference = pushed(&world, &config);
    // The configured port is taken.
    let taken =
        TcpListener::bind(("127.0.0.1", u16::try_from(config["port"].as_u64().unwrap()).unwrap()))
            .unwrap();
    let port = config["port"].to_string();
    run(&world, &[&reference, "--yes", "--port", &port]).fails(2, "is taken");
    let mut command = world.thv();
    command.args(["run", &reference, "--yes", "--json"]);
    let mut process =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_valid("run", "thv run", &line);
    let said: Value = serde_json::from_str(&line).unwrap();
    let url = said["url"].as_str().unwrap();
    assert!(!url.contains(&format!(":{port}/")) && url.ends_with("/mcp"), "{url}");
    assert_eq!(post(url, 1, "initialize", &json!({}))["serverInfo"]["name"], "test");
    let at = |at: &str| text_of(&post(url, 2, "tools/call", &json!({ "arguments": { "at": at } })));
    assert_eq!(at("$MCP_PORT"), "8080");
    assert_eq!(at("$FASTMCP_PORT"), "8080");
    let ran = Ran(world.thv().args(["list", "--json"]).output().unwrap()).ok();
    assert_valid("list", "thv list", &ran.stdout());
    let listed = ran.json();
    assert_eq!((&listed[0]["state"], &listed[0]["url"]), (&json!("running"), &json!(url)));
    let stored = std::fs::read(world.user.stored(&world.name)).unwrap();
    let said = run(&world, &[&reference]).fails(17, "is already running").stderr();
    assert!(
        said.contains(&format!("`podman rm --force {}` stops and removes it", world.name)),
        "{said}"
    );
    assert!(!said.contains("is taken"), "no port is looked for: {said}");
    let other = configuration(&world, "stdio", &json!({ "cmd_args": ["other"] }));
    world.user.file("other.json", other.to_string());
    run(&world, &["./other.json"]).fails(17, "is already running");
    assert_eq!(std::fs::read(world.user.stored(&world.name)).unwrap(), stored, "of what runs");
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let mut said = String::new();
    process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(0), "{said}");
    assert!(said.contains(&format!("port {port} is taken; using ")), "{said}");
    assert!(said.contains("the server listens"), "what the server writes is shown: {said}");
    assert_eq!(world.containers(), "");
    drop(taken);

    // In the background, at the port that is free now.
    let ran = run(&world, &[&reference, "--detach", "--json"]).ok();
    assert_valid("run", "thv run --detach", &ran.stdout());
    let said = ran.json();
    let url = said["url"].as_str().unwrap();
    assert!(url.contains(&format!(":{port}/")), "{url}");
    assert_eq!(post(url, 1, "tools/list", &json!({}))["tools"][0]["name"], "look");
    let stop = said["stop"].as_str().unwrap();
    assert_eq!(world.containers(), world.name);
    world.podman(&stop.split(' ').skip(1).collect::<Vec<_>>());
    assert_eq!(world.containers(), "");
    let listed = Ran(world.thv().args(["list"]).output().unwrap()).ok().stdout();
    assert!(listed.lines().nth(1).unwrap().contains("stopped"), "{listed}");
}

#[cfg(unix)]
#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn container_left_by_a_killed_run_is_named_with_a_remedy() {
    let world = World::new();
    let config = configuration(&world, "streamable-http", &json!({}));
    world.user.file("config.json", config.to_string());
    let mut command = world.thv();
    command.args(["run", "./config.json"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let mut said = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains(" answers at "), "{said}");
    process.kill().unwrap();
    process.wait().unwrap();
    let listed = Ran(world.thv().args(["list"]).output().unwrap()).ok().stdout();
    assert!(listed.contains(" running "), "{listed}");
    let said = run(&world, &["./config.json", "--detach"]).fails(17, "is already running").stderr();
    let way_out = said.split('`').nth(1).unwrap();
    world.podman(&way_out.split(' ').skip(1).collect::<Vec<_>>());
    run(&world, &["./config.json", "--detach"]).ok();
}

#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn server_that_exits_before_it_answers_fails_the_run() {
    let world = World::new();
    // An address that the container does not have: the server cannot listen there.
    let broken = configuration(&world, "streamable-http", &json!({ "target_host": "203.0.113.1" }));
    world.user.file("broken.json", broken.to_string());
    run(&world, &["./broken.json"]).fails(101, "a free port");
    assert_eq!(world.containers(), "");
    let said = run(&world, &["./broken.json", "--detach"]).fails(17, "ended repeatedly").stderr();
    assert!(said.contains("a free port"), "what it wrote last: {said}");
    assert_eq!(world.containers(), "");
    // Its image's program is not there.
    let other = configuration(&world, "stdio", &json!({ "image": "localhost/absent:v1" }));
    world.user.file("absent.json", other.to_string());
    run(&world, &["./absent.json"]).fails(17, "localhost/absent:v1");
    assert_eq!(world.containers(), "");
}

#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn address_that_cannot_be_published_is_refused() {
    let world = World::new();
    let is_root = world.podman(&["info", "--format={{.Host.Security.Rootless}}"]) == "false";
    for host in ["::1", "::"] {
        let config = configuration(&world, "streamable-http", &json!({ "host": host }));
        world.user.file("config.json", config.to_string());
        let ran = run(&world, &["./config.json", "--detach"]);
        if !is_root {
            // It has a proxy of its own.
            ran.ok();
            world.podman(&["rm", "--force", "--time=0", &world.name]);
            continue;
        }
        let said = ran.fails(17, "cannot publish a port at").stderr();
        assert!(said.contains(&format!("at {host} when")) && said.contains("127.0.0.1"), "{said}");
        assert!(!said.contains("pulling"), "{said}");
        assert!(!world.user.stored(&world.name).exists());
    }
    // In the host network, clients connect to the server's own port.
    let port = support::free_address().port();
    let config = configuration(
        &world,
        "streamable-http",
        &json!({ "host": "::1", "target_host": "::1", "target_port": port,
            "permission_profile": { "network": { "mode": "host" } } }),
    );
    world.user.file("config.json", config.to_string());
    let said = run(&world, &["./config.json", "--detach", "--json"]).ok().json();
    assert_eq!(said["url"], format!("http://[::1]:{port}/mcp"));
}

#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn container_of_another_workload_is_not_touched() {
    let world = World::new();
    world.podman(&["pull", "--quiet", &world.image()]);
    let label = "--label=toolhive-basename=another";
    let make = ["create", "--name", &world.name, "--label=toolhive=true", label, &world.image()];
    let id = world.podman(&make);
    let config = configuration(&world, "stdio", &json!({}));
    world.user.file("config.json", config.to_string());
    run(&world, &["./config.json"]).fails(17, "belongs to another workload");
    assert_eq!(world.podman(&["container", "inspect", "--format={{.Id}}", &world.name]), id);
    assert!(!world.user.stored(&world.name).exists());
    // One of the same workload that does not run is no obstacle.
    world.podman(&["rm", &id]);
    let label = format!("--label=toolhive-basename={}", world.name);
    let make = ["create", "--name", &world.name, "--label=toolhive=true", &label, &world.image()];
    world.podman(&make);
    assert_eq!(run(&world, &["./config.json"]).code(), 3);
    assert_eq!(world.containers(), "");
}

#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn image_without_a_registry_is_from_docker_hub() {
    let world = World::new();
    let image = format!("mcp/{}:v1", world.name);
    world.podman(&["pull", "--quiet", &world.image()]);
    world.podman(&["push", "--quiet", &world.image(), &world.registry.reference(&image)]);
    // A local image of another registry with the same path is another image.
    let other = format!("other.example/{image}");
    world.podman(&["tag", &world.image(), &other]);
    // For this test, Docker Hub is the test's own registry.
    let registry = &world.registry.address;
    let settings = format!(
        "[[registry]]\nprefix = \"docker.io\"\nlocation = \"{registry}\"\ninsecure = true\n"
    );
    world.user.file("registries.conf", settings);
    let config = configuration(&world, "stdio", &json!({ "image": image }));
    world.user.file("config.json", config.to_string());
    let ran = run(&world, &["./config.json"]);
    assert_eq!(ran.code(), 3, "{}", ran.stderr());
    let whole = format!("docker.io/{image}");
    assert!(ran.stderr().contains(&format!("pulling the image {whole}\n")), "{}", ran.stderr());
    world.podman(&["rmi", &whole, &other]);
}

#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn images_and_indexes_of_docker_and_oci_are_run() {
    let world = World::new();
    let (image, name) = (world.image(), &world.name);
    world.podman(&["pull", "--quiet", &image]);
    let pushed = |tag: &str| world.registry.reference(&format!("mcp/server:{tag}"));
    world.podman(&["push", "--quiet", "--format=v2s2", &image, &pushed("docker")]);
    world.podman(&["manifest", "create", name, &image]);
    for (format, tag) in [("oci", "index"), ("v2s2", "list")] {
        let to = format!("docker://{}", pushed(tag));
        world.podman(&["manifest", "push", "--quiet", "--all", "--format", format, name, &to]);
    }
    world.podman(&["manifest", "rm", name]);
    for (tag, media_type) in [
        ("v1", "application/vnd.oci.image.manifest.v1+json"),
        ("docker", "application/vnd.docker.distribution.manifest.v2+json"),
        ("index", "application/vnd.oci.image.index.v1+json"),
        ("list", "application/vnd.docker.distribution.manifest.list.v2+json"),
    ] {
        let path = format!("/v2/mcp/server/manifests/{tag}");
        let stored = world.registry.http("GET", &path, &[("accept", media_type)], b"");
        assert_eq!(stored.header("content-type"), Some(media_type));
        let image = pushed(tag);
        let ran =
            run(&world, &[&image, "--transport", "stdio", "--name", &format!("{name}-{tag}")]);
        assert_eq!(ran.code(), 3, "{tag}: {}", ran.stderr());
        if tag != "v1" {
            world.podman(&["rmi", &image]);
        }
    }
}

#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn images_are_pulled_when_toolhive_pulls_them() {
    let world = World::new();
    let latest = world.registry.reference("mcp/server:latest");
    let away = format!("{}/mcp/server:latest", support::free_address());
    let started = |image: &str| {
        let config = configuration(&world, "stdio", &json!({ "image": image }));
        world.user.file("config.json", config.to_string());
        let ran = run(&world, &["./config.json"]);
        assert_eq!(ran.code(), 3, "{}", ran.stderr());
        ran.stderr()
    };
    let pulling = "pulling the image";
    assert!(started(&world.image()).contains(pulling), "it is missing");
    assert!(!started(&world.image()).contains(pulling), "it is here");
    world.podman(&["tag", &world.image(), &latest, &away]);
    world.podman(&["push", "--quiet", &latest]);
    for image in [&latest, latest.strip_suffix(":latest").unwrap()] {
        let said = started(image);
        assert!(said.contains(pulling) && !said.contains("the older local image"), "{said}");
    }
    let said = started(&away);
    assert!(said.contains(pulling) && said.contains("running the older local image"), "{said}");
    world.podman(&["rmi", &latest, &away]);
}

#[cfg(unix)]
#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn both_engines_run_and_list_containers() {
    let world = World::new();
    // Two engines on this machine. Podman, under docker's name as in Debian's podman-docker, and
    // one that does not work.
    let (bin, home) = (world.user.path("bin"), world.user.path(""));
    let docker = format!("#!/bin/sh\nHOME={} exec /usr/bin/podman \"$@\"\n", home.display());
    for (name, script) in [("docker", &docker[..]), ("podman", "#!/bin/sh\nexit 1\n")] {
        world.user.program(&format!("bin/{name}"), script);
    }
    let thv = |arguments: &[&str]| {
        let mut command = world.thv();
        command.args(arguments).env("PATH", format!("{}:/usr/bin:/bin:/usr/sbin", bin.display()));
        command.stdin(Stdio::null());
        command
    };
    // A network of the host: what is listed is the port at which the server itself listens.
    let port = support::free_address().port();
    let config = configuration(
        &world,
        "streamable-http",
        &json!({ "target_port": port, "permission_profile": { "network": { "mode": "host" } } }),
    );
    world.user.file("config.json", config.to_string());
    let insisted = ["run", "./config.json", "--engine", "docker", "--port", "4000"];
    Ran(thv(&insisted).output().unwrap()).fails(2, "target_port");
    let mut detached = thv(&["run", "./config.json", "--detach", "--json"]);
    let said = Ran(detached.env("THV_ENGINE", "docker").output().unwrap()).ok().json();
    assert_eq!(said["url"], format!("http://127.0.0.1:{port}/mcp"));
    assert_eq!(said["stop"], format!("docker rm --force {}", world.name));
    let listed = Ran(thv(&["list", "--json"]).output().unwrap()).ok().json();
    assert_eq!((&listed[0]["state"], &listed[0]["url"]), (&json!("running"), &said["url"]));
    world.podman(&["rm", "--force", "--time=0", &world.name]);

    let config = configuration(&world, "stdio", &json!({}));
    world.user.file("config.json", config.to_string());
    let mut client = Client::start(thv(&["run", "./config.json", "--engine", "docker"]));
    client.ask("initialize", &json!({}));
    assert_eq!(client.end(Some("-TERM")).0, 42);
    assert_eq!(world.containers(), "");
}

#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn exported_run_of_an_image_runs_the_same() {
    let world = World::new();
    let (image, name) = (world.image(), world.name.clone());
    let options =
        ["--transport", "stdio", "--name", &name, "--env", "COLOUR=blue", "--port", "12345"];
    let mounts = ["-v", "/etc/hostname:/hostname:ro", "--permission-profile", "none"];
    let all = [&[&image[..]], &options[..], &mounts, &["--", "--flag", "x y"]].concat();
    assert_eq!(run(&world, &all).code(), 3, "the server saw the end of its input");
    let mut dry = all.clone();
    dry.insert(1, "--dry-run");
    let before = run(&world, &dry).ok().stdout();
    // What it prints can be pasted.
    let mut shell = Command::new("sh");
    world.settings(&mut shell);
    let pasted = shell.args(["-c", &before]).env("HOME", world.user.path("")).stdin(Stdio::null());
    assert_eq!(Ran(pasted.output().unwrap()).code(), 3, "{before}");

    let reference = world.registry.reference("configs/mine:v1");
    world.user.thv(&["export", &name, &reference]).ok();
    std::fs::remove_dir_all(world.user.path("state")).unwrap();
    world.podman(&["rmi", &image]);
    assert_eq!(run(&world, &[&reference, "--dry-run"]).ok().stdout(), before);
    let mut command = world.thv();
    command.args(["run", &reference, "--yes"]);
    let mut client = Client::start(command);
    assert_eq!(client.look("$COLOUR"), "blue");
    assert_eq!(client.look("args"), "--flag|x y");
    let hostname = std::fs::read_to_string("/etc/hostname").unwrap();
    assert_eq!(client.look("/hostname"), hostname);
    assert_eq!(client.end(None).0, 3);
    assert!(world.user.stored(&name).exists(), "the run is in the state store");
    // Another image under the same name is another server.
    let other = ["--transport", "stdio", "--name", &name];
    world.podman(&["tag", &image, &format!("localhost/{name}:v2")]);
    let local = format!("localhost/{name}:v2");
    run(&world, &[&[&local[..]], &other[..]].concat()).fails(13, "exists already");
    world.podman(&["rmi", &local]);
}

#[test]
#[ignore = "needs Debian's podman, runc and docker-registry; tests/run.sh installs them"]
fn local_image_is_used_only_if_the_registry_has_none_or_is_unreachable() {
    let world = World::new();
    let name = world.name.clone();
    let options = ["--transport", "stdio", "--name", &name];
    // Neither the registry nor the engine has the image.
    let absent = world.registry.reference("mcp/absent:v1");
    run(&world, &[&[&absent[..]], &options[..]].concat()).fails(3, "not found");
    world.podman(&["pull", "--quiet", &world.image()]);
    world.podman(&["tag", &world.image(), &absent]);
    let ran = run(&world, &[&[&absent[..]], &options[..]].concat());
    assert_eq!(ran.code(), 3, "the server's: {}", ran.stderr());
    assert!(ran.stderr().contains("the server is here"), "{}", ran.stderr());
    assert!(
        ran.stderr().contains("not found (") && ran.stderr().contains("running the local image")
    );
    // The registry cannot be reached.
    let away = format!("{}/mcp/server:v1", support::free_address());
    world.podman(&["tag", &world.image(), &away]);
    let ran = run(&world, &[&[&away[..]], &options[..]].concat());
    assert!(ran.stderr().contains("running the local image"), "{}", ran.stderr());
    // A required login or an invalid manifest does not allow the local image.
    let refusing = support::stub_registry::StubRegistry::start(|received| {
        if received.target.contains("moved") {
            return (307, vec![("location", "ftp://localhost/".to_owned())], String::new());
        }
        if received.target.contains("other") {
            return (
                200,
                vec![
                    ("content-type", "application/vnd.oci.image.manifest.v1+json".to_owned()),
                    ("docker-content-digest", support::sha256(b"another")),
                ],
                "{}".to_owned(),
            );
        }
        if received.target.contains("broken") {
            return (
                200,
                vec![("content-type", "application/vnd.oci.image.manifest.v1+json".to_owned())],
                "{".to_owned(),
            );
        }
        (401, vec![("www-authenticate", "Basic realm=\"x\"".to_owned())], String::new())
    });
    for (rest, code) in
        [("mcp/server:v1", 4), ("mcp/broken:v1", 10), ("mcp/other:v1", 8), ("mcp/moved:v1", 6)]
    {
        let image = refusing.reference(rest);
        world.podman(&["tag", &world.image(), &image]);
        let ran = run(&world, &[&[&image[..]], &options[..]].concat());
        assert_eq!(ran.code(), code, "{}", ran.stderr());
        assert!(!ran.stderr().contains("the server is here"));
        world.podman(&["rmi", &image]);
    }
    world.podman(&["rmi", &absent, &away]);
}
