//! The options that every command takes, and the context that they make.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{Args, ColorChoice};

use super::arguments::{is_same_file, refuse_standard};
use super::failure::Failure;
use super::output::Output;
use super::prompt::read_password;
use crate::capped_read::read_settings;
use crate::oci::auth::{Credential, Keychain};
use crate::oci::{Client, ClientOptions, RetryPolicy};
use crate::wire::{JsonLinesRecorder, Recorder, Settings, TlsSettings};

#[derive(Args)]
#[command(next_help_heading = "Options of every command")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Options {
    /// Print one JSON object instead of text; messages go to standard error
    #[arg(long, global = true)]
    json: bool,
    /// Print only results, warnings, questions and errors
    #[arg(long, short, global = true)]
    quiet: bool,
    /// When to use colour; auto means on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    color: ColorChoice,
    /// Append a record of every HTTP exchange to FILE, as JSON lines without credentials
    #[arg(long, global = true, value_name = "FILE", env = "THV_WIRE_LOG", hide_env_values = true)]
    wire_log: Option<OsString>,
    /// Authenticate as NAME; --password-stdin reads the password
    #[arg(long, short, global = true, value_name = "NAME")]
    username: Option<String>,
    /// Read the password from standard input
    #[arg(long, global = true)]
    password_stdin: bool,
    /// Look for credentials in FILE first; `thv login` stores them there
    #[arg(long, global = true, value_name = "FILE")]
    registry_config: Option<PathBuf>,
    /// Also trust the certificate authorities in FILE (PEM)
    #[arg(long, global = true, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Use the client certificate in FILE (PEM)
    #[arg(long, global = true, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The private key of the client certificate (PEM)
    #[arg(long, global = true, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Retry temporary failures up to NUMBER times
    #[arg(long, global = true, value_name = "NUMBER", default_value_t = 3)]
    retries: u32,
    /// Give up after SECONDS in total; connect=SECONDS and idle=SECONDS set other limits
    #[arg(long, global = true, value_name = "SECONDS")]
    timeout: Vec<Timeout>,
    /// Use plain http for every registry, not only for loopback addresses
    #[arg(long, global = true)]
    plain_http: bool,
    /// Accept any certificate: anyone on the network path can read and change everything
    #[arg(long, global = true)]
    insecure_skip_tls_verify: bool,
}

/// The client, credentials and output that every command uses.
pub(super) struct Context {
    pub(super) output: Output,
    pub(super) client: Client,
    pub(super) settings: Settings,
    /// The file of the transcript.
    pub(super) wire_log: Option<PathBuf>,
    /// The longest time that all requests of one command may take together.
    pub(super) total_timeout: Duration,
    /// Finds and stores credentials. It does not know the credential of the command line.
    pub(super) keychain: Keychain,
    pub(super) username: Option<String>,
    pub(super) password_stdin: bool,
}

impl Options {
    pub(super) const fn output(&self) -> Output {
        Output { json: self.json, quiet: self.quiet, colour: self.color }
    }

    /// Ignores the variable of the transcript's file if it is empty: an empty variable counts as not
    /// set. An empty option is an error, because nothing would be recorded.
    pub(super) fn ignore_empty_variable(&mut self, wire_log: Option<ValueSource>) {
        if wire_log == Some(ValueSource::EnvVariable) {
            self.wire_log.take_if(|path| path.is_empty());
        }
    }

    /// Makes the context of a command. If `logging_in` is true, the command itself uses the name and password
    /// of the command line.
    pub(super) fn context(&self, output: Output, logging_in: bool) -> Result<Context, Failure> {
        let wire_log = self.wire_log.as_deref().map(Path::new);
        let recorder = wire_log.map(open_transcript).transpose()?;
        let mut settings = Settings {
            user_agent: concat!("thv/", env!("CARGO_PKG_VERSION")).to_owned(),
            tls: self.tls(output)?,
            recorder,
            ..Settings::default()
        };
        for timeout in &self.timeout {
            match *timeout {
                Timeout::Connect(duration) => settings.connect_timeout = duration,
                Timeout::Idle(duration) => settings.idle_timeout = duration,
                Timeout::Total(_) => {}
            }
        }
        let mut keychain = Keychain::from_environment();
        if let Some(file) = &self.registry_config {
            refuse_standard("--registry-config", file)?;
            if wire_log.is_some_and(|log| is_same_file(log, file)) {
                return Err(Failure::usage("--wire-log and --registry-config are the same file"));
            }
            // `thv login` creates the file.
            if !logging_in && !file.exists() {
                output.note(&format!("note: {} does not exist and is not used", file.display()));
            }
            keychain = keychain.with_file(file.clone());
        }
        let retry = RetryPolicy { retries: self.retries, ..RetryPolicy::default() };
        let used = match &self.username {
            Some(username) if !logging_in => {
                keychain.clone().with_credential(self.credential(username)?)
            }
            _ => keychain.clone(),
        };
        let options = ClientOptions { keychain: used, plain_http: self.plain_http, retry };
        Ok(Context {
            output,
            client: Client::with_options(settings.clone(), options),
            settings,
            wire_log: wire_log.map(Path::to_owned),
            total_timeout: total_timeout(&self.timeout),
            keychain,
            username: self.username.clone(),
            password_stdin: self.password_stdin,
        })
    }

    fn credential(&self, username: &str) -> Result<Credential, Failure> {
        if !self.password_stdin {
            return Err(Failure::usage(
                "--username needs --password-stdin; or log in first with `thv login`",
            ));
        }
        Ok(Credential::Password { username: username.to_owned(), password: read_password()? })
    }

    fn tls(&self, output: Output) -> Result<TlsSettings, Failure> {
        let read = |path: &PathBuf| {
            let bytes = read_settings(path, PEM_LIMIT)
                .map_err(|error| Failure::file("reading", path, error))?;
            if bytes.len() <= PEM_LIMIT {
                return Ok(bytes);
            }
            let error = io::Error::new(io::ErrorKind::FileTooLarge, "larger than 16 MiB");
            Err(Failure::file("reading", path, error))
        };
        let mut tls = TlsSettings::default().system_certs_dirs();
        if let Some(path) = &self.ca_file {
            tls = tls.trust(&read(path)?).map_err(|error| Failure::pem(path, error))?;
        }
        if let (Some(cert), Some(key)) = (&self.cert, &self.key) {
            let identity = tls.identity(&read(cert)?, &read(key)?);
            tls = identity.map_err(|error| Failure::pem(cert, error))?;
        }
        if self.insecure_skip_tls_verify {
            output.warn(
                "certificates are not checked; anyone on the network path can read and change \
                 everything",
            );
            tls = tls.danger_accept_any_certificate();
        }
        Ok(tls)
    }
}

fn open_transcript(path: &Path) -> Result<Arc<dyn Recorder>, Failure> {
    refuse_standard("--wire-log", path)?;
    match JsonLinesRecorder::append_to(path) {
        Ok(recorder) => Ok(Arc::new(recorder)),
        Err(error) => Err(Failure::file("opening the transcript", path, error)),
    }
}

/// The largest file of certificates that is read, in bytes.
const PEM_LIMIT: usize = 16 * 1024 * 1024;

/// The time for all requests of one command, unless the user sets another.
const DEFAULT_TOTAL: Duration = Duration::from_secs(600);
/// The longest time that can be set, in seconds: a day.
const LONGEST: f64 = 86_400.0;

/// One limit: `[connect=|idle=|total=]SECONDS`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Timeout {
    Connect(Duration),
    /// Limits the time during which nothing is sent or received.
    Idle(Duration),
    Total(Duration),
}

impl FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, seconds) = text.split_once('=').unwrap_or(("total", text));
        let number = seconds.strip_suffix('s').unwrap_or(seconds).parse::<f64>().ok();
        let duration = number
            .filter(|seconds| *seconds > 0.0 && *seconds <= LONGEST)
            .map(Duration::from_secs_f64)
            .ok_or("a timeout is a number of seconds, such as 30 or idle=2.5")?;
        match kind {
            "connect" => Ok(Self::Connect(duration)),
            "idle" => Ok(Self::Idle(duration)),
            "total" => Ok(Self::Total(duration)),
            _ => Err("the kinds of timeout are connect, idle and total".to_owned()),
        }
    }
}

/// Returns the last total among `given`, or the default.
fn total_timeout(given: &[Timeout]) -> Duration {
    let total = |timeout: &Timeout| match timeout {
        Timeout::Total(duration) => Some(*duration),
        _ => None,
    };
    given.iter().rev().find_map(total).unwrap_or(DEFAULT_TOTAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeout_is_a_positive_number_of_seconds_up_to_a_day() {
        let seconds = Duration::from_secs_f64;
        assert_eq!("30".parse(), Ok(Timeout::Total(seconds(30.0))));
        assert_eq!("idle=2.5s".parse(), Ok(Timeout::Idle(seconds(2.5))));
        assert_eq!("connect=1".parse(), Ok(Timeout::Connect(seconds(1.0))));
        for text in ["", "0", "-1", "nan", "inf", "1e9", "10m", "read=3", "total="] {
            assert!(text.parse::<Timeout>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn last_total_wins() {
        let given = ["total=1", "idle=9", "2"].map(|text| text.parse().unwrap());
        assert_eq!(total_timeout(&given), Duration::from_secs(2));
        assert_eq!(total_timeout(&[]), DEFAULT_TOTAL);
    }
}
