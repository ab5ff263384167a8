//! `thv help`: prints the help of a command, or a topic that concerns several commands.

use clap::{Args, Command};

use super::exit_code::EXIT_CODES;
use super::failure::Failure;
use super::options::Context;

const TOPICS: [(&str, &str); 3] =
    [("exit-codes", EXIT_CODES), ("auth", AUTH), ("references", REFERENCES)];

const AUTH: &str = "\
How thv authenticates:
  thv sends no credential before the registry asks for one. It sends a
  credential only to the registry that it belongs to, and to the token server
  that this registry names.

Where thv looks for credentials; the first one for the registry is used:
  1. --username with --password-stdin
  2. the file of --registry-config
  3. the file of REGISTRY_AUTH_FILE; if this is set, 4 and 5 are not read
  4. $DOCKER_CONFIG/config.json, or ~/.docker/config.json
  5. $XDG_RUNTIME_DIR/containers/auth.json, ~/.config/containers/auth.json
  6. none: anonymous access
  Credential helpers (credHelpers, credsStore) are called as docker does it.

Logging in:
  thv login REGISTRY                                 asks for name and password
  thv login REGISTRY -u NAME --password-stdin < FILE for scripts
  thv logout REGISTRY                                removes the credential
  Many registries want an access token as the password.

TLS:
  thv uses https for every registry except loopback addresses; --plain-http
  uses http for all. --ca-file, SSL_CERT_FILE and Docker's certs.d directories
  set the trusted authorities; --cert and --key give a client certificate.
  HTTPS_PROXY, HTTP_PROXY and NO_PROXY set the proxy.";

const REFERENCES: &str = "\
A reference is REGISTRY/REPOSITORY:TAG. @DIGEST can stand in place of the tag or
after it. thv reads references as docker does:
  registry.example.com/configs/a:v1   unchanged
  localhost:5055/configs/a            the tag latest
  me/a:v1                             docker.io/me/a:v1
  a:v1                                docker.io/library/a:v1
  ...@sha256:<64 digits>              exactly this content; the tag is ignored

Is it a file or a reference? The text decides. A file never takes the place of a
reference, whatever its name. The first rule that applies:
  1. - alone                                standard input or output
  2. oci:// in front                        a reference
  3. / ./ ../ ~ or a drive letter in front  a file
  4. .json, .yaml or .yml at the end        a file
  5. a registry in front (with a dot or a
     port, or localhost), a tag, a digest   a reference
  6. no / in it                             a workload, where the command takes
                                            one; else a file
  7. anything else                          refused
For `thv export`, a destination that rules 1 to 5 do not name is a file.

A tag can move to other content. A digest always names the same content.";

#[derive(Args)]
pub(super) struct Help {
    /// A command, such as push or wire show; or exit-codes, auth, references
    #[arg(value_name = "COMMAND|TOPIC")]
    about: Vec<String>,
}

impl Help {
    pub(super) fn run(self, context: &Context, program: &mut Command) -> Result<(), Failure> {
        context.output.text("text", self.find(program)?.trim_end())
    }

    fn find(&self, program: &mut Command) -> Result<String, Failure> {
        if let [topic] = &self.about[..]
            && let Some((_, text)) = TOPICS.iter().find(|(name, _)| name == topic)
        {
            return Ok((*text).to_owned());
        }
        program.build();
        let mut found = program;
        for name in &self.about {
            found = found.find_subcommand_mut(name).ok_or_else(|| {
                let topics = TOPICS.map(|(name, _)| name).join(", ");
                Failure::Usage(format!(
                    "there is no command or topic {name:?}; `thv --help` lists the commands, and \
                     the topics are {topics}"
                ))
            })?;
        }
        Ok(found.render_long_help().to_string())
    }
}

/// Examples for the help of every command, two or more each: the name of each command, and below it
/// its examples, indented. `tests/help.rs` runs them as printed.
///
/// They need a workload `my-server`, the files that they name, and a registry at localhost:5055 with
/// `configs/my-server:v1`, `configs/files:v1`, and all workloads in `workloads`.
const EXAMPLES: &str = r"
thv
  thv push config.json localhost:5055/configs/my-server:v1
  thv help references
thv export
  thv export my-server localhost:5055/configs/my-server:v1
  thv export my-server ./my-server.json
  thv export --all localhost:5055/workloads
  thv export --all localhost:5055/b --json
  thv export --all localhost:5055/workloads --dry-run
thv import
  thv import localhost:5055/configs/my-server:v1
  thv import ./config.json --name copy
  thv import --all localhost:5055/workloads
  thv import --all localhost:5055/workloads --force --json
thv push
  thv push config.json localhost:5055/configs/my-server:v1
  thv push - localhost:5055/configs/my-server:v2 < config.json
  thv push more.json localhost:5055/configs/files:v1 --dry-run
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
  thv list --agreements --json
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
