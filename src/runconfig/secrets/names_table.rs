//! The words of names: which name a secret, and which make a name harmless.

/// What the name of a value says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Naming {
    /// It names something about a secret, or anything that is none: a value under it is harmless unless its form
    /// is a token's.
    Harmless,
    /// It says nothing.
    Neutral,
    /// Some values under it are secret: those that look random.
    Likely,
    /// It names a connection: the value may hold a credential among other things.
    Connection,
    /// It names a token or a key: any value that is not a word of the trade.
    Token,
    /// It names a password: any value.
    Password,
}

/// What a word is in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// At the end of a name it leaves the meaning to the word before: `PASSWORD_PROD`.
    Qualifier,
    /// It names this.
    Names(Naming),
    /// `key`, which needs the word before it.
    Key,
}

use Naming::{Connection, Harmless, Likely, Password, Token};
use Role::{Key, Names, Qualifier};

/// Words by their role. A plural is found by its singular.
#[rustfmt::skip]
pub(super) const WORDS: &[(Role, &str)] = &[
    (Names(Password), "password passwd passphrase passcode passwort pass pwd passwrd pw secret mnemonic psk kennwort contrasena motdepasse"),
    (Names(Token), "token apikey pat bearer jwt sas cred credential accesskey secretkey privatekey authkey accesstoken authtoken \
      assertion privkey apitoken appkey apisecret"),
    (Names(Connection), "dsn connectionstring connstring connstr connection conninfo sqlconnstr"),
    (Names(Likely), "auth authorization authentication cookie session salt pepper seed signature sig license licence otp totp \
      nonce apiauth basicauth sid sessid sessionid jsessionid phpsessid csrf hmac webhook"),
    (Key, "key"),
    (Qualifier, "value val default prod production dev development staging stage test testing live sandbox b64 base64 hex plain \
      plaintext raw text string str data content json yaml old new current next previous primary secondary main backup \
      local remote global legacy encoded x v s my the override env environment a b"),
    (Names(Harmless), "type mode method kind style format algorithm alg algo version path file filename dir directory folder location url uri \
      endpoint host hostname port address addr name names id ids uid gid guid uuid prefix suffix header length len limit size max min count \
      total ttl expiry expire expires expiration expired lifetime lifespan timeout age interval duration rotation period delay retry retries \
      provider source backend store storage manager engine driver class module plugin handler helper domain realm issuer audience scope \
      permission role policy rule pattern regex enabled disabled enable disable required optional var variable ref reference arn \
      fingerprint thumbprint hash digest checksum integrity etag field column attribute attr claim param parameter label title description \
      message prompt hint template index row table bucket collection database db schema space keyspace map ring board server service \
      application client user username login email mail group team org organization organisation tenant account project region zone cluster \
      namespace level log debug verbose cache budget usage estimate counter encoder tokenizer model strategy flow grant callback redirect \
      refresh validation verification check lookup resolver loader command cmd script program location status state date time datetime \
      timestamp at on in by case visible mask agent proxy feature flag support \
      protocol protocols transport certificate cert crt ca bundle chain public pub subject cn san bits strength cost rounds iterations \
      iteration complexity requirements requirement threshold percent ratio rate window batch page per sensitive protection device \
      fields headers stdin stdout names list allowlist whitelist blocklist filter exclude include vault keyring keychain keystore \
      truststore wallet symbol contract color locale lang language theme image tag branch commit sha revision rev repo repository \
      registry package author authority authenticator authorizer hotkey keyboard keyword keywords keycloak shortcut binding traceparent \
      tracestate trace span request correlation build digest zip locale currency country city topic queue exchange channel thread \
      websocket sso saml oidc ldap scheme challenge response question answer consent access")
];

/// Two words that mean something else than each alone.
pub(super) const PAIRS: &[(Naming, &str)] = &[
    (
        Password,
        "secret-string rediscli-auth seed-phrase recovery-phrase backup-phrase unlock-code recovery-code auth-pass pass-phrase pass-word",
    ),
    (
        Token,
        "access-code functions-code client-assertion code-verifier honeycomb-team auth-code device-code",
    ),
    (
        Token,
        "secret-id sas-url signed-url access-credential x-auth gh-pat registration-access basic-auth",
    ),
    (
        Connection,
        "connection-string connection-str connect-string conn-string conn-str connection-url connection-uri conn-info",
    ),
    (
        Connection,
        "database-url database-uri db-url db-uri jdbc-url redis-url mongo-url mongo-uri mongodb-uri broker-url",
    ),
    (
        Harmless,
        "session-name session-key-prefix grant-type public-token stop-token special-token pad-token eos-token bos-token unk-token \
      mask-token max-token min-token num-token total-token context-token prompt-token completion-token output-token input-token \
      thinking-token budget-token per-token token-count csrf-trusted",
    ),
];

/// Words before `key` that make it a secret, and those that do not.
pub(super) const SECRET_KEYS: &str = "api access secret private signing encryption encrypt decryption master service account shared auth deploy \
    license application app subscription admin session webhook write read ingest integration functions function personal server \
    hmac aes jwt fernet cipher ssh rsa storage root cookie sign crypto seal vault unseal recovery backup host-private openai anthropic \
    gemini groq user project ikey skey activation product serial management data-private consumer bot sas client";
pub(super) const HARMLESS_KEYS: &str = "public publishable pub partition sort foreign cache object hot idempotency dedup group tracking \
    column shortcut map dict config registry lookup routing-name message record row range hash translation i18n host known \
    arrow enter escape tab index bucket s3 file path json yaml label metadata tag issue jira site value order \
    default-sort log sorting document cert dedupe feature dataset unique composite natural candidate surrogate output input";

/// Ends of words that were written without a break: `PGPASSWORD`.
pub(super) const GLUED: &[(Naming, &str)] = &[
    (
        Password,
        "password passwd passphrase userpass dbpass smtppass mailpass rootpass adminpass sshpass ftppass proxypass sudopass mypass \
      mysqlpwd dbpwd userpwd clientsecret appsecret sharedsecret jwtsecret apisecret keysecret consumersecret secret",
    ),
    (
        Token,
        "apikey secretkey accesskey privatekey authkey masterkey encryptionkey signingkey accountkey sharedkey licensekey servicekey \
      authtoken accesstoken apitoken bottoken usertoken refreshtoken idtoken sessiontoken githubtoken gitlabtoken slacktoken \
      bearertoken personaltoken credentials credential",
    ),
];

/// First words of switches and measures, whose values are not secrets: `USE_TOKEN`.
pub(super) const SWITCHES: &str = "use enable disable is has allow require requires no skip with show hide force should max min num count";
