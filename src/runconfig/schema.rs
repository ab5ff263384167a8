//! The fields of a run configuration that `ToolHive` knows, and their types.
//!
//! What stands here is checked; every other field passes unread. Names are matched as Go's decoder
//! matches them, whatever their case.

pub(super) use crate::oci::is_same_field as names;

/// The type of a field. `null` is accepted for each, as Go's decoder accepts it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    String,
    Bool,
    /// An integer that fits into 64 bits.
    Int,
    /// An integer that fits into 32 bits.
    Int32,
    /// An integer, or a duration such as `5s`.
    Duration,
    /// An array of values of one type.
    List(&'static Kind),
    /// An object with any keys and values of one type.
    Map(&'static Kind),
    /// An object with these fields, and perhaps others.
    Object(&'static [Field]),
    /// Any object, not looked into.
    AnyObject,
    /// Anything.
    Any,
}

/// A field's name and type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field(pub(super) &'static str, pub(super) Kind);

use Kind::{Any, AnyObject, Bool, Duration, Int, Int32, List, Map, Object, String};

const STRINGS: Kind = List(&String);
const STRING_MAP: Kind = Map(&String);

/// The fields of a run configuration, in the order in which `ToolHive` writes them.
pub(super) const RUN_CONFIG: &[Field] = &[
    Field("schema_version", String),
    Field("mcpserver_generation", Int),
    Field("image", String),
    Field("remote_url", String),
    Field("registry_api_url", String),
    Field("registry_url", String),
    Field("registry_server_name", String),
    Field("remote_auth_config", Object(REMOTE_AUTH)),
    Field("cmd_args", STRINGS),
    Field("name", String),
    Field("container_name", String),
    Field("base_name", String),
    Field("transport", String),
    Field("host", String),
    Field("port", Int),
    Field("target_port", Int),
    Field("target_host", String),
    Field("allowed_origins", STRINGS),
    Field("publish", STRINGS),
    Field("permission_profile_name_or_path", String),
    Field("permission_profile", Object(PERMISSION_PROFILE)),
    Field("env_vars", STRING_MAP),
    Field("env_file_dir", String),
    Field("debug", Bool),
    Field("volumes", STRINGS),
    Field("container_labels", STRING_MAP),
    Field("oidc_config", Object(OIDC)),
    Field("token_exchange_config", Object(TOKEN_EXCHANGE)),
    Field("upstream_swap_config", Object(UPSTREAM_SWAP)),
    Field("aws_sts_config", Object(AWS_STS)),
    Field("authz_config", AnyObject),
    Field("authz_config_path", String),
    Field("audit_config", Object(AUDIT)),
    Field("audit_config_path", String),
    Field("telemetry_config", Object(TELEMETRY)),
    Field("rate_limit_config", AnyObject),
    Field("rate_limit_namespace", String),
    Field("secrets", STRINGS),
    Field("k8s_pod_template_patch", String),
    Field("isolate_network", Bool),
    Field("allow_docker_gateway", Bool),
    Field("trust_proxy_headers", Bool),
    Field("strict_protocol_validation", Bool),
    Field("stateless", Bool),
    Field("session_ttl", String),
    Field("proxy_mode", String),
    Field("thv_ca_bundle", String),
    Field("jwks_auth_token_file", String),
    Field("group", String),
    Field("tools_filter", STRINGS),
    Field("tools_override", Map(&Object(TOOL_OVERRIDE))),
    Field("ignore_config", Object(IGNORE)),
    Field("middleware_configs", List(&Object(MIDDLEWARE))),
    Field("additional_middleware_configs", List(&Object(MIDDLEWARE))),
    Field("validating_webhooks", List(&Object(WEBHOOK))),
    Field("mutating_webhooks", List(&Object(WEBHOOK))),
    Field("endpoint_prefix", String),
    Field("runtime_config", Object(RUNTIME)),
    Field("header_forward", Object(HEADER_FORWARD)),
    Field("embedded_auth_server_config", AnyObject),
    Field("scaling_config", Object(SCALING)),
];

/// The permission profile: what the server may read, write and reach.
const PERMISSION_PROFILE: &[Field] = &[
    Field("name", String),
    Field("read", STRINGS),
    Field("write", STRINGS),
    Field("network", Object(NETWORK)),
    Field("privileged", Bool),
];

const NETWORK: &[Field] = &[
    Field("mode", String),
    Field("outbound", Object(OUTBOUND)),
    Field("inbound", Object(&[Field("allow_host", STRINGS)])),
];

const OUTBOUND: &[Field] = &[
    Field("insecure_allow_all", Bool),
    Field("allow_host", STRINGS),
    Field("allow_port", List(&Int)),
];

const REMOTE_AUTH: &[Field] = &[
    Field("client_id", String),
    Field("client_secret", String),
    Field("client_secret_file", String),
    Field("scopes", STRINGS),
    Field("skip_browser", Bool),
    Field("timeout", Int),
    Field("callback_port", Int),
    Field("use_pkce", Bool),
    Field("resource", String),
    Field("issuer", String),
    Field("authorize_url", String),
    Field("token_url", String),
    Field("headers", List(&Object(DECLARED_VALUE))),
    Field("env_vars", List(&Object(DECLARED_VALUE))),
    Field("oauth_params", STRING_MAP),
    Field("scope_param_name", String),
    Field("bearer_token", String),
    Field("bearer_token_file", String),
];

const DECLARED_VALUE: &[Field] = &[
    Field("name", String),
    Field("description", String),
    Field("required", Bool),
    Field("default", String),
    Field("secret", Bool),
];

const OIDC: &[Field] = &[
    Field("Issuer", String),
    Field("Audience", String),
    Field("JWKSURL", String),
    Field("ClientID", String),
    Field("ClientSecret", String),
    Field("CACertPath", String),
    Field("AuthTokenFile", String),
    Field("AllowPrivateIP", Bool),
    Field("InsecureAllowHTTP", Bool),
    Field("IntrospectionURL", String),
    Field("ResourceURL", String),
    Field("Scopes", STRINGS),
];

const TOKEN_EXCHANGE: &[Field] = &[
    Field("token_url", String),
    Field("client_id", String),
    Field("client_secret", String),
    Field("audience", String),
    Field("scopes", STRINGS),
    Field("subject_token_type", String),
    Field("header_strategy", String),
    Field("external_token_header_name", String),
];

const UPSTREAM_SWAP: &[Field] = &[
    Field("header_strategy", String),
    Field("custom_header_name", String),
    Field("provider_name", String),
];

const AWS_STS: &[Field] = &[
    Field("region", String),
    Field("service", String),
    Field("fallback_role_arn", String),
    Field("role_mappings", List(&AnyObject)),
    Field("role_claim", String),
    Field("session_duration", Int32),
    Field("session_name_claim", String),
    Field("subject_provider_name", String),
];

const AUDIT: &[Field] = &[
    Field("enabled", Bool),
    Field("component", String),
    Field("eventTypes", STRINGS),
    Field("excludeEventTypes", STRINGS),
    Field("includeRequestData", Bool),
    Field("includeResponseData", Bool),
    Field("detectApplicationErrors", Bool),
    Field("maxDataSize", Int),
    Field("maxDelegationDepth", Int),
    Field("logFile", String),
];

/// `samplingRate` is a string, but a number in configurations that older versions stored.
const TELEMETRY: &[Field] = &[
    Field("endpoint", String),
    Field("serviceName", String),
    Field("serviceVersion", String),
    Field("tracingEnabled", Bool),
    Field("metricsEnabled", Bool),
    Field("samplingRate", Any),
    Field("headers", STRING_MAP),
    Field("insecure", Bool),
    Field("enablePrometheusMetricsPath", Bool),
    Field("prometheusPort", Int),
    Field("metricsOnTransportPort", Bool),
    Field("environmentVariables", STRINGS),
    Field("customAttributes", STRING_MAP),
    Field("useLegacyAttributes", Bool),
    Field("caCertPath", String),
];

const TOOL_OVERRIDE: &[Field] = &[Field("name", String), Field("description", String)];
const IGNORE: &[Field] = &[Field("LoadGlobal", Bool), Field("PrintOverlays", Bool)];
const MIDDLEWARE: &[Field] = &[Field("type", String), Field("parameters", Any)];

const WEBHOOK: &[Field] = &[
    Field("name", String),
    Field("url", String),
    Field("timeout", Duration),
    Field("failure_policy", String),
    Field("tls_config", AnyObject),
    Field("hmac_secret_ref", String),
];

const RUNTIME: &[Field] = &[
    Field("builder_image", String),
    Field("additional_packages", STRINGS),
    Field("build_with", STRINGS),
    Field("runtime_env", STRING_MAP),
];

const HEADER_FORWARD: &[Field] =
    &[Field("add_plaintext_headers", STRING_MAP), Field("add_headers_from_secret", STRING_MAP)];

const SCALING: &[Field] = &[Field("backend_replicas", Int32), Field("session_redis", AnyObject)];
