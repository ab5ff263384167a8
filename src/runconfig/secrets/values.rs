//! Tells values that are no secrets under any name: switches, placeholders, references, paths.

use super::names_table::Naming;
use super::random::{is_generated, is_pattern, is_random, is_uuid};

/// Whole values that say yes or no, or name a way to log in.
const WORDS: &str = "true false yes no on off none null nil undefined enabled disabled enable disable required optional auto \
    default prompt ask unset empty n/a na nan tbd todo 0 1 changeme redacted secret-ref masked hidden removed \
    anonymous managed-identity interactive";
/// Words that stand in what a manual writes for a value.
const PLACEHOLDERS: &str = "your yours placeholder changeme replaceme replace insert redacted todo fixme dummy example sample here \
    changethis xxx xxxx xxxxx notreal masked fill foo bar baz";
/// Words with which a token is named and not given.
const TRADE: &str = "token tokens key keys api apikey personal access client credential credentials bearer basic digest oauth oauth2 auth \
    jwt secret password header cookie session query env vault file keyring my the of and or test demo service account workload \
    identity managed user ntlm kerberos sso saml oidc pkce sigv4 aws gcp azure github gitlab google code grant read write admin \
    none private public static id app application rs256 hs256 es256 post authorization plain x refresh ssh";
/// Where a secret is fetched from.
const SCHEMES: [&str; 22] = [
    "op://",
    "vault:",
    "ref+",
    "arn:",
    "secretref:",
    "secret://",
    "keychain:",
    "keyring:",
    "env:",
    "file:",
    "ssm:",
    "sm://",
    "gcp-sm:",
    "awssm:",
    "azurekv:",
    "kms:",
    "@Microsoft.KeyVault",
    "!secret ",
    "process.env",
    "os.environ",
    "getenv(",
    "secretKeyRef:",
];
const FILE_ENDS: &str = "json yaml yml pem key crt cer der txt env p12 pfx jks conf cfg ini toml properties xml db sqlite asc gpg pub \
    token secret js ts py sh mjs";
/// The first directories of paths in containers and on machines.
const ROOTS: &str = "run etc var mnt secrets home opt usr tmp data app root srv workspace config dev proc secret vault users credentials keys \
    certs";

/// Returns true if `value` is a secret where its name says `naming`.
pub(super) fn is_secret_value(naming: Naming, value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'', '`']);
    if is_placeholder(value) || is_path(value) || value.contains("://") {
        return false;
    }
    match naming {
        Naming::Harmless | Naming::Connection => false,
        Naming::Neutral => is_generated(value) && !is_public(value),
        Naming::Likely => (is_random(value) || is_uuid(value)) && !is_public(value),
        Naming::Token => is_token_value(value) && !is_public(value),
        Naming::Password => !is_trade_word(value) || !value.contains(['_', '-']),
    }
}

fn is_token_value(value: &str) -> bool {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let words = value.split_whitespace().count();
    // An application password in groups of letters of one length, and no sentence.
    let is_grouped = {
        let mut lengths = value.split(' ').map(str::len);
        let first = lengths.next().unwrap_or_default();
        first >= 3 && value.contains(' ') && lengths.all(|length| length == first)
    };
    value.len() >= 4
        && !(is_number && value.len() < 10)
        && !is_trade_word(value)
        && (is_grouped || !is_pattern(value))
        && (words < 3 || is_grouped || value.split_whitespace().any(is_random))
}

/// Returns true for an empty text, a switch, what a manual writes for a value, a reference to a variable or a secret.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let is_word = |list: &str| list.split_ascii_whitespace().any(|w| value.eq_ignore_ascii_case(w));
    value.len() < 2
        || (value.len() < 24 && is_word(WORDS))
        || !value.contains(|c: char| c.is_alphanumeric())
        || value.contains("...")
        || value.contains('…')
        || value.contains("EXAMPLE")
        || is_repeated(value)
        || is_enclosed(value)
        || is_variable(value)
        || is_reference(value)
        || (!is_random(value) && has_placeholder_word(value))
}

/// Returns true if a word such as `your` stands in `value`.
pub(super) fn has_placeholder_word(value: &str) -> bool {
    let mut words = value.split(|c: char| !c.is_ascii_alphabetic()).take(64).peekable();
    while let Some(word) = words.next() {
        let lower = word.to_ascii_lowercase();
        let next = words.peek().map(|word| word.to_ascii_lowercase());
        let is_this = |word: &str| ["me", "this", "it"].contains(&word);
        let is_change = ["change", "set", "edit"].contains(&lower.as_str());
        let known = |word: &str| PLACEHOLDERS.split_ascii_whitespace().any(|known| known == word);
        // `yourApiKey` and `YOURKEY` begin with the word.
        if known(&lower)
            || lower.starts_with("your")
            || (is_change && next.as_deref().is_some_and(is_this))
        {
            return true;
        }
    }
    false
}

fn is_repeated(value: &str) -> bool {
    let mut letters =
        value.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    letters.next().is_some_and(|first| letters.all(|letter| letter == first))
}

/// Returns true for words in brackets, as in `<token>` or `{{ secrets.TOKEN }}`. What looks random there is a value.
fn is_enclosed(value: &str) -> bool {
    let pairs = [
        ("${{", "}}"),
        ("{{", "}}"),
        ("${", "}"),
        ("$(", ")"),
        ("<%", "%>"),
        ("#{", "}"),
        ("%(", ")s"),
        ("<", ">"),
        ("{", "}"),
        ("[", "]"),
        ("%", "%"),
        ("__", "__"),
        ("@@", "@@"),
        ("`", "`"),
        ("(", ")"),
    ];
    pairs.iter().any(|(open, close)| {
        let inside = value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inside.is_some_and(|inside| {
            // `${NAME:-value}` has a value.
            let default =
                inside.split_once(":-").or_else(|| inside.split_once(":=")).map(|(_, value)| value);
            let is_command = *open == "$(" || *open == "`";
            (is_command || !is_random(inside)) && default.is_none_or(is_placeholder)
        })
    })
}

/// Returns true for `$NAME`, or a percent-encoded placeholder.
fn is_variable(value: &str) -> bool {
    let name = value.strip_prefix('$').or_else(|| value.strip_prefix("%24"));
    let is_name = |name: &str| {
        let legal = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        !name.is_empty()
            && name.chars().all(legal)
            && !is_random(name)
            && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    // A name of a shell's in small letters has a line between its words.
    let is_small = |name: &str| {
        name.contains('_')
            && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            && !is_random(name)
    };
    let encoded = ["%7B", "%3C", "%24%7B", "%7b", "%3c"];
    name.is_some_and(|name| is_name(name) || is_small(name))
        || encoded.iter().any(|start| value.starts_with(start))
}

fn is_reference(value: &str) -> bool {
    let has_scheme = |scheme: &&str| {
        value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let is_target = value.split_once(",target=").is_some_and(|(name, _)| !is_random(name));
    let is_google = value.starts_with("projects/") && value.contains("/secrets/");
    is_target
        || is_google
        || (SCHEMES.iter().any(has_scheme) && !value.split([':', '/']).any(is_generated))
}

/// Returns true for a path or the name of a file, none of whose parts looks random.
pub(super) fn is_path(value: &str) -> bool {
    let value = value.strip_prefix('@').unwrap_or(value);
    if value.contains(['\n', ' ', '=']) || value.split(['/', '\\', '.']).any(is_random) {
        return false;
    }
    let known = |list: &str, word: &str| list.split_ascii_whitespace().any(|known| known == word);
    let is_file =
        value.rsplit_once('.').is_some_and(|(name, end)| !name.is_empty() && known(FILE_ENDS, end));
    if let Some(rest) = value.strip_prefix('/') {
        let first = rest.split('/').next().unwrap_or_default();
        return is_file || known(ROOTS, &first.to_ascii_lowercase()) || rest.contains('/');
    }
    let starts = ["./", "../", "~/", "$HOME/", "%USERPROFILE%"];
    let is_windows = value.get(1..3).is_some_and(|start| start == ":\\" || start == ":/");
    starts.iter().any(|start| value.starts_with(start)) || is_windows || is_file
}

/// Returns true for what only names a kind of token: `personal_token`.
fn is_trade_word(value: &str) -> bool {
    let is_known = |word: &str| TRADE.split_ascii_whitespace().any(|known| known == word);
    let lower = value.to_ascii_lowercase();
    let mut words =
        lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    value.len() < 64 && words.all(is_known)
}

/// Returns true for keys that are published, and for digests.
pub(super) fn is_public(value: &str) -> bool {
    let starts = [
        "pk_live_",
        "pk_test_",
        "pk-lf-",
        "pk.eyJ",
        "pub_",
        "ssh-",
        "ecdsa-",
        "AAAAB3NzaC1",
        "AAAAC3NzaC1",
        "AAAAE2VjZHNh",
        "sha1-",
        "sha256-",
        "sha384-",
        "sha512-",
        "sha256:",
        "SHA256:",
        "sha512:",
        "sha1:",
        "md5:",
        "h1:",
        "phc_",
        "price_",
        "prod_",
        "acct_",
        "cus_",
        "sub_",
        "G-",
        "UA-",
        "GTM-",
        "asst_",
        "org-",
        "proj_",
        "vs_",
        "age1",
        "bafy",
        "bafk",
        "npub1",
        "iVBOR",
        "H4sI",
        "data:",
        "-----BEGIN",
        "MIID",
        "MIIC",
        "MIIF",
        "MIIG",
        "MIIB",
        "LS0tLS1CRUdJTiBDRVJ",
        "LS0tLS1CRUdJTiBQVUJ",
    ];
    starts.iter().any(|start| value.starts_with(start)) || value.contains("@sha256:")
}
