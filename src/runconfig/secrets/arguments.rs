//! Finds secrets among the arguments of a command.

use super::address::has_login;
use super::names::naming;
use super::names_table::Naming;
use super::random::is_random;
use super::values::{is_path, is_placeholder, is_secret_value};

/// The most words of a command line that are looked at, and the longest of them.
const MOST_WORDS: usize = 100_000;

/// Options of one letter that take a password, by the program.
const SHORT: &[(&str, &[&str])] = &[
    ("mysql", &["-p"]),
    ("mysqldump", &["-p"]),
    ("mariadb", &["-p"]),
    ("mongo", &["-p"]),
    ("mongosh", &["-p"]),
    ("mongodump", &["-p"]),
    ("sshpass", &["-p"]),
    ("redis-cli", &["-a"]),
    ("sqlcmd", &["-P"]),
    ("bcp", &["-P"]),
    ("ldapsearch", &["-w"]),
    ("ldapmodify", &["-w"]),
    ("docker", &["-p"]),
    ("podman", &["-p"]),
    ("az", &["-p"]),
    ("cqlsh", &["-p"]),
    ("influx", &["-t", "-p"]),
    ("rclone", &["-p"]),
    ("zip", &["-P"]),
    ("unzip", &["-P"]),
    ("mosquitto_pub", &["-P"]),
    ("mosquitto_sub", &["-P"]),
    ("ipmitool", &["-P"]),
    ("snowsql", &["-p"]),
    ("clickhouse-client", &["-p"]),
    ("svn", &["-p"]),
];
/// Options that take `user:password`.
const LOGINS: &str = "-u --user --auth -a --userpwd --proxy-user --basic-auth --basic --credentials --login -U --http-auth --auth-user --htpasswd \
    --authentication";
/// Groups that follow a user's name after a colon.
const GROUPS: &str =
    "root staff users wheel node nobody nogroup daemon www-data docker adm app admin";

/// Returns the index of each argument that is a secret because of the one before it, or of the program.
pub(super) fn secret_arguments(arguments: &[&str]) -> Vec<usize> {
    let mut program: &[&str] = &[];
    let mut found = Vec::new();
    let mut flag = "";
    for (index, argument) in arguments.iter().enumerate() {
        let is_secret = is_value_of(flag, argument, program) || is_attached(argument, program);
        // The words of a netrc, and of `set NAME VALUE`.
        let is_named = index > 0 && is_after_a_name(arguments[index - 1], argument, arguments);
        if is_secret || is_named {
            found.push(index);
        }
        let name = argument.rsplit('/').next().unwrap_or_default();
        if let Some((_, options)) = SHORT.iter().find(|(known, _)| *known == name) {
            program = options;
        }
        flag = if is_flag(argument) { argument } else { "" };
    }
    found
}

/// Returns true for an option, and false for a value that begins with a dash.
fn is_flag(argument: &str) -> bool {
    argument.len() > 1
        && argument.starts_with('-')
        && !argument.contains(char::is_whitespace)
        && !is_random(argument)
}

fn is_value_of(flag: &str, value: &str, program: &[&str]) -> bool {
    if flag.is_empty() || flag.contains('=') || (value.starts_with('-') && is_flag(value)) {
        return false;
    }
    if program.contains(&flag) {
        let is_ports = value.contains(|c: char| c.is_ascii_digit())
            && value.chars().all(|c| c.is_ascii_digit() || ":./".contains(c));
        return !is_ports && is_secret_value(Naming::Password, value);
    }
    if naming(flag) == Naming::Connection {
        return has_login(value);
    }
    let is_login = LOGINS.split_ascii_whitespace().any(|login| login == flag);
    let name = naming(flag.trim_start_matches('-'));
    let is_pass = name == Naming::Password
        || ["-passin", "-passout", "--passin", "--passout"].contains(&flag);
    // OpenSSL says where a password comes from.
    if let Some((source, password)) = value.split_once(':').filter(|_| is_pass)
        && ["pass", "env", "file", "fd"].contains(&source)
    {
        return source == "pass" && !is_placeholder(password);
    }
    is_login && is_login_with_password(value) || flag.len() > 2 && is_secret_value(name, value)
}

/// Returns true for `-pPASSWORD`, and for `user%password`.
fn is_attached(argument: &str, program: &[&str]) -> bool {
    program.iter().any(|option| {
        let value = argument.strip_prefix(option).unwrap_or_default();
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        !is_number && !value.starts_with(['-', '=']) && is_secret_value(Naming::Password, value)
    })
}

/// Returns true for `user:password`, and false for `user:group`, `host:port` and `1000:1000`.
pub(super) fn is_login_with_password(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let Some((user, password)) = value.split_once([':', '%']) else { return false };
    let is_number = password.bytes().all(|byte| byte.is_ascii_digit());
    let is_group = GROUPS.split_ascii_whitespace().any(|group| group == password);
    let is_plain = user.bytes().all(|byte| byte.is_ascii_digit()) || user == password;
    let is_user = !user.contains(['/', ' ', '=', '{']) && !user.is_empty();
    is_user
        && !is_number
        && !is_group
        && !is_plain
        && !password.starts_with("//")
        && !is_placeholder(password)
        && !is_path(password)
        && !password.contains(',')
}

fn is_after_a_name(name: &str, value: &str, all: &[&str]) -> bool {
    let is_plain = !name.contains(['_', ':']) && name != "password" && name != "passwd";
    if is_plain || name.starts_with('-') || name.len() > 64 || value.starts_with('-') {
        return false;
    }
    let is_netrc = || all.iter().take(64).any(|word| *word == "machine" || *word == "login");
    match naming(name) {
        Naming::Password if (name == "password" || name == "passwd") && is_netrc() => {
            is_secret_value(Naming::Password, value)
        }
        Naming::Password | Naming::Token => {
            name.contains(['_', ':']) && is_secret_value(Naming::Likely, value)
        }
        _ => false,
    }
}

/// Takes a text apart into the words of a shell: spaces separate them, and quotes keep spaces.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || ";&|()".contains(c));
    while !rest.is_empty() && words.len() < MOST_WORDS {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let inside = quote.and_then(|quote| rest[1..].split_once(quote));
        let (word, after) = match inside {
            Some((word, after)) => (word, after),
            None => rest.split_at(
                rest.find(|c: char| c.is_whitespace() || ";|".contains(c)).unwrap_or(rest.len()),
            ),
        };
        words.push(word);
        let skipped = usize::from(quote.is_some() && inside.is_none() && word.is_empty());
        rest = after
            .get(skipped..)
            .unwrap_or_default()
            .trim_start_matches(|c: char| c.is_whitespace() || ";&|()".contains(c));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_take_a_secret_are_known() {
        for line in [
            "--password hunter2",
            "--api-key -5GrMM5pB8Dq802NZniJPiZZJafq3Tlx",
            "-u alice:W2xFCJk0dP7g",
            "curl -u alice:hunter2 https://h",
            "sshpass -p hunter2 ssh h",
            "mysql -uroot -phunter2 db",
            "redis-cli -h cache -a hunter2",
            "openssl rsa -passin pass:hunter2",
            "machine h login me password hunter2",
            "aws configure set aws_secret_access_key 9f8a7c6e5d4b3a21",
            "docker login -u me -p hunter2",
            "--auth alice:hunter2",
            "x --password 'a b'",
        ] {
            assert_eq!(secret_arguments(&words(line)).len(), 1, "{line}");
        }
        for line in [
            "--auth-type client_credentials",
            "--key-column customer_number",
            "--tokenizer cl100k_base_v2",
            "--token-url https://x/y",
            "-u 1000:1000",
            "--user node:node",
            "docker run -p 8080:80 x",
            "--password --verbose",
            "--password-file /run/secrets/x",
            "--passin env:PASS",
            "--auth basic",
            "-p 8080",
            "--password ${PASSWORD}",
            "node /root/app.js",
            "--user localhost:8080",
        ] {
            assert_eq!(secret_arguments(&words(line)), [0; 0], "{line}");
        }
    }
}
