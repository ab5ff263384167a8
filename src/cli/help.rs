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

Is it a file or a reference? The first rule that applies decides:
  1. oci:// in front                        a reference
  2. / ./ ../ ~ or a drive letter in front  a file
  3. .json, .yaml or .yml at the end        a file
  4. a path that exists                     a file
  5. a registry in front (with a dot or a
     port, or localhost), a tag, a digest   a reference
  6. anything else                          refused; for `inspect` and `diff`
                                            a workload of the state store

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
