//! Network of build steps that may fetch.

use super::settings::Settings;
use reprove_sandbox::{Launcher, Limitation, NetworkAccess, NetworkTool, SandboxTier, TierRequest};

/// Network of the steps of a build that may fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildNetwork {
    /// One of their own, which a tool leads to public addresses alone.
    Public(NetworkTool),
    /// The machine's, because there is no other.
    Machine {
        /// Why, in a line.
        reason: String,
    },
}

impl BuildNetwork {
    /// The network of build steps in a sandbox tier on this machine: a public one where there is a tool for
    /// it and the user's settings name no registry or proxy that it does not reach.
    pub fn choose(launcher: &Launcher, tier: TierRequest) -> Self {
        let machine = |reason| Self::Machine { reason };
        match tier {
            TierRequest::Exactly(tier @ (SandboxTier::Landlock | SandboxTier::None)) => {
                return machine(format!("tier `{}` has no network of its own", tier.name()));
            }
            TierRequest::Exactly(SandboxTier::Namespaces) | TierRequest::Strongest => {}
        }
        let tool = match launcher.public_network() {
            Ok(tool) => tool,
            Err(reason) => return machine(reason),
        };
        match Settings::of_user().local_host() {
            Some(host) => machine(format!(
                "the settings for registries name `{host}`, which has no public IPv4 address"
            )),
            None => Self::Public(tool),
        }
    }

    /// What it leaves open.
    pub fn limitation(&self) -> Limitation {
        match self {
            Self::Public(_) => Limitation::BuildNetworkPublic,
            Self::Machine { .. } => Limitation::BuildNetworkOpen,
        }
    }

    /// The access of a step.
    pub(super) fn access(&self) -> NetworkAccess {
        match self {
            Self::Public(_) => NetworkAccess::Public,
            Self::Machine { .. } => NetworkAccess::Full,
        }
    }
}
