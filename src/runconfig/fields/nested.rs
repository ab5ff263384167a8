//! The objects within a run configuration whose members `ToolHive` knows.

use super::kind::Kind::{self, Any, AnyObject, Bool, Duration, Int, Int32, List, Map, Object};
use super::kind::{Field, Shown, Text};

pub(super) const STRING: Kind = Kind::String(Text::Plain);
pub(super) const STRINGS: Kind = List(&STRING);
pub(super) const STRING_MAP: Kind = Map(&STRING);
const MOUNTS: Kind = List(&Kind::String(Text::Mount));

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, shown: Shown::Name }
}

/// A field whose value `inspect` shows.
const fn line(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, shown: Shown::Line }
}

/// The permission profile: what the server may read, write and reach.
pub(super) const PERMISSION_PROFILE: &[Field] = &[
    line("name", STRING),
    line("read", MOUNTS),
    line("write", MOUNTS),
    line("network", Object(NETWORK)),
    line("privileged", Bool),
];

const NETWORK: &[Field] =
    &[line("mode", STRING), line("outbound", Object(OUTBOUND)), field("inbound", Object(INBOUND))];

const INBOUND: &[Field] = &[field("allow_host", STRINGS)];

const OUTBOUND: &[Field] = &[
    line("insecure_allow_all", Bool),
    line("allow_host", STRINGS),
    line("allow_port", List(&Int)),
];

pub(super) const REMOTE_AUTH: &[Field] = &[
    field("client_id", STRING),
    field("client_secret", STRING),
    field("client_secret_file", STRING),
    field("scopes", STRINGS),
    field("skip_browser", Bool),
    field("timeout", Int),
    field("callback_port", Int),
    field("use_pkce", Bool),
    field("resource", STRING),
    field("issuer", STRING),
    field("authorize_url", STRING),
    field("token_url", STRING),
    field("headers", List(&Object(DECLARED_VALUE))),
    field("env_vars", List(&Object(DECLARED_VALUE))),
    field("oauth_params", STRING_MAP),
    field("scope_param_name", STRING),
    field("bearer_token", STRING),
    field("bearer_token_file", STRING),
];

const DECLARED_VALUE: &[Field] = &[
    field("name", STRING),
    field("description", STRING),
    field("required", Bool),
    field("default", STRING),
    field("secret", Bool),
];

pub(super) const OIDC: &[Field] = &[
    field("Issuer", STRING),
    field("Audience", STRING),
    field("JWKSURL", STRING),
    field("ClientID", STRING),
    field("ClientSecret", STRING),
    field("CACertPath", STRING),
    field("AuthTokenFile", STRING),
    field("AllowPrivateIP", Bool),
    field("InsecureAllowHTTP", Bool),
    field("IntrospectionURL", STRING),
    field("ResourceURL", STRING),
    field("Scopes", STRINGS),
];

pub(super) const TOKEN_EXCHANGE: &[Field] = &[
    field("token_url", STRING),
    field("client_id", STRING),
    field("client_secret", STRING),
    field("audience", STRING),
    field("scopes", STRINGS),
    field("subject_token_type", STRING),
    field("header_strategy", STRING),
    field("external_token_header_name", STRING),
];

pub(super) const UPSTREAM_SWAP: &[Field] = &[
    field("header_strategy", STRING),
    field("custom_header_name", STRING),
    field("provider_name", STRING),
];

pub(super) const AWS_STS: &[Field] = &[
    field("region", STRING),
    field("service", STRING),
    field("fallback_role_arn", STRING),
    field("role_mappings", List(&AnyObject)),
    field("role_claim", STRING),
    field("session_duration", Int32),
    field("session_name_claim", STRING),
    field("subject_provider_name", STRING),
];

pub(super) const AUDIT: &[Field] = &[
    field("enabled", Bool),
    field("component", STRING),
    field("eventTypes", STRINGS),
    field("excludeEventTypes", STRINGS),
    field("includeRequestData", Bool),
    field("includeResponseData", Bool),
    field("detectApplicationErrors", Bool),
    field("maxDataSize", Int),
    field("maxDelegationDepth", Int),
    field("logFile", STRING),
];

/// `samplingRate` is a string; configurations that older versions stored have a number there.
pub(super) const TELEMETRY: &[Field] = &[
    field("endpoint", STRING),
    field("serviceName", STRING),
    field("serviceVersion", STRING),
    field("tracingEnabled", Bool),
    field("metricsEnabled", Bool),
    field("samplingRate", Any),
    field("headers", STRING_MAP),
    field("insecure", Bool),
    field("enablePrometheusMetricsPath", Bool),
    field("prometheusPort", Int),
    field("metricsOnTransportPort", Bool),
    field("environmentVariables", STRINGS),
    field("customAttributes", STRING_MAP),
    field("useLegacyAttributes", Bool),
    field("caCertPath", STRING),
];

pub(super) const TOOL_OVERRIDE: &[Field] = &[field("name", STRING), field("description", STRING)];
pub(super) const IGNORE: &[Field] = &[field("LoadGlobal", Bool), field("PrintOverlays", Bool)];
pub(super) const MIDDLEWARE: &[Field] = &[field("type", STRING), field("parameters", Any)];

pub(super) const WEBHOOK: &[Field] = &[
    field("name", STRING),
    field("url", STRING),
    field("timeout", Duration),
    field("failure_policy", STRING),
    field("tls_config", AnyObject),
    field("hmac_secret_ref", STRING),
];

pub(super) const RUNTIME: &[Field] = &[
    field("builder_image", STRING),
    field("additional_packages", STRINGS),
    field("build_with", STRINGS),
    field("runtime_env", STRING_MAP),
];

pub(super) const HEADER_FORWARD: &[Field] =
    &[field("add_plaintext_headers", STRING_MAP), field("add_headers_from_secret", STRING_MAP)];

pub(super) const SCALING: &[Field] =
    &[field("backend_replicas", Int32), field("session_redis", AnyObject)];
