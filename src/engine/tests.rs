use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::oci::auth::Secret;
use crate::runconfig::{Document, NetworkMode};

fn document(text: &str) -> Document {
    Document::parse(text.as_bytes().to_vec()).unwrap()
}

fn plan(text: &str) -> Result<Plan, PlanError> {
    let secrets = BTreeMap::from([("key".to_owned(), Secret::new("FAKE-value".to_owned()))]);
    let options =
        PlanOptions { secrets, working_dir: Some(Path::new("/")), ..PlanOptions::default() };
    Plan::new(document(text).config(), &options)
}

/// Returns the arguments but for labels and those that every container has.
fn own_arguments(text: &str) -> Vec<String> {
    let arguments = plan(text).unwrap().create_arguments(Lifetime::Attached);
    let usual =
        ["create", "--rm", "--pull=never", "--cap-drop=ALL", "--security-opt=label=disable"];
    let shown = |argument: &String| {
        !usual.contains(&argument.as_str()) && !argument.starts_with("--label=")
    };
    arguments.into_iter().filter(shown).collect()
}

#[test]
fn fields_become_arguments_of_the_engine() {
    let stdin = "--env-file=/dev/stdin";
    let http = r#""transport":"streamable-http","host":"127.0.0.1","port":9000,"target_port":80"#;
    for (fields, expected) in [
        (r#""transport":"stdio""#, vec!["--interactive", stdin, "r.io/x:1"]),
        (
            r#""transport":"stdio","cmd_args":["--a","b c"]"#,
            vec!["--interactive", stdin, "r.io/x:1", "--a", "b c"],
        ),
        (http, vec!["--publish=127.0.0.1:9000:80", stdin, "r.io/x:1"]),
        (
            r#""transport":"sse","port":9000,"target_port":80,"publish":["1:2","3"]"#,
            vec!["--publish=9000:80", "--publish=1:2", "--publish=3", stdin, "r.io/x:1"],
        ),
        (
            &format!(r#"{http},"permission_profile":{{"network":{{"mode":"host"}}}}"#),
            vec!["--network=host", stdin, "r.io/x:1"],
        ),
        (
            r#""transport":"stdio","permission_profile":{"network":{"mode":"none"}}"#,
            vec!["--interactive", "--network=none", stdin, "r.io/x:1"],
        ),
        (
            r#""transport":"stdio","permission_profile":{"network":{"mode":"mine"}},
               "isolate_network":true"#,
            vec!["--interactive", "--network=mine", stdin, "r.io/x:1"],
        ),
        (
            r#""transport":"stdio","isolate_network":true,
               "permission_profile":{"network":{"outbound":{}}}"#,
            vec!["--interactive", "--network=none", stdin, "r.io/x:1"],
        ),
        (
            r#""transport":"stdio","isolate_network":true,"permission_profile":{"network":{}}"#,
            vec!["--interactive", "--network=none", stdin, "r.io/x:1"],
        ),
        (
            r#""transport":"stdio","isolate_network":true,
               "permission_profile":{"network":{"outbound":{"insecure_allow_all":true}}}"#,
            vec!["--interactive", stdin, "r.io/x:1"],
        ),
        (
            r#""transport":"stdio","isolate_network":true,"permission_profile":null"#,
            vec!["--interactive", stdin, "r.io/x:1"],
        ),
        (
            r#""transport":"stdio","permission_profile":{"privileged":true}"#,
            vec!["--interactive", "--privileged", stdin, "r.io/x:1"],
        ),
        (
            r#""transport":"stdio","permission_profile":{"read":["/etc:/a","usr/."],
               "write":["/tmp:/a"]},"volumes":["/tmp:/a","/etc:/b:ro"]"#,
            vec![
                "--interactive",
                "--mount=type=bind,source=/tmp,target=/a",
                "--mount=type=bind,source=/etc,target=/b,readonly",
                stdin,
                "r.io/x:1",
            ],
        ),
    ] {
        let text = format!(r#"{{"image":"r.io/x:1","name":"n",{fields}}}"#);
        if fields.contains("usr/.") {
            // A path in the container has to be absolute.
            let refused = plan(&text).unwrap_err();
            assert!(matches!(refused, PlanError::Value(_)));
            let reason = "the mount \"usr/.\": the path in the container is not absolute";
            assert_eq!(refused.to_string(), reason);
            let text = text.replace("usr/.", "usr/.:/c/./d");
            let mut expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
            expected.insert(2, "--mount=type=bind,source=/usr,target=/c/d,readonly".to_owned());
            assert_eq!(own_arguments(&text)[1..], expected);
            continue;
        }
        assert_eq!(own_arguments(&text)[0], "--name=n");
        assert_eq!(own_arguments(&text)[1..], expected, "{fields}");
    }
}

#[test]
fn environment_file_has_the_variables_of_the_transport() {
    let lines = |fields: &str| {
        let plan = plan(&format!(r#"{{"image":"x","name":"n",{fields}}}"#)).unwrap();
        plan.variables.file().as_str().to_owned()
    };
    assert_eq!(
        lines(r#""transport":"stdio","env_vars":{"B":"2 ","A":"$1","MCP_TRANSPORT":"sse"}"#),
        "A=$1\nB=2 \nMCP_TRANSPORT=stdio\n"
    );
    let http = r#""transport":"sse","port":1,"target_port":80"#;
    let four = |host| format!("FASTMCP_PORT=80\nMCP_HOST={host}\nMCP_PORT=80\nMCP_TRANSPORT=sse\n");
    assert_eq!(lines(http), four("0.0.0.0"));
    assert_eq!(lines(&format!(r#"{http},"target_host":"127.0.0.1""#)), four("0.0.0.0"));
    assert_eq!(lines(&format!(r#"{http},"target_host":"10.0.0.1""#)), four("10.0.0.1"));
    let host = r#""permission_profile":{"network":{"mode":"host"}}"#;
    assert_eq!(lines(&format!("{http},{host}")), four("127.0.0.1"));
    // A secret comes over a variable, and a transport's own over both.
    assert_eq!(
        lines(
            r#""transport":"stdio","env_vars":{"A":"plain"},
               "secrets":["key,target=A","key,target=MCP_TRANSPORT"]"#
        ),
        "MCP_TRANSPORT=stdio\nA=FAKE-value\n"
    );
}

#[test]
fn value_with_line_breaks_is_passed_on_by_name() {
    let text = r#"{"image":"r.io/x:1","name":"n","transport":"stdio","secrets":["key,target=KEY"],
        "env_vars":{"A":"1","B":"x\ny\n","C":"z\r"}}"#;
    let lines = "FAKE-1\nFAKE-2";
    let secrets = BTreeMap::from([("key".to_owned(), Secret::new(lines.to_owned()))]);
    let options = PlanOptions { secrets, ..PlanOptions::default() };
    let plan = Plan::new(document(text).config(), &options).unwrap();
    assert_eq!(plan.variables.file().as_str(), "A=1\nMCP_TRANSPORT=stdio\n");
    let inherited: Vec<_> = plan.variables.inherited().collect();
    assert_eq!(inherited, [("B", "x\ny\n"), ("C", "z\r"), ("KEY", lines)]);
    let arguments = plan.create_arguments(Lifetime::Attached).join(" ");
    let end = " --env-file=/dev/stdin --env=B --env=C --env=KEY r.io/x:1";
    assert!(arguments.ends_with(end), "{arguments}");
    let shown = plan.command_line("podman", Lifetime::Attached);
    assert!(shown.contains(r" $'--env=B=x\U0000000ay\U0000000a' "), "{shown}");
    assert!(shown.ends_with(" --env=KEY r.io/x:1"), "{shown}");
}

#[test]
fn own_labels_override_those_of_the_configuration() {
    let plan = plan(
        r#"{"image":"x","name":"n","container_name":"c","base_name":"b","transport":"sse","port":7,
            "target_port":8,"container_labels":{"toolhive":"no","mine":"a b"}}"#,
    )
    .unwrap();
    let labels: Vec<_> = plan.labels.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        labels,
        [
            ("mine", "a b"),
            ("toolhive", "true"),
            ("toolhive-basename", "b"),
            ("toolhive-name", "c"),
            ("toolhive-network-isolation", "false"),
            ("toolhive-port", "7"),
            ("toolhive-transport", "sse"),
        ]
    );
    assert_eq!(plan.url.as_deref(), Some("http://127.0.0.1:7/sse"));
}

#[test]
fn hostile_values_are_refused() {
    for fields in [
        r#""image":"--privileged","name":"n""#,
        r#""image":"-v","name":"n""#,
        r#""image":"x","name":"-n""#,
        r#""image":"x","name":"""#,
        r#""image":"x","name":"n","permission_profile":{"network":{"mode":"container:other"}}"#,
        r#""image":"x","name":"n","permission_profile":{"network":{"mode":"none --privileged"}}"#,
        r#""image":"x","name":"n","permission_profile":{"read":["/a,target=/b"]}"#,
        r#""image":"x","name":"n","permission_profile":{"read":["s3://a:/b"]}"#,
        r#""image":"x","name":"n","permission_profile":{"read":["/a:/b:rw"]}"#,
        r#""image":"x","name":"n","permission_profile":{"read":["$HOME:/b"]}"#,
        r#""image":"x","name":"n","publish":["1:2:3"]"#,
        r#""image":"x","name":"n","publish":["0"]"#,
        r#""image":"x","name":"n","env_vars":{"LD_PRELOAD":"a\nB=c"}"#,
        r#""image":"x","name":"n","env_vars":{"A":"a\u0000"}"#,
        r#""image":"x","name":"n","env_vars":{"A*":"a"}"#,
        r#""image":"x","name":"n","secrets":["key,target=*"]"#,
        r#""image":"x","name":"n","env_vars":{"A=B":"c"}"#,
        r##""image":"x","name":"n","env_vars":{"#A":"c"}"##,
        r#""image":"x","name":"n","env_vars":{"A\nB":"c"}"#,
        r#""image":"x","name":"n","secrets":["other,target=A"]"#,
        r#""image":"x","name":"n","secrets":["__thv_a,target=A"]"#,
        r#""image":"x","name":"n","secrets":["a"]"#,
        r#""image":"x","name":"n","publish":["80"],"permission_profile":{"network":{"mode":"none"}}"#,
    ] {
        assert!(plan(&format!(r#"{{"transport":"stdio",{fields}}}"#)).is_err(), "{fields}");
    }
    for fields in [
        r#""transport":"inspector""#,
        r#""transport":"sse","target_port":1"#,
        r#""transport":"sse","port":1"#,
        r#""transport":"sse","port":1,"target_port":70000"#,
        r#""transport":"sse","port":1,"target_port":1,"host":"localhost""#,
    ] {
        assert!(plan(&format!(r#"{{"image":"x","name":"n",{fields}}}"#)).is_err(), "{fields}");
    }
}

#[test]
fn missing_mount_source_is_found() {
    let text = r#"{"image":"x","name":"n","transport":"stdio","volumes":["/no/such/place:/a"]}"#;
    let plan = plan(text).unwrap();
    assert_eq!(plan.missing_source(), Some(Path::new("/no/such/place")));
}

#[test]
fn image_without_a_registry_is_docker_hubs() {
    for (image, whole) in [
        ("mcp/fetch:v1", "docker.io/mcp/fetch:v1"),
        ("nginx", "docker.io/library/nginx:latest"),
        ("localhost/a:v1", "localhost/a:v1"),
        ("r.io:5000/a/b:v2", "r.io:5000/a/b:v2"),
    ] {
        let text = format!(r#"{{"image":"{image}","name":"n","transport":"stdio"}}"#);
        assert_eq!(plan(&text).unwrap().image, whole);
    }
}

#[test]
fn printed_command_is_quoted_and_has_no_secret() {
    let text = r#"{"image":"r.io/x:1","name":"n","transport":"stdio","cmd_args":["it's","",";rm"],
        "env_vars":{"A":"b c"},"secrets":["key,target=TOKEN"]}"#;
    let line = plan(text).unwrap().command_line("podman", Lifetime::Attached);
    let end = "'--env=A=b c' --env=MCP_TRANSPORT=stdio --env=TOKEN r.io/x:1 'it'\\''s' '' ';rm'";
    assert!(line.starts_with("podman run --name=n --rm --interactive "), "{line}");
    assert!(line.ends_with(end), "{line}");
    assert!(!line.contains("FAKE-value"));
}

#[test]
fn printed_command_escapes_control_characters() {
    let text =
        r#"{"image":"r.io/x:1","name":"n","transport":"stdio","cmd_args":["a\n\u001b'\\\u202eé"]}"#;
    let line = plan(text).unwrap().command_line("podman", Lifetime::Attached);
    assert!(line.ends_with(r" r.io/x:1 $'a\U0000000a\U0000001b\'\\\U0000202eé'"), "{line}");
    assert!(!line.chars().any(char::is_control));
}

#[test]
fn url_and_port_label_follow_host_and_network() {
    for (fields, url, label) in [
        (r#""host":"127.0.0.1""#, "http://127.0.0.1:7/sse", "7"),
        (r#""host":"""#, "http://127.0.0.1:7/sse", "7"),
        (r#""host":"0.0.0.0""#, "http://127.0.0.1:7/sse", "7"),
        (r#""host":"::""#, "http://[::1]:7/sse", "7"),
        (r#""host":"fd00::1""#, "http://[fd00::1]:7/sse", "7"),
        (
            r#""host":"127.0.0.1","permission_profile":{"network":{"mode":"host"}}"#,
            "http://127.0.0.1:8/sse",
            "8",
        ),
    ] {
        let plan = plan(&format!(
            r#"{{"image":"x","name":"n","transport":"sse","port":7,"target_port":8,{fields}}}"#
        ))
        .unwrap();
        assert_eq!(plan.url.as_deref(), Some(url), "{fields}");
        assert_eq!(plan.labels["toolhive-port"], label, "{fields}");
        let host =
            document(&format!("{{\"image\":\"x\",{fields}}}")).config().host.text().to_owned();
        let container = Container {
            name: "n".to_owned(),
            status: "running".to_owned(),
            labels: plan.labels,
            restarts: 0,
        };
        assert_eq!(container.url(&host).as_deref(), Some(url), "as listed: {fields}");
    }
}

#[test]
fn stdio_server_stays_isolated_without_network_isolation() {
    let text = r#"{"image":"x","name":"n","transport":"stdio","isolate_network":true,
        "permission_profile":{"network":{"outbound":{}}}}"#;
    let options = PlanOptions { without_isolation: true, ..PlanOptions::default() };
    let plan = |text: &str| Plan::new(document(text).config(), &options).unwrap();
    assert_eq!(plan(text).network, NetworkMode::None);
    assert_eq!(plan(text).labels["toolhive-network-isolation"], "true");
    let http = text.replace("\"stdio\"", "\"sse\",\"port\":7,\"target_port\":8");
    assert_eq!(plan(&http).network, NetworkMode::Default);
    assert_eq!(plan(&http).labels["toolhive-network-isolation"], "false");
    let listed = text.replace("{}", r#"{"allow_host":["a"]}"#);
    assert_eq!(plan(&listed).labels["toolhive-network-isolation"], "false", "it was allowed away");
}

#[test]
fn too_long_variable_is_refused() {
    let long = "a".repeat(65_000);
    let text =
        format!(r#"{{"image":"x","name":"n","transport":"stdio","env_vars":{{"A":"{long}"}}}}"#);
    let reason = "the value of A is longer than the 64 KiB that container engines read";
    assert_eq!(plan(&text).unwrap_err(), PlanError::Variable(reason.to_owned()));
}

#[cfg(unix)]
#[test]
fn attaching_disables_the_detach_keys() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("podman");
    std::fs::write(&program, "").unwrap();
    let find = || Engine::find(Some(EngineKind::Podman), dir.path().as_os_str());
    assert!(matches!(find(), Err(EngineError::NotFound(_))), "a file that cannot be run");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let command = find().unwrap().attach_command("n", true);
    let arguments: Vec<_> = command.as_std().get_args().map(|a| a.to_str().unwrap()).collect();
    // Ctrl-P and Ctrl-Q would end the connection.
    let expected =
        ["start", "--attach", "--interactive", "--sig-proxy=false", "--detach-keys=", "n"];
    assert_eq!(arguments, expected);
}
