//! How an MCP server is spoken to.

use std::fmt;
use std::str::FromStr;

/// A transport that runs in a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum McpTransport {
    /// Standard input and output.
    Stdio,
    /// HTTP with server-sent events, the older form.
    Sse,
    /// HTTP with streamed answers.
    StreamableHttp,
}

impl McpTransport {
    /// The word that stands in a run configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Sse => "sse",
            Self::StreamableHttp => "streamable-http",
        }
    }

    /// The path at which a server is spoken to; none for `stdio`.
    #[must_use]
    pub const fn path(self) -> Option<&'static str> {
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

/// A transport of another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTransport(pub String);

impl fmt::Display for UnknownTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the transport {:?} is none of stdio, sse and streamable-http", self.0)
    }
}

impl std::error::Error for UnknownTransport {}

impl FromStr for McpTransport {
    type Err = UnknownTransport;

    fn from_str(text: &str) -> Result<Self, UnknownTransport> {
        [Self::Stdio, Self::Sse, Self::StreamableHttp]
            .into_iter()
            .find(|transport| transport.as_str() == text)
            .ok_or_else(|| UnknownTransport(text.to_owned()))
    }
}
