//! How a client talks to an MCP server.

use std::fmt;
use std::str::FromStr;

use super::declared::InvalidValue;

/// A transport that a server in a container can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum McpTransport {
    /// Standard input and output.
    Stdio,
    /// HTTP with server-sent events, the older form.
    Sse,
    /// HTTP with streamed responses.
    StreamableHttp,
}

impl McpTransport {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Sse => "sse",
            Self::StreamableHttp => "streamable-http",
        }
    }

    /// Returns the path of the server's URL; `stdio` has none.
    pub(crate) const fn path(self) -> Option<&'static str> {
        match self {
            Self::Stdio => None,
            Self::Sse => Some("/sse"),
            Self::StreamableHttp => Some("/mcp"),
        }
    }
}

impl fmt::Display for McpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for McpTransport {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        [Self::Stdio, Self::Sse, Self::StreamableHttp]
            .into_iter()
            .find(|transport| transport.as_str() == text)
            .ok_or_else(|| InvalidValue::Transport(text.to_owned()))
    }
}
