//! Examples for the help of every command, two or more each. `tests/help.rs` runs them as printed.
//!
//! They need a workload `my-server`, the files that they name, and a registry at localhost:5055 with
//! `configs/my-server:v1`, `configs/files:v1`, and all workloads in `workloads`.

use clap::Command;

/// The name of each command, and below it its examples, indented.
const EXAMPLES: &str = r"
thv
  thv push config.json localhost:5055/configs/my-server:v1
  thv help references
thv export
  thv export my-server localhost:5055/configs/my-server:v1
  thv export my-server ./my-server.json
  thv export --all localhost:5055/workloads
  thv export --all localhost:5055/b --json
thv import
  thv import localhost:5055/configs/my-server:v1
  thv import ./config.json --name copy
  thv import --all localhost:5055/workloads
  thv import --all localhost:5055/workloads --force --json
thv push
  thv push config.json localhost:5055/configs/my-server:v1
  thv push - localhost:5055/configs/my-server:v2 < config.json
thv pull
  thv pull localhost:5055/configs/my-server:v1
  thv pull localhost:5055/configs/my-server:v1 -o my-server.json
thv inspect
  thv inspect localhost:5055/configs/my-server:v1
  thv inspect my-server --json
thv diff
  thv diff my-server localhost:5055/configs/my-server:v1
  thv diff localhost:5055/configs/my-server:v1 ./files.json --json
thv tags
  thv tags localhost:5055/configs/my-server
  thv tags localhost:5055/configs/files --json
thv list
  thv list
  thv list --json
thv run
  thv run localhost:5055/configs/files:v1 --dry-run
  thv run --from-config ./files.json --dry-run
thv login
  thv login localhost:5055 -u me --password-stdin < password.txt
  thv login localhost:5055 -u me --password-stdin \
    --registry-config ./auth.json < password.txt
thv logout
  thv logout localhost:5055
  thv logout localhost:5055 --json
thv wire
  thv wire show wire.jsonl
  thv wire check wire.jsonl
thv wire show
  thv wire show wire.jsonl
  thv wire show wire.jsonl --headers --bodies
thv wire check
  thv wire check wire.jsonl
  thv wire check wire.jsonl --json
thv wire export
  thv wire export wire.jsonl --format html > wire.html
  thv wire export wire.jsonl --format har -o wire.har
thv wire replay
  thv wire replay wire.jsonl --listen 127.0.0.1:5056
  thv wire replay wire.jsonl --listen 127.0.0.1:0 --json
thv wire proxy
  thv wire proxy --listen 127.0.0.1:5056 --upstream http://localhost:5055 \
    --wire-log wire.jsonl
  thv wire proxy --listen 127.0.0.1:0 --upstream http://localhost:5055 \
    --wire-log wire.jsonl --json
thv registry
  thv registry serve --listen 127.0.0.1:5056
  thv registry serve --listen 127.0.0.1:0 --json
thv registry serve
  thv registry serve --listen 127.0.0.1:5056
  thv registry serve --listen 127.0.0.1:5056 --dir ./registry
thv demo
  thv demo
  thv demo --json
thv completions
  thv completions bash > thv.bash
  thv completions zsh > _thv
thv help
  thv help push
  thv help exit-codes
";

/// Adds examples to the help of the command `name` and of its subcommands.
pub(super) fn with_examples(command: Command, name: &str) -> Command {
    let command = command.mut_subcommands(|subcommand| {
        let name = format!("{name} {}", subcommand.get_name());
        with_examples(subcommand, &name)
    });
    let lines = EXAMPLES.lines().skip_while(|line| *line != name).skip(1);
    let examples = lines.take_while(|line| line.starts_with(' '));
    let mut text = ["Examples:"].into_iter().chain(examples).collect::<Vec<_>>().join("\n");
    if !name.contains(' ') {
        text.push_str("\n\n`thv help TOPIC` explains exit-codes, auth and references.");
    }
    command.after_help(text)
}
