//! What a container may do, for whoever has to agree to it.

use super::plan::{Network, Plan};

impl Plan {
    /// What runs and what it may touch, a line each: a label and what stands behind it. Values of
    /// variables are left out.
    #[must_use]
    pub fn summary(&self, secrets: &[String]) -> Vec<(&'static str, String)> {
        let mut lines = vec![("image", self.image.clone())];
        if !self.arguments.is_empty() {
            lines.push(("arguments", format!("{:?}", self.arguments)));
        }
        lines.push(("transport", self.transport.to_string()));
        lines.push((
            "network",
            match &self.network {
                Network::Default => "everything that this machine reaches".to_owned(),
                Network::None => "none".to_owned(),
                Network::Host => "this machine's own".to_owned(),
                Network::Named(name) => format!("the network {name}"),
            },
        ));
        for port in &self.ports {
            let address = port.address.map_or("all addresses".to_owned(), |a| a.to_string());
            lines.push(("publishes", format!("its port {} on {address}", port.container)));
        }
        for mount in &self.mounts {
            let label = if mount.read_only { "reads" } else { "writes" };
            lines.push((label, format!("{} (as {})", mount.source.display(), mount.target)));
        }
        lines.extend(secrets.iter().map(|secret| ("secret", secret.clone())));
        let names: Vec<_> = self.environment.keys().map(String::as_str).collect();
        lines.push(("environment", names.join(" ")));
        lines.push(("privileged", if self.privileged { "YES" } else { "no" }.to_owned()));
        lines
    }
}
