//! Tests of whole documents, with the fixtures.

use proptest::prelude::*;

use super::*;

fn fixture(path: &str) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    std::fs::read(format!("{root}/{path}")).unwrap()
}

fn parse(text: &str) -> Result<Document, InvalidDocument> {
    Document::parse(text.as_bytes().to_vec())
}

#[test]
fn configurations_of_this_and_later_toolhive_versions_are_kept_verbatim() {
    for name in ["minimal", "stdio", "remote", "future"] {
        let bytes = fixture(&format!("runconfigs/{name}.json"));
        let document =
            Document::parse(bytes.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(document.bytes(), bytes, "{name}");
    }
}

#[test]
fn parse_errors_have_line_and_column() {
    for (name, expected) in [
        ("array", "line 1, column 1: must be one JSON object, found an array"),
        ("two-values", "line 2, column 1: trailing characters"),
        ("not-utf8", "line 2, column 16: not UTF-8"),
        ("cut-short", "line 4, column 1: EOF while parsing an object"),
        ("port-as-text", "line 2, column 28: \"port\" must be a 64-bit integer, found a string"),
        ("port-as-float", "line 3, column 11: \"port\" must be a 64-bit integer, found a number"),
        (
            "nested",
            "line 5, column 41: \"permission_profile.network.outbound.allow_port.1\" must be a \
             64-bit integer, found a string",
        ),
        ("twice", "line 3, column 3: \"image\" occurs twice"),
        ("nothing-to-run", "names neither an \"image\" nor a \"remote_url\""),
        ("null", "line 1, column 1: must be one JSON object, found null"),
        ("empty", "line 1, column 1: the text is empty; a run configuration is one JSON object"),
        ("bom", "line 1, column 1: a byte order mark precedes the JSON"),
    ] {
        let refused = Document::parse(fixture(&format!("runconfigs-invalid/{name}.json")));
        assert_eq!(refused.unwrap_err().to_string(), expected, "{name}");
    }
}

#[test]
fn size_and_depth_are_limited() {
    let sized = |size: usize| {
        let frame = r#"{"image":"x","padding":""}"#;
        parse(&frame.replace("\"\"", &format!("\"{}\"", "p".repeat(size - frame.len()))))
    };
    assert!(sized(MAX_SIZE).is_ok());
    assert_eq!(sized(MAX_SIZE + 1), Err(InvalidDocument::TooLarge));

    let nested = |depth| {
        parse(&format!(r#"{{"image":"x","a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)))
    };
    assert!(nested(128).is_ok());
    assert!(matches!(
        nested(129),
        Err(InvalidDocument::At { line: 1, defect: DocumentDefect::Syntax(_), .. })
    ));
    assert!(matches!(
        nested(1_000_000),
        Err(InvalidDocument::At { line: 1, defect: DocumentDefect::Syntax(_), .. })
    ));
}

#[test]
fn number_of_values_is_limited() {
    // With the object, the image and the list.
    let listed = |count: usize| {
        let items = vec!["{}"; count - 3].join(",");
        parse(&format!(r#"{{"image":"x","a":[{items}]}}"#))
    };
    assert!(listed(50_000).is_ok());
    assert_eq!(
        listed(50_001).unwrap_err().to_string(),
        "line 1, column 150010: more than 50000 values"
    );
}

#[test]
fn paths_of_all_values_are_limited_together() {
    let key = "k".repeat(1024 * 1024 - 1);
    // With the list, each value has a path of 1 MiB; that of the image is shorter.
    let below = |count: usize| {
        let items = vec!["0"; count - 1].join(",");
        parse(&format!(r#"{{"{key}":[{items}],"image":"x"}}"#))
    };
    assert!(below(7).is_ok());
    let refused = below(9).unwrap_err().to_string();
    assert!(
        refused.ends_with("the paths of its values have more than 8388608 bytes together"),
        "{refused}"
    );
    let many = format!(r#"{{"image":"x","env_vars":{{"{key}":1}}}}"#);
    assert!(parse(&many).unwrap_err().to_string().len() < 1000, "a long path is cut in an error");
}

#[test]
fn integers_are_those_that_go_reads() {
    for (number, accepted) in [
        ("0", true),
        ("-9223372036854775808", true),
        ("9223372036854775807", true),
        ("9223372036854775808", false),
        ("1e3", false),
        ("1.0", false),
        ("-0", true),
        ("null", true),
    ] {
        assert_eq!(parse(&format!(r#"{{"image":"x","port":{number}}}"#)).is_ok(), accepted);
    }
}

#[test]
fn case_of_field_names_is_ignored() {
    let document = parse(r#"{"IMAGE":"x","Base_Name":"b","na\u006de":"n"}"#).unwrap();
    assert_eq!(document.config().image, "x");
    assert_eq!(document.workload_name().unwrap().as_str(), "b");
    assert!(parse(r#"{"image":"x","PORT":"1"}"#).is_err());
    // Go folds the long s to s.
    assert!(parse("{\"image\":\"x\",\"ho\u{17f}t\":1}").is_err());
}

#[test]
fn renaming_changes_name_fields_and_labels_only() {
    let before = String::from_utf8(fixture("runconfigs/stdio.json")).unwrap();
    let after = renamed(&parse(&before).unwrap(), &"new".parse().unwrap()).unwrap();
    let expected = before
        .replace("\"name\": \"my-server\"", "\"name\": \"new\"")
        .replace("_name\": \"my-server\"", "_name\": \"new\"")
        .replace("name\": \"my-server\"", "name\": \"new\"");
    assert_eq!(after.text(), expected);
    assert_eq!(after.workload_name().unwrap().as_str(), "new");

    for (before, after) in [
        (
            r#"{"image":"x","name":null,"container_labels":{"Toolhive-Name":"a"}}"#,
            r#"{"image":"x","name":"new","container_labels":{"Toolhive-Name":"a"}}"#,
        ),
        ("{\n  \"image\": \"x\"\n}", "{\n  \"name\": \"new\",\n  \"image\": \"x\"\n}"),
        (r#"{"image":"x","NAME":""}"#, r#"{"image":"x","NAME":"new"}"#),
        (r#"{"image":"x","base_name":"a"}"#, r#"{"image":"x","base_name":"new"}"#),
    ] {
        let after = parse(after).unwrap();
        assert_eq!(renamed(&parse(before).unwrap(), &"new".parse().unwrap()), Ok(after));
    }
}

#[test]
fn debug_output_has_no_value_of_a_variable() {
    let document = parse(r#"{"image":"x","env_vars":{"A":"FAKE-secret"}}"#).unwrap();
    let config = document.config();
    assert_eq!(config.env_vars.0.keys().collect::<Vec<_>>(), ["A"]);
    assert!(!format!("{config:?} {document:?}").contains("FAKE-secret"));
}

#[test]
fn fields_are_read_as_go_reads_them() {
    let text = r#"{"IMAGE":"x","port":-0,"target_port":null,"cmd_args":["a",null],"Publish":null,
        "permission_profile":{"READ":["/a"],"network":{"outbound":{"Allow_Port":[443,null]}}},
        "ignore_config":{"loadglobal":true},"env_vars":{"A":null},"unknown":{"a":1e400,"b":null}}"#;
    let document = parse(text).unwrap();
    let config = document.config();
    assert_eq!((config.image.as_str(), config.port, config.target_port), ("x", 0, 0));
    assert_eq!(config.cmd_args, ["a", ""]);
    assert_eq!(config.env_vars.0, [("A".to_owned(), String::new())].into());
    assert!(config.ignore_config.as_ref().unwrap().load_global);
    let profile = config.permission_profile.as_ref().unwrap();
    assert_eq!(profile.read[0].text(), "/a");
    assert_eq!(profile.network.as_ref().unwrap().outbound.allow_port, [443, 0]);
    let fields = document.fields();
    assert_eq!(fields["unknown"], serde_json::json!({ "a": "1e400", "b": null }));
    assert!(!fields.contains_key("publish") && !fields.contains_key("Publish"));
}

#[test]
fn value_without_meaning_is_kept_with_its_reason() {
    let text = r#"{"image":"x","transport":"carrier","host":"here","publish":["1:2:3"],"volumes":["a:b"],
        "secrets":["a"],"permission_profile":{"network":{"mode":"a b"},"read":["s3://a:/b"]}}"#;
    let document = parse(text).unwrap();
    let config = document.config();
    assert_eq!(config.transport.text(), "carrier");
    let reason = "the transport \"carrier\" is not stdio, sse or streamable-http";
    assert_eq!(config.transport.get().unwrap_err().to_string(), reason);
    let profile = config.permission_profile.as_ref().unwrap();
    assert!(config.host.get().is_err() && config.publish[0].get().is_err());
    assert!(config.volumes[0].get().is_err() && config.secrets[0].get().is_err());
    assert!(profile.read[0].get().is_err());
    assert!(profile.network.as_ref().unwrap().mode.get().is_err());
}

proptest! {
    #[test]
    fn parsing_never_panics(bytes: Vec<u8>, text in r#"\{("(image|name|port)":("x"|1|null|[\[{]),?){0,4}\}?"#) {
        let _ = Document::parse(bytes);
        let _ = parse(&text);
    }

    #[test]
    fn renaming_keeps_every_byte_outside_the_names(
        space in "[ \t\r\n]{0,3}",
        old in r#"[a-zé]{0,5}(\\u0041|\\"|\\\\)?"#,
        new in "[a-z]{1,9}",
        number in "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?",
    ) {
        let frame = format!(
            "{space}{{{space}\"unknown\":{number},\"name\"{space}:{space}@,\"image\":\"x\",\
             \"container_labels\":{{\"toolhive-name\":@,\"other\":\"{old}\"}},\
             \"base_name\":{space}@{space}}}{space}"
        );
        let before = parse(&frame.replace('@', &format!("\"{old}\""))).unwrap();
        let after = renamed(&before, &new.parse().unwrap()).unwrap();
        prop_assert_eq!(after.text(), frame.replace('@', &format!("\"{new}\"")));
    }
}
