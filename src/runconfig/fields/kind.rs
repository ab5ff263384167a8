//! The JSON kinds of fields, and the members that `ToolHive` knows of the objects among them.

use Kind::{Any, Bool, Duration, Int, Int32, List, Map, Object};

/// The JSON kind of a value. `null` is accepted for each, as Go's decoder accepts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    String(Text),
    Bool,
    /// An integer that fits into 64 bits.
    Int,
    /// An integer that fits into 32 bits.
    Int32,
    /// An integer, or a duration such as `5s`.
    Duration,
    /// An array of values of one kind.
    List(&'static Kind),
    /// An object with any keys, and values of one kind.
    Map(&'static Kind),
    /// An object with these fields; other members are accepted.
    Object(&'static [Fields]),
    /// Any value.
    Any,
}

/// The meaning of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    /// No meaning that this program relies on.
    Plain,
    /// The workload's name: another name replaces it.
    WorkloadName,
    /// A mount, `path` or `host:container`.
    Mount,
    /// A reference to a secret, `name,target=VARIABLE`.
    SecretReference,
}

/// How `inspect` shows a field that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// On a line of its own or as part of one. Members that appear on no line are listed with their
    /// path.
    Line,
    /// With its path.
    Name,
}

/// Members of a JSON object that are alike. Spaces separate their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) names: &'static str,
    pub(crate) kind: Kind,
    pub(crate) shown: Shown,
}

impl Kind {
    /// Returns the name and the group of the field for whose name `is_wanted` returns true.
    pub(crate) fn field(
        self,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Option<(&'static str, &'static Fields)> {
        let Self::Object(fields) = self else { return None };
        let named = |group: &'static Fields| {
            let name = group.names.split(' ').find(|name| is_wanted(name))?;
            Some((name, group))
        };
        fields.iter().find_map(named)
    }

    /// Returns the kind of the field `name`; `None` if it is not known.
    pub(crate) fn known(self, name: &str) -> Option<Self> {
        self.field(|known| known == name).map(|(_, field)| field.kind)
    }

    pub(crate) fn member(self, name: &str) -> Self {
        match self {
            Self::Map(value) => *value,
            _ => self.known(name).unwrap_or(Self::Any),
        }
    }

    pub(crate) const fn element(self) -> Self {
        match self {
            Self::List(element) => *element,
            _ => Self::Any,
        }
    }
}

pub(super) const STRING: Kind = Kind::String(Text::Plain);
pub(super) const STRINGS: Kind = List(&STRING);
pub(super) const STRING_MAP: Kind = Map(&STRING);
/// An object whose members are not checked.
pub(super) const ANY_OBJECT: Kind = Map(&Any);
const MOUNTS: Kind = List(&Kind::String(Text::Mount));

const fn field(names: &'static str, kind: Kind) -> Fields {
    Fields { names, kind, shown: Shown::Name }
}

/// Fields whose values `inspect` shows.
const fn line(names: &'static str, kind: Kind) -> Fields {
    Fields { names, kind, shown: Shown::Line }
}

/// The permission profile: what the server may read, write and reach.
pub(super) const PERMISSION_PROFILE: &[Fields] = &[
    field("name", STRING),
    line("read write", MOUNTS),
    line("network", Object(NETWORK)),
    line("privileged", Bool),
];

const NETWORK: &[Fields] =
    &[line("mode", STRING), line("outbound", Object(OUTBOUND)), field("inbound", Object(INBOUND))];

const INBOUND: &[Fields] = &[field("allow_host", STRINGS)];

const OUTBOUND: &[Fields] = &[
    line("insecure_allow_all", Bool),
    line("allow_host", STRINGS),
    line("allow_port", List(&Int)),
];

pub(super) const REMOTE_AUTH: &[Fields] = &[
    field(
        "client_id client_secret client_secret_file resource issuer authorize_url token_url \
         scope_param_name bearer_token bearer_token_file",
        STRING,
    ),
    field("scopes", STRINGS),
    field("skip_browser use_pkce", Bool),
    field("timeout callback_port", Int),
    field("headers env_vars", List(&Object(DECLARED_VALUE))),
    field("oauth_params", STRING_MAP),
];

const DECLARED_VALUE: &[Fields] =
    &[field("name description default", STRING), field("required secret", Bool)];

pub(super) const OIDC: &[Fields] = &[
    field(
        "Issuer Audience JWKSURL ClientID ClientSecret CACertPath AuthTokenFile IntrospectionURL \
         ResourceURL",
        STRING,
    ),
    field("AllowPrivateIP InsecureAllowHTTP", Bool),
    field("Scopes", STRINGS),
];

pub(super) const TOKEN_EXCHANGE: &[Fields] = &[
    field(
        "token_url client_id client_secret audience subject_token_type header_strategy \
         external_token_header_name",
        STRING,
    ),
    field("scopes", STRINGS),
];

pub(super) const UPSTREAM_SWAP: &[Fields] =
    &[field("header_strategy custom_header_name provider_name", STRING)];

pub(super) const AWS_STS: &[Fields] = &[
    field(
        "region service fallback_role_arn role_claim session_name_claim subject_provider_name",
        STRING,
    ),
    field("role_mappings", List(&ANY_OBJECT)),
    field("session_duration", Int32),
];

pub(super) const AUDIT: &[Fields] = &[
    field("enabled includeRequestData includeResponseData detectApplicationErrors", Bool),
    field("component logFile", STRING),
    field("eventTypes excludeEventTypes", STRINGS),
    field("maxDataSize maxDelegationDepth", Int),
];

/// `samplingRate` is a string; configurations that older versions stored have a number there.
pub(super) const TELEMETRY: &[Fields] = &[
    field("endpoint serviceName serviceVersion caCertPath", STRING),
    field(
        "tracingEnabled metricsEnabled insecure enablePrometheusMetricsPath metricsOnTransportPort \
         useLegacyAttributes",
        Bool,
    ),
    field("samplingRate", Any),
    field("headers customAttributes", STRING_MAP),
    field("prometheusPort", Int),
    field("environmentVariables", STRINGS),
];

pub(super) const TOOL_OVERRIDE: &[Fields] = &[field("name description", STRING)];
pub(super) const IGNORE: &[Fields] = &[field("LoadGlobal PrintOverlays", Bool)];
pub(super) const MIDDLEWARE: &[Fields] = &[field("type", STRING), field("parameters", Any)];

pub(super) const WEBHOOK: &[Fields] = &[
    field("name url failure_policy hmac_secret_ref", STRING),
    field("timeout", Duration),
    field("tls_config", ANY_OBJECT),
];

pub(super) const RUNTIME: &[Fields] = &[
    field("builder_image", STRING),
    field("additional_packages build_with", STRINGS),
    field("runtime_env", STRING_MAP),
];

pub(super) const HEADER_FORWARD: &[Fields] =
    &[field("add_plaintext_headers add_headers_from_secret", STRING_MAP)];

pub(super) const SCALING: &[Fields] =
    &[field("backend_replicas", Int32), field("session_redis", ANY_OBJECT)];
