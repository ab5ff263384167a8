//! The environment of a container, and how it reaches the engine.
//!
//! A value without line breaks goes into an environment file. Such a file cannot hold a line break:
//! any other value goes into the environment of the engine's own process, which passes it on by name.
//! A name that changes what that process does is refused, because the configuration may be hostile.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::error::PlanError;
use crate::oci::auth::Secret;

/// The longest name and value of a variable, in bytes: engines read lines of less than 64 KiB.
const VARIABLE_LIMIT: usize = 65_000;

/// Names that change what podman, docker, their Go runtime, the C library, a shell around them or a
/// program that they start (ssh, gpg, iptables, systemd's) does, in upper case. Go's names are listed
/// one by one, because a prefix would cover names such as `GOOGLE_CREDENTIALS`. Many names were found by
/// a search of podman's and docker's sources, vendored packages included.
const ENGINE_NAMES: &str = "\
    APPDATA BBOLT_VERIFY BUILD_REGISTRY_SOURCES CDPATH CLICOLOR CLICOLOR_FORCE COLUMNS COMSPEC \
    CREDENTIALS_DIRECTORY DEBUG DISABLE_HTTP2 ENV EUID EXPERIMENTAL GCONV_PATH GETCONF_DIR \
    GLOBIGNORE GNUPGHOME GOCOVERDIR GODEBUG GOFIPS140 GOGC GOMAXPROCS GOMEMLIMIT GOPATH \
    GOPROTODEBUG GORACE GOROOT GOTRACEBACK GPG_AGENT_INFO GPG_TTY HOME HOSTALIASES HOST_DEV \
    HOST_ETC HOST_PROC HOST_PROC_MOUNTINFO HOST_ROOT HOST_RUN HOST_SYS HOST_VAR IFS INVOCATION_ID \
    JOURNAL_STREAM KUBECONFIG KUBERNETES_MASTER LANG LANGUAGE LINES LOCALAPPDATA LOCALDOMAIN \
    LOCPATH LOGLEVEL LOGNAME MAINPID NIS_PATH NLSPATH NOTIFY_SOCKET NO_COLOR OLDPWD OPT PATH \
    PATHEXT POSIXLY_CORRECT PROGRAMDATA PROGRAMFILES PS4 PWD REGISTRY_AUTH_FILE RESOLV_HOST_CONF \
    RES_OPTIONS SHELL SHELLOPTS SOURCE_DATE_EPOCH SSH_AGENT_PID SSH_ASKPASS SSH_ASKPASS_REQUIRE \
    SSH_AUTH_SOCK SSH_SK_PROVIDER STORAGE_DRIVER STORAGE_OPTS SYSTEMROOT TEMP TERM TERMINFO TMP \
    TMPDIR TZ TZDIR UID USER USERNAME USERPROFILE WSLENV WT_SESSION";
const ENGINE_PREFIXES: &str = "\
    AARDVARK_ BASH BUILDAH BUILDKIT_ BUILDX_ CNI_ COBRA_ COMPOSE_ CONTAINER DBUS_ DEBUG_HTTP2_ \
    DOCKER_ DYLD_ FSNOTIFY_ FUSE_ GLIBC_ GRPC_ IPTABLES_ KRB5 LC_ LD_ LIBPOD_ LISTEN_ MALLOC_ \
    MOBY_ NETAVARK_ NOTIFY_ OCICRYPT_ OPENSSL_ OTEL_ PERL5 PODMAN PYTHON QUADLET_ REGISTRIES_ \
    ROOTLESSKIT_ RUST_ SSL_CERT_ SUDO_ SYSTEMD_ WATCHDOG_ WSL_ XDG_ XTABLES_ _";

/// The environment of a container.
#[derive(Debug, Clone)]
pub(crate) struct Variables {
    pub(crate) plain: BTreeMap<String, String>,
    /// Values of secrets, by the names of their variables.
    pub(crate) secrets: BTreeMap<String, Secret>,
}

impl Variables {
    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let plain = self.plain.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        plain.chain(self.secrets.iter().map(|(name, value)| (name.as_str(), value.expose())))
    }

    /// Returns the lines of the environment file that the engine reads.
    pub(super) fn file(&self) -> Zeroizing<String> {
        let mut lines = String::new();
        for (name, value) in self.iter().filter(|(_, value)| fits_a_line(value)) {
            lines.extend([name, "=", value, "\n"]);
        }
        lines.into()
    }

    /// Returns the variables that an environment file cannot hold. They have to be in the environment
    /// of the engine's own process, which passes them on.
    pub(super) fn inherited(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(_, value)| !fits_a_line(value))
    }

    /// Refuses variables that cannot reach the container unchanged.
    pub(super) fn check(&self) -> Result<(), PlanError> {
        // Podman treats `NAME*` as a pattern, and copies every matching variable of its own environment.
        let legal = |c: char| !"=*".contains(c) && !c.is_whitespace() && !c.is_control();
        for (name, value) in self.iter() {
            return Err(PlanError::Variable(
                if name.is_empty() || name.starts_with('#') || !name.chars().all(legal) {
                    format!("{name:?} is not a valid name of an environment variable")
                } else if value.contains('\0') {
                    format!("the value of {name} contains a NUL character")
                } else if !fits_a_line(value) && !can_be_inherited(name) {
                    format!(
                        "the value of {name} has a line break: it would have to stand in the \
                         container engine's own environment, where a variable of this name could \
                         change what the engine does"
                    )
                } else if name.len() + value.len() > VARIABLE_LIMIT {
                    format!(
                        "the value of {name} is longer than the 64 KiB that container engines read"
                    )
                } else {
                    continue;
                },
            ));
        }
        Ok(())
    }
}

fn fits_a_line(value: &str) -> bool {
    !value.contains(['\n', '\r'])
}

/// Returns true if a variable of that name can be set for the engine's own process without changing
/// what it does. Case does not count, because some programs read names in either case. Other names than those
/// of shell variables are refused: a shell around the engine would drop them.
fn can_be_inherited(name: &str) -> bool {
    let is_shell_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    let name = name.to_ascii_uppercase();
    is_shell_name
        && !ENGINE_NAMES.split(' ').any(|taken| name == taken)
        && !ENGINE_PREFIXES.split(' ').any(|prefix| name.starts_with(prefix))
        && !name.ends_with("_PROXY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_engine_reads_are_not_inherited() {
        let refused = "\
            PATH Path HOME LD_PRELOAD DYLD_INSERT_LIBRARIES DOCKER_HOST PODMAN_USERNS \
            CONTAINERS_CONF CONTAINER_HOST container XDG_RUNTIME_DIR HTTPS_PROXY no_proxy \
            all_proxy SSL_CERT_FILE TMPDIR GODEBUG GOGC REGISTRY_AUTH_FILE BUILDAH_ISOLATION \
            _CONTAINERS_USERNS_CONFIGURED LC_ALL LANG DBUS_SESSION_BUS_ADDRESS NOTIFY_SOCKET \
            LISTEN_FDS OCICRYPT_KEYPROVIDER_CONFIG REGISTRIES_CONF STORAGE_DRIVER BASH_ENV ENV \
            GLIBC_TUNABLES SSH_AUTH_SOCK BASH_FUNC_podman%% A-B 1A A.B";
        for name in refused.split(' ') {
            assert!(!can_be_inherited(name), "{name}");
        }
        let taken = "\
            TOKEN PRIVATE_KEY GOOGLE_CREDENTIALS GITHUB_APP_PRIVATE_KEY tls_key SSH_PRIVATE_KEY \
            GPG_PRIVATE_KEY OCI_CLI_KEY_CONTENT KUBECONFIG_CONTENT ENVIRONMENT PATH_TO_KEY SSL_KEY";
        for name in taken.split(' ') {
            assert!(can_be_inherited(name), "{name}");
        }
    }
}
