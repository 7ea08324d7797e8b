//! Limitations: what each tier leaves open, as codes with a sentence each.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::policy::{MemoryControl, NetworkAccess, SandboxTier};

/// Something that a sandbox does not prevent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limitation {
    /// SandboxTier `namespaces` on a kernel without Landlock.
    NamespacesAlone,
    /// `/proc` of the machine is readable.
    ProcReadable,
    /// `/dev/shm` is shared.
    SharedMemoryShared,
    /// File names and sizes are visible.
    FileNamesVisible,
    /// Orphans outlive a launcher that is killed.
    OrphansSurvive,
    /// Files in `/dev/shm` may stay.
    SharedMemoryOutlives,
    /// The user's own files and processes can be altered without being read.
    OwnFilesAlterable,
    /// Processes of the same user can be signalled.
    SignalsOpen,
    /// TCP ports are not restricted.
    PortsOpen,
    /// SandboxTier `none`.
    NoSandbox,
    /// The machine's network is reachable.
    NetworkOpen,
    /// Build steps can reach the machine's network.
    BuildNetworkOpen,
    /// Build steps can reach public addresses.
    BuildNetworkPublic,
    /// The memory limit is polled.
    MemoryPolled,
    /// The kernel is shared.
    KernelShared,
}

impl Limitation {
    /// All limitations, in the order in which a report lists them.
    pub const ALL: [Self; 15] = [
        Self::NamespacesAlone,
        Self::ProcReadable,
        Self::SharedMemoryShared,
        Self::FileNamesVisible,
        Self::OrphansSurvive,
        Self::SharedMemoryOutlives,
        Self::OwnFilesAlterable,
        Self::SignalsOpen,
        Self::PortsOpen,
        Self::NoSandbox,
        Self::NetworkOpen,
        Self::BuildNetworkOpen,
        Self::BuildNetworkPublic,
        Self::MemoryPolled,
        Self::KernelShared,
    ];

    /// The stable code, as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::NamespacesAlone => "namespaces_alone",
            Self::ProcReadable => "proc_readable",
            Self::SharedMemoryShared => "shared_memory_shared",
            Self::FileNamesVisible => "file_names_visible",
            Self::OrphansSurvive => "orphans_survive",
            Self::SharedMemoryOutlives => "shared_memory_outlives",
            Self::OwnFilesAlterable => "own_files_alterable",
            Self::SignalsOpen => "signals_open",
            Self::PortsOpen => "ports_open",
            Self::NoSandbox => "no_sandbox",
            Self::NetworkOpen => "network_open",
            Self::BuildNetworkOpen => "build_network_open",
            Self::BuildNetworkPublic => "build_network_public",
            Self::MemoryPolled => "memory_polled",
            Self::KernelShared => "kernel_shared",
        }
    }

    /// The sentence that a report prints.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NamespacesAlone => {
                "this kernel has no Landlock: namespaces and the system call filter stand alone"
            }
            Self::ProcReadable => {
                "the machine's /proc is readable: names and command lines of other processes"
            }
            Self::SharedMemoryShared => "/dev/shm is shared with the machine",
            Self::FileNamesVisible => {
                "names, sizes and times of files anywhere can be seen, though not their contents"
            }
            Self::OrphansSurvive => "orphans survive if the launcher itself is killed with SIGKILL",
            Self::SharedMemoryOutlives => "files of the program in /dev/shm may outlive the run",
            Self::OwnFilesAlterable => {
                "permissions and times of the user's own files, and the scheduling of the user's own processes, can be changed"
            }
            Self::SignalsOpen => {
                "processes of the same user can be signalled: this kernel's Landlock is older than version 6"
            }
            Self::PortsOpen => {
                "TCP ports cannot be told apart: this kernel's Landlock is older than version 4"
            }
            Self::NoSandbox => {
                "no sandbox: the program could read, change and send whatever the user can"
            }
            Self::NetworkOpen => "the network is open: what the program can read it can send",
            Self::BuildNetworkOpen => {
                "build steps have the network of this machine, its own services (127.0.0.1) included: \
                 `network: never` closes it"
            }
            Self::BuildNetworkPublic => {
                "build steps reach public IPv4 addresses and the name server of this machine, through a \
                 network of their own; this machine's own services, the networks that it is attached \
                 to, and private and link-local addresses are closed to them"
            }
            Self::MemoryPolled => {
                "the limit on memory is polled every 20 ms, and does not see memory files that no process maps"
            }
            Self::KernelShared => {
                "the kernel is shared with the machine: a fault in it is a way out"
            }
        }
    }
}

impl fmt::Display for Limitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

/// The facts of one launch that decide its limitations.
pub(super) struct LaunchFacts {
    pub tier: SandboxTier,
    pub network: NetworkAccess,
    pub memory: MemoryControl,
    /// The kernel's Landlock version, 0 where it has none.
    pub landlock: i32,
    /// Whether the program has a user id of its own.
    pub identity: Identity,
}

/// The user id that the program runs under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// One of the pool, for this run only.
    Pooled(u32),
    /// The user id of this process.
    Own,
}

/// The limitations of a launch, in a fixed order.
pub(super) fn of(facts: &LaunchFacts) -> Vec<Limitation> {
    let mut limitations = Vec::new();
    match facts.tier {
        SandboxTier::Namespaces => {
            if facts.landlock == 0 {
                limitations.push(Limitation::NamespacesAlone);
            }
        }
        SandboxTier::Landlock => limitations.extend(of_landlock(facts)),
        SandboxTier::None => limitations.push(Limitation::NoSandbox),
    }
    if facts.network == NetworkAccess::Full && facts.tier != SandboxTier::None {
        limitations.push(Limitation::NetworkOpen);
    }
    if facts.network == NetworkAccess::Public {
        limitations.push(Limitation::BuildNetworkPublic);
    }
    if facts.memory == MemoryControl::Polled {
        limitations.push(Limitation::MemoryPolled);
    }
    if facts.tier != SandboxTier::None {
        limitations.push(Limitation::KernelShared);
    }
    limitations
}

/// The limitations of tier `landlock`.
fn of_landlock(facts: &LaunchFacts) -> Vec<Limitation> {
    let mut limitations = vec![
        Limitation::ProcReadable,
        Limitation::SharedMemoryShared,
        Limitation::FileNamesVisible,
        Limitation::OrphansSurvive,
    ];
    if facts.identity == Identity::Own {
        limitations.push(Limitation::SharedMemoryOutlives);
        limitations.push(Limitation::OwnFilesAlterable);
    }
    if facts.landlock < 6 && facts.identity == Identity::Own {
        limitations.push(Limitation::SignalsOpen);
    }
    if facts.landlock < 4 && facts.network == NetworkAccess::Full {
        limitations.push(Limitation::PortsOpen);
    }
    limitations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(tier: SandboxTier) -> LaunchFacts {
        LaunchFacts {
            tier,
            network: NetworkAccess::Loopback,
            memory: MemoryControl::Cgroup,
            landlock: 7,
            identity: Identity::Own,
        }
    }

    #[test]
    fn the_tightest_tier_leaves_only_the_kernel() {
        assert_eq!(
            of(&facts(SandboxTier::Namespaces)),
            [Limitation::KernelShared]
        );
    }

    #[test]
    fn looser_tiers_have_more_limitations() {
        let loose = LaunchFacts {
            network: NetworkAccess::Full,
            memory: MemoryControl::Polled,
            landlock: 2,
            ..facts(SandboxTier::Landlock)
        };
        assert_eq!(of(&loose).len(), 11);
        assert_eq!(of(&facts(SandboxTier::Landlock)).len(), 7);
        assert_eq!(of(&facts(SandboxTier::None)), [Limitation::NoSandbox]);
    }

    #[test]
    fn codes_are_those_of_the_serialised_form() {
        for limitation in Limitation::ALL {
            let written = serde_json::to_string(&limitation).unwrap();
            assert_eq!(written, format!("\"{}\"", limitation.code()));
        }
    }
}
