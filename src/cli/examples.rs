//! Examples for the help of every command, two or more each. `tests/help.rs` runs them as printed.
//!
//! They need a workload `my-server`, the files that they name, and a registry at localhost:5055 with
//! `configs/my-server:v1`, `configs/files:v1`, and all workloads in `workloads`.

use std::fmt::Write as _;

use clap::Command;

/// Each command by its path below `thv`, and its examples.
const EXAMPLES: &[(&str, [&str; 2])] = &[
    ("", ["thv push config.json localhost:5055/configs/my-server:v1", "thv help references"]),
    (
        "export",
        [
            "thv export my-server localhost:5055/configs/my-server:v1",
            "thv export my-server ./my-server.json",
        ],
    ),
    (
        "export",
        ["thv export --all localhost:5055/workloads", "thv export --all localhost:5055/b --json"],
    ),
    (
        "import",
        ["thv import localhost:5055/configs/my-server:v1", "thv import ./config.json --name copy"],
    ),
    (
        "import",
        [
            "thv import --all localhost:5055/workloads",
            "thv import --all localhost:5055/workloads --force --json",
        ],
    ),
    (
        "push",
        [
            "thv push config.json localhost:5055/configs/my-server:v1",
            "thv push - localhost:5055/configs/my-server:v2 < config.json",
        ],
    ),
    (
        "pull",
        [
            "thv pull localhost:5055/configs/my-server:v1",
            "thv pull localhost:5055/configs/my-server:v1 -o my-server.json",
        ],
    ),
    (
        "inspect",
        ["thv inspect localhost:5055/configs/my-server:v1", "thv inspect my-server --json"],
    ),
    (
        "diff",
        [
            "thv diff my-server localhost:5055/configs/my-server:v1",
            "thv diff localhost:5055/configs/my-server:v1 ./files.json --json",
        ],
    ),
    (
        "tags",
        [
            "thv tags localhost:5055/configs/my-server",
            "thv tags localhost:5055/configs/files --json",
        ],
    ),
    ("list", ["thv list", "thv list --json"]),
    (
        "run",
        [
            "thv run localhost:5055/configs/files:v1 --dry-run",
            "thv run --from-config ./files.json --dry-run",
        ],
    ),
    (
        "login",
        [
            "thv login localhost:5055 -u me --password-stdin < password.txt",
            "thv login localhost:5055 -u me --password-stdin \\\n    \
             --registry-config ./auth.json < password.txt",
        ],
    ),
    ("logout", ["thv logout localhost:5055", "thv logout localhost:5055 --json"]),
    ("wire", ["thv wire show wire.jsonl", "thv wire check wire.jsonl"]),
    ("wire show", ["thv wire show wire.jsonl", "thv wire show wire.jsonl --headers --bodies"]),
    ("wire check", ["thv wire check wire.jsonl", "thv wire check wire.jsonl --json"]),
    (
        "wire export",
        [
            "thv wire export wire.jsonl --format html > wire.html",
            "thv wire export wire.jsonl --format har -o wire.har",
        ],
    ),
    (
        "wire replay",
        [
            "thv wire replay wire.jsonl --listen 127.0.0.1:5056",
            "thv wire replay wire.jsonl --listen 127.0.0.1:0 --json",
        ],
    ),
    (
        "wire proxy",
        [
            "thv wire proxy --listen 127.0.0.1:5056 --upstream http://localhost:5055 \\\n    \
             --wire-log wire.jsonl",
            "thv wire proxy --listen 127.0.0.1:0 --upstream http://localhost:5055 \\\n    \
             --wire-log wire.jsonl --json",
        ],
    ),
    (
        "registry",
        [
            "thv registry serve --listen 127.0.0.1:5056",
            "thv registry serve --listen 127.0.0.1:0 --json",
        ],
    ),
    (
        "registry serve",
        [
            "thv registry serve --listen 127.0.0.1:5056",
            "thv registry serve --listen 127.0.0.1:5056 --dir ./registry",
        ],
    ),
    ("demo", ["thv demo", "thv demo --json"]),
    ("completions", ["thv completions bash > thv.bash", "thv completions zsh > _thv"]),
    ("help", ["thv help push", "thv help exit-codes"]),
];

/// Adds the examples to the help of `command` and its subcommands; `path` is its path below `thv`.
pub(super) fn with_examples(command: Command, path: &str) -> Command {
    let command = command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        with_examples(below, path.trim_start())
    });
    let examples = EXAMPLES.iter().filter(|(found, _)| *found == path);
    let mut text = "Examples:".to_owned();
    for example in examples.flat_map(|(_, examples)| examples) {
        // Writing to a `String` does not fail.
        let _ = write!(text, "\n  {example}");
    }
    if path.is_empty() {
        text.push_str("\n\n`thv help TOPIC` explains exit-codes, auth and references.");
    }
    command.after_help(text)
}
