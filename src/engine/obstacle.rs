//! What stands in the way of a container.

use std::net::{IpAddr, Ipv6Addr};

use super::container::Container;
use super::error::EngineError;
use super::plan::Plan;
use super::program::Engine;

impl Engine {
    /// Whether the plan can become a container that is reached: what can be told before anybody is
    /// asked and anything is pulled.
    ///
    /// # Errors
    /// [`EngineError::Running`], [`EngineError::Foreign`], [`EngineError::Unreachable`], or where
    /// the engine fails.
    pub async fn check(&self, plan: &Plan) -> Result<(), EngineError> {
        self.check_address(plan).await?;
        self.ended(plan).await.map(|_| ())
    }

    /// Sees to it that no container has the plan's name: one of the same workload that does not run
    /// any more is removed.
    ///
    /// # Errors
    /// [`EngineError::Running`], [`EngineError::Foreign`], or where the engine fails.
    pub async fn make_room(&self, plan: &Plan) -> Result<(), EngineError> {
        match self.ended(plan).await? {
            Some(old) => self.remove(&old.name).await,
            None => Ok(()),
        }
    }

    /// The container of that name, which is the same workload's and does not run any more.
    async fn ended(&self, plan: &Plan) -> Result<Option<Container>, EngineError> {
        let Some(old) = self.container(&plan.name).await? else { return Ok(None) };
        let is_same = |label| old.labels.get(label) == plan.labels.get(label);
        if !is_same("toolhive") || !is_same("toolhive-basename") {
            Err(EngineError::Foreign(old.name))
        } else if old.is_running() {
            Err(EngineError::Running { name: old.name, engine: self.kind() })
        } else {
            Ok(Some(old))
        }
    }

    /// Refuses to publish where nobody would ever answer: podman with root's rights leads to a
    /// container by rules of the kernel, which has no such way from IPv6's loopback. Docker and
    /// podman without those rights have a proxy for it.
    async fn check_address(&self, plan: &Plan) -> Result<(), EngineError> {
        // At all addresses, the server is asked at the loopback one.
        let is_loopback = |address: &Ipv6Addr| address.is_loopback() || address.is_unspecified();
        let published = plan.ports.iter().find_map(|port| match port.address {
            Some(IpAddr::V6(address)) => Some(address).filter(is_loopback),
            _ => None,
        });
        let Some(address) = published else { return Ok(()) };
        // Docker, which has no such field, fails; a podman under its name does not.
        let asked = self.output(&["info", "--format={{.Host.Security.Rootless}}"]).await?;
        if asked.stdout.trim_ascii() == b"false" {
            return Err(EngineError::Unreachable(address));
        }
        Ok(())
    }
}
