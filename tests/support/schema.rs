//! What commands print with `--json`, against `protocol-notes/output.schema.json`.

use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;

/// A file of `protocol-notes`, which is JSON.
pub fn note(name: &str) -> Value {
    let notes = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol-notes");
    serde_json::from_slice(&std::fs::read(notes.join(name)).unwrap()).unwrap()
}

/// The validator of a command's output.
pub fn validator(command: &str) -> Validator {
    let mut schema = note("output.schema.json");
    assert!(schema["$defs"][command].is_object(), "output.schema.json lacks {command:?}");
    if command == "wire show" {
        return jsonschema::validator_for(&note("transcript.schema.json")).unwrap();
    }
    // The definition is not followed beyond this file.
    schema["$defs"].as_object_mut().unwrap().remove("wire show");
    schema["$ref"] = format!("#/$defs/{}", command.replace(' ', "%20")).into();
    jsonschema::validator_for(&schema).unwrap()
}

/// Holds what `line` printed against the schema of its command.
#[track_caller]
pub fn assert_valid(command: &str, line: &str, stdout: &str) {
    let validator = validator(command);
    let values = serde_json::Deserializer::from_str(stdout).into_iter::<Value>();
    let mut count = 0;
    for value in values {
        let value = value.unwrap();
        if let Err(error) = validator.validate(&value) {
            panic!("{line}: {error}\n{value}");
        }
        count += 1;
    }
    assert!(count == 1 || command == "wire show", "{line}: {count} values");
    // A configuration is shown as it is, with its own line breaks.
    assert!(stdout.lines().count() == count || command == "inspect", "{line}: one line each");
}
