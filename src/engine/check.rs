//! Checks that a plan can become a container, before the user is asked and anything is pulled.

use std::net::{IpAddr, Ipv6Addr};

use super::command_line::Engine;
use super::container::Container;
use super::error::EngineError;
use super::plan::Plan;

impl Engine {
    /// Checks that the container's name is free and that its server could be reached.
    pub(crate) async fn check(&self, plan: &Plan) -> Result<(), EngineError> {
        self.check_address(plan).await?;
        self.ended_container(plan).await.map(drop)
    }

    /// Makes the container's name free: removes a container of the same workload that has ended.
    pub(crate) async fn make_room(&self, plan: &Plan) -> Result<(), EngineError> {
        match self.ended_container(plan).await? {
            Some(old) => self.remove(&old.name).await,
            None => Ok(()),
        }
    }

    /// Returns the container that has the plan's name, if it is the same workload's and has ended.
    /// Any other container of that name is an error.
    async fn ended_container(&self, plan: &Plan) -> Result<Option<Container>, EngineError> {
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

    /// Refuses to publish at an address from which the engine leads to no container.
    async fn check_address(&self, plan: &Plan) -> Result<(), EngineError> {
        // A server that is published at all addresses is waited for at the loopback one.
        let is_loopback = |address: &Ipv6Addr| address.is_loopback() || address.is_unspecified();
        let published = plan.ports.iter().find_map(|port| match port.address {
            Some(IpAddr::V6(address)) => Some(address).filter(is_loopback),
            _ => None,
        });
        match published {
            Some(address) if self.lacks_ipv6_loopback().await? => {
                Err(EngineError::Unreachable(address))
            }
            _ => Ok(()),
        }
    }
}
