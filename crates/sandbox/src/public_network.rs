//! The public network: outgoing access to public addresses alone, for build steps.
//!
//! A program with [`NetworkAccess::Public`](crate::NetworkAccess::Public) has a network namespace of its
//! own. A user-mode network tool, outside of it, carries its connections. The routes inside end at
//! [`CLOSED`], at the addresses of this machine and at the networks that it is attached to; the tool
//! itself does not lead to the machine's loopback interface.

use std::env;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// IPv4 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ipv4Network {
    pub address: Ipv4Addr,
    /// Leading bits that all its addresses share, 0 to 32.
    pub prefix: u8,
}

impl Ipv4Network {
    const fn new(address: [u8; 4], prefix: u8) -> Self {
        let [a, b, c, d] = address;
        Self {
            address: Ipv4Addr::new(a, b, c, d),
            prefix,
        }
    }

    fn contains(self, address: Ipv4Addr) -> bool {
        let mask = u32::MAX
            .checked_shl(32 - u32::from(self.prefix))
            .unwrap_or(0);
        address.to_bits() & mask == self.address.to_bits() & mask
    }
}

/// Networks that are not public (RFC 6890): this network, private, shared, link-local, protocol
/// assignments, benchmarks, multicast, reserved and broadcast. Loopback addresses are those of the
/// program's own namespace.
pub(crate) const CLOSED: [Ipv4Network; 10] = [
    Ipv4Network::new([0, 0, 0, 0], 8),
    Ipv4Network::new([10, 0, 0, 0], 8),
    Ipv4Network::new([100, 64, 0, 0], 10),
    Ipv4Network::new([169, 254, 0, 0], 16),
    Ipv4Network::new([172, 16, 0, 0], 12),
    Ipv4Network::new([192, 0, 0, 0], 24),
    Ipv4Network::new([192, 168, 0, 0], 16),
    Ipv4Network::new([198, 18, 0, 0], 15),
    Ipv4Network::new([224, 0, 0, 0], 4),
    Ipv4Network::new([240, 0, 0, 0], 4),
];

/// Whether an address belongs to the public internet, as far as its number tells.
pub fn is_public(address: Ipv4Addr) -> bool {
    !address.is_loopback() && !CLOSED.iter().any(|network| network.contains(address))
}

/// User-mode network tool of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkTool {
    /// Which one it is.
    pub kind: NetworkToolKind,
    /// The executable.
    pub path: PathBuf,
}

/// Kind of a user-mode network tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkToolKind {
    /// `slirp4netns`.
    Slirp4netns,
    /// `pasta`, of passt.
    Pasta,
}

impl NetworkToolKind {
    /// All kinds, in the order in which they are tried.
    pub(crate) const ALL: [Self; 2] = [Self::Slirp4netns, Self::Pasta];

    /// The name of the executable.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slirp4netns => "slirp4netns",
            Self::Pasta => "pasta",
        }
    }

    /// The tool in a folder of `PATH`; none where it is not installed.
    pub(crate) fn find(self) -> Option<NetworkTool> {
        let path = env::var_os("PATH")?;
        let mut candidates = env::split_paths(&path).map(|folder| folder.join(self.name()));
        let path = candidates.find(|path| path.is_absolute() && path.is_file())?;
        Some(NetworkTool { kind: self, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_internet_are_told_from_local_ones() {
        for closed in [
            "0.0.0.0",
            "10.255.255.53",
            "100.64.0.1",
            "127.0.0.53",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.1.1",
            "198.19.255.255",
            "224.0.0.251",
            "255.255.255.255",
        ] {
            assert!(!is_public(closed.parse().unwrap()), "{closed}");
        }
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "100.128.0.0",
            "172.32.0.0",
            "198.20.0.0",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_prefix_of_no_bits_is_every_address() {
        let all = Ipv4Network::new([0, 0, 0, 0], 0);
        assert!(all.contains(Ipv4Addr::BROADCAST));
        let one = Ipv4Network::new([1, 2, 3, 4], 32);
        assert!(
            one.contains(Ipv4Addr::new(1, 2, 3, 4)) && !one.contains(Ipv4Addr::new(1, 2, 3, 5))
        );
    }
}
