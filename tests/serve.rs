//! `thv registry serve` and its neighbours, the proxy and the replay, as servers on a user's machine:
//! whose directory is whose, what a web page may ask, and what happens when something runs out.

use crate::support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use serde_json::{Value, json};
use support::http::{self, Request, Response};
use support::service::Service;
use support::{Registry, User, recorded, sha256};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

fn send(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let headers =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let (method, target) = (method.to_owned(), path.to_owned());
    let body = Vec::new();
    http::send(address, Request { method, target, headers: headers.collect(), body }).unwrap()
}

fn code(answer: &Response) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    body["errors"][0]["code"].as_str().unwrap().to_owned()
}

fn serve(user: &User, options: &[&str]) -> Service {
    let mut command = user.command();
    command.args(["registry", "serve", "--listen", "127.0.0.1:0"]).args(options);
    Service::start(command)
}

/// Every file below a directory with its content, and every directory.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let below = tree(&path).into_iter();
            found.extend(below.map(|(path, content)| (format!("{name}/{path}"), content)));
            found.insert(name, Vec::new());
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn directory_of_somebody_else_is_refused_and_unchanged() {
    let hex = sha256(b"").replace("sha256:", "");
    let marker = "thv registry, layout 1\n";
    for (files, named) in [
        (&["uploads/photo.jpg"][..], "uploads/photo.jpg"),
        (&["uploads/0123456789abcdef"], "uploads"),
        (&["notes.txt"], "notes.txt"),
        (&["blobs/sha256/readme"], "blobs/sha256/readme"),
        (&["blobs/sha256/HEX", "index.json"], "index.json"),
        (&["blobs/sha256/HEX", "uploads/photo.jpg"], "uploads/photo.jpg"),
        (&["blobs/sha256/HEX", "repositories/a/_tags/v1/x"], "repositories/a/_tags/v1"),
        (&["blobs/sha256/HEX", "repositories/a/notes"], "repositories/a/notes"),
        (&["thv-uploads/0123456789abcdef"], "thv-uploads"),
        (&[".thv-registry", "uploads/photo.jpg"], ".thv-registry"),
    ] {
        let user = User::new();
        for file in files {
            user.file(&format!("dir/{}", file.replace("HEX", &hex)), "mine");
        }
        let before = tree(&user.path("dir"));
        let serve = ["registry", "serve", "--listen", "127.0.0.1:0", "--dir", "dir"];
        let refused = user.thv(&serve).fails(19, "name an empty one");
        assert!(refused.stderr().contains(&format!("holds {named},")), "{}", refused.stderr());
        assert_eq!(tree(&user.path("dir")), before);
    }
    // What lies beside the registry stays, too.
    let user = User::new();
    user.file("dir/.thv-registry", marker);
    for kept in ["dir/uploads/photo.jpg", "dir/uploads/0123456789abcdef", "dir/thv-uploads/mine"] {
        user.file(kept, "mine");
    }
    let before = tree(&user.path("dir"));
    user.file("dir/thv-uploads/0123456789abcdef", "of the registry");
    drop(serve(&user, &["--dir", "dir"]));
    assert_eq!(tree(&user.path("dir")), before);
}

#[cfg(unix)]
#[test]
fn link_in_place_of_the_uploads_is_not_followed() {
    let user = User::new();
    user.file("dir/.thv-registry", "thv registry, layout 1\n");
    user.file("mine/0123456789abcdef", "mine");
    std::os::unix::fs::symlink(user.path("mine"), user.path("dir/thv-uploads")).unwrap();
    let serve = ["registry", "serve", "--listen", "127.0.0.1:0", "--dir", "dir"];
    user.thv(&serve).fails(19, "holds thv-uploads,");
    assert_eq!(tree(&user.path("mine")).len(), 1);
}

#[test]
fn directory_of_an_earlier_version_is_opened() {
    let user = User::new();
    let dir = user.path("dir");
    let registry = Registry::embedded_in(&dir);
    let config = registry.put_blob("a/b", b"{}");
    let blob = json!({ "mediaType": EMPTY, "digest": config, "size": 2 });
    let manifest =
        json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": blob, "layers": [blob] });
    registry.put_manifest("a/b", "v1", MANIFEST, &manifest);
    drop(registry);

    // An earlier version made no marker, called the uploads otherwise, and was ended amid a write.
    fs::remove_file(dir.join(".thv-registry")).unwrap();
    fs::remove_dir_all(dir.join("thv-uploads")).unwrap();
    user.file("dir/uploads/0123456789abcdef", "unfinished");
    user.file("dir/repositories/a/b/_tags/.v2.tmp-0123456789abcdef", "half");
    let registry = Registry::embedded_in(&dir);
    assert!(!dir.join("uploads").exists());
    let tags = registry.http("GET", "/v2/a/b/tags/list", &[], b"");
    assert_eq!(serde_json::from_slice::<Value>(&tags.body).unwrap()["tags"], json!(["v1"]));
    let got = registry.http("GET", "/v2/a/b/manifests/v1", &[], b"");
    assert_eq!(got.body, manifest.to_string().as_bytes());
    drop(registry);

    // From now on, `uploads` is somebody else's.
    user.file("dir/uploads/0123456789abcdef", "mine");
    drop(Registry::embedded_in(&dir));
    assert!(dir.join("uploads/0123456789abcdef").exists());
}

#[test]
fn directory_in_use_is_refused() {
    let user = User::new();
    let first = serve(&user, &["--dir", "dir"]);
    let started = send(first.address, "POST", "/v2/a/blobs/uploads/", &[]);
    let second = ["registry", "serve", "--listen", "127.0.0.1:0", "--dir", "dir"];
    user.thv(&second).fails(19, "another registry uses it");
    let location = started.header("location").unwrap();
    assert_eq!(send(first.address, "GET", location, &[]).status, 204, "the upload is still open");
    drop(first);
    serve(&user, &["--dir", "dir"]);
}

#[test]
fn request_of_a_web_page_is_refused() {
    let user = User::new();
    let registry = serve(&user, &[]);
    let mut replay = user.command();
    replay.args(["wire", "replay", recorded::path("pull").to_str().unwrap()]);
    replay.args(["--listen", "127.0.0.1:0"]);
    let replay = Service::start(replay);
    let mut proxy = user.command();
    proxy.args(["wire", "proxy", "--listen", "127.0.0.1:0", "--wire-log", "log.jsonl"]);
    proxy.args(["--upstream", &format!("http://{}", registry.address)]);
    let proxy = Service::start(proxy);

    for address in [registry.address, replay.address, proxy.address] {
        let ask = |method: &str, headers: &[(&str, &str)]| {
            send(address, method, "/v2/a/blobs/uploads/", headers)
        };
        for headers in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "null")],
            &[("origin", "http://localhost:3000")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("host", "evil.example")],
            &[("host", "evil.example"), ("origin", "http://evil.example")],
        ] {
            for method in ["POST", "OPTIONS", "GET"] {
                let refused = ask(method, headers);
                assert_eq!((refused.status, code(&refused)), (403, "DENIED".to_owned()));
                assert_eq!(refused.header("access-control-allow-origin"), None);
            }
        }
        for headers in [&[][..], &[("host", "localhost:5055")], &[("host", "[::1]:5055")]] {
            assert_ne!(ask("POST", headers).status, 403, "{headers:?}");
        }
    }
    for address in [registry.address, replay.address] {
        let own = format!("http://{address}");
        for headers in [
            &[("origin", own.as_str()), ("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "none")],
        ] {
            let answer = send(address, "POST", "/v2/a/blobs/uploads/", headers);
            assert_ne!(answer.status, 403, "{headers:?}");
        }
    }
    proxy.stop();
    let passed_on = support::transcript(&user.path("log.jsonl")).len();
    assert_eq!(passed_on, 3, "what is refused does not reach the registry");
}

#[test]
fn host_name_of_the_server_is_answered() {
    let user = User::new();
    let registry = serve(&user, &["--host", "registry.lan", "--host", "Other.lan"]);
    for (host, status) in [
        ("registry.lan:5055", 200),
        ("other.lan", 200),
        ("127.0.0.1", 200),
        ("lan", 403),
        ("registry.lan.evil.example", 403),
    ] {
        assert_eq!(send(registry.address, "GET", "/v2/", &[("host", host)]).status, status);
    }
    let refused = user.thv(&["registry", "serve", "--host", "http://registry.lan"]);
    refused.fails(2, "without scheme and port");
}

#[test]
fn too_many_uploads_are_refused_and_none_is_lost() {
    let registry = Registry::embedded();
    let start = || registry.http("POST", "/v2/a/blobs/uploads/", &[], b"");
    let first = start().header("location").unwrap().to_owned();
    let kept = registry.http("PATCH", &first, &[], b"content");
    for _ in 1..1000 {
        assert_eq!(start().status, 202);
    }
    let refused = start();
    assert_eq!((refused.status, code(&refused)), (429, "TOOMANYREQUESTS".to_owned()));
    let end = format!("{}&digest={}", kept.header("location").unwrap(), sha256(b"content"));
    assert_eq!(registry.http("PUT", &end, &[], b"").status, 201);
    assert_eq!(start().status, 202, "there is room again");
}

#[cfg(unix)]
#[test]
fn server_without_file_descriptors_goes_on_when_it_has_some() {
    let user = User::new();
    let mut command = user.command_of("sh");
    let script = "ulimit -n 24; exec \"$0\" \"$@\"";
    command.args(["-c", script, env!("CARGO_BIN_EXE_thv")]);
    command.args(["registry", "serve", "--listen", "127.0.0.1:0"]);
    let registry = Service::start(command);
    let connections: Vec<_> = (0..40)
        .map(|_| {
            let mut connection = TcpStream::connect(registry.address).unwrap();
            connection.write_all(b"GET /v2/ HTTP/1.1\r\n").unwrap();
            connection
        })
        .collect();
    drop(connections);
    assert_eq!(send(registry.address, "GET", "/v2/", &[]).status, 200);
}
