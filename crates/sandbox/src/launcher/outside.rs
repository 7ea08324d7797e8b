//! The public network of a program: the tool that carries its connections, outside of its namespace, and
//! the routes within.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::MemfdFlags;

use super::super::public_network::{CLOSED, Ipv4Network, NetworkTool, NetworkToolKind};
use super::error::LaunchError;
use super::routes::RoutingTable;

/// Network between the program and the tool: of the range for benchmarks, which nobody is attached to.
const NETWORK: &str = "198.18.0.0/24";

/// Addresses in it: the program's, as the tool numbers it by itself, the tool's, and that at which the
/// tool forwards questions to the machine's name server.
const PROGRAM: &str = "198.18.0.100";
const GATEWAY: &str = "198.18.0.2";
pub(super) const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 3);

/// Time that a tool may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of a tool's messages that an error has.
const SAID: usize = 400;

/// What the launcher and the first process of a program need for a public network.
pub(super) struct PublicNetwork {
    tool: NetworkTool,
    /// Networks that the program must not reach.
    closed: BTreeSet<Ipv4Network>,
    /// The tool's messages.
    said: File,
    /// The ends of the launcher and of the first process.
    launcher: UnixStream,
    first: UnixStream,
}

/// A tool at work; it ends when this is dropped, or the launcher ends.
pub(super) struct RunningTool {
    pub process: Child,
}

impl PublicNetwork {
    /// Looks up what is to be closed.
    ///
    /// # Errors
    /// This machine has no way out, or does not tell its addresses.
    pub fn new(tool: &NetworkTool) -> Result<Self, LaunchError> {
        let read = |file: &str| {
            fs::read_to_string(file).map_err(|error| LaunchError(format!("{file}: {error}")))
        };
        let attached = networks(&read("/proc/net/route")?)
            .ok_or_else(|| LaunchError("this machine has no IPv4 route to the internet".into()))?;
        let own = addresses(&read("/proc/net/fib_trie")?);
        let (launcher, first) = UnixStream::pair()?;
        Ok(Self {
            tool: tool.clone(),
            closed: CLOSED.into_iter().chain(attached).chain(own).collect(),
            said: File::from(rustix::fs::memfd_create("said", MemfdFlags::CLOEXEC)?),
            launcher,
            first,
        })
    }

    /// In the launcher: starts the tool for the first process and waits until that has a route. Without
    /// one, the first process says so itself.
    pub fn attach(self, pid: i32) -> Option<RunningTool> {
        let Self {
            tool,
            said,
            mut launcher,
            first,
            ..
        } = self;
        drop(first);
        // The first process has its user ids.
        launcher.read_exact(&mut [0]).ok()?;
        let mut process = command(&tool, pid, said.try_clone().ok()?).spawn().ok()?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if !matches!(process.try_wait(), Ok(None)) {
                return None;
            }
            if is_readable(&launcher, Duration::from_millis(20)) {
                break;
            }
        }
        Some(RunningTool { process })
    }

    /// In the first process: waits for the tool and closes what is not public.
    ///
    /// # Errors
    /// The tool gave no route, or the kernel takes none.
    pub fn enter(self) -> Result<(), LaunchError> {
        let Self {
            tool,
            closed,
            said,
            launcher,
            mut first,
        } = self;
        drop(launcher);
        first.write_all(&[0])?;
        let begun = Instant::now();
        loop {
            let routes = fs::read_to_string("/proc/thread-self/net/route")?;
            if networks(&routes).is_some() {
                break;
            }
            let is_over = is_readable(&first, Duration::from_millis(10));
            if is_over || begun.elapsed() > PATIENCE {
                let name = tool.kind.name();
                return Err(LaunchError(format!(
                    "{name} gives no network: {}",
                    text(&said)
                )));
            }
        }
        let told = |error: io::Error| LaunchError(format!("routes: {error}"));
        let table = RoutingTable::open().map_err(told)?;
        for network in closed {
            table.close(network).map_err(told)?;
        }
        table.only_names(NAME_SERVER).map_err(told)?;
        Ok(first.write_all(&[0])?)
    }
}

/// Whether something can be read, or the other end is gone, within a time.
fn is_readable(stream: &UnixStream, time: Duration) -> bool {
    let time = Timespec {
        tv_sec: 0,
        tv_nsec: time.subsec_nanos().into(),
    };
    poll(&mut [PollFd::new(stream, PollFlags::IN)], Some(&time)).is_ok_and(|ready| ready > 0)
}

fn text(said: &File) -> String {
    let mut bytes = [0; SAID];
    let length = said.read_at(&mut bytes, 0).unwrap_or(0);
    let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("; ")
}

/// The tool for the network namespace of a process. None leads to the loopback interface of this machine,
/// and none of its ports leads inside.
fn command(tool: &NetworkTool, pid: i32, said: File) -> Command {
    let mut command = Command::new(&tool.path);
    match tool.kind {
        NetworkToolKind::Slirp4netns => {
            command.args(["--configure", "--mtu=65520", "--disable-host-loopback"]);
            command.args(["--enable-sandbox", "--enable-seccomp"]);
            // It ends when its input does.
            command.args([&format!("--cidr={NETWORK}"), "--exit-fd=0"]);
            command.args([&pid.to_string(), "tap0"]);
        }
        // It ends when the namespace is gone.
        NetworkToolKind::Pasta => {
            command.args(["--foreground", "--quiet", "--ipv4-only", "--config-net"]);
            command.args(["--no-map-gw", "--ns-ifname", "tap0"]);
            for ports in ["--tcp-ports", "--udp-ports", "--tcp-ns", "--udp-ns"] {
                command.args([ports, "none"]);
            }
            command.args([
                "--address",
                PROGRAM,
                "--netmask",
                "24",
                "--gateway",
                GATEWAY,
            ]);
            command.args(["--dns-forward", &NAME_SERVER.to_string()]);
            command.arg(pid.to_string());
        }
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(said);
    command
}

/// The networks that a machine is attached to, from `/proc/net/route`; none without a default route. A
/// network of more than 2^24 addresses is left out, as it may hold the internet.
fn networks(routes: &str) -> Option<Vec<Ipv4Network>> {
    let hexadecimal = |text: &str| Some(u32::from_str_radix(text, 16).ok()?.to_be());
    let mut has_default = false;
    let mut attached = Vec::new();
    for line in routes.lines().skip(1) {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let field = |number: usize| hexadecimal(fields.get(number)?);
        let (Some(to), Some(through), Some(mask)) = (field(1), field(2), field(7)) else {
            continue;
        };
        has_default |= (to, mask) == (0, 0);
        let prefix = mask.leading_ones() as u8;
        if through == 0 && prefix >= 8 {
            attached.push(Ipv4Network {
                address: Ipv4Addr::from_bits(to),
                prefix,
            });
        }
    }
    has_default.then_some(attached)
}

/// The addresses of a machine, from `/proc/net/fib_trie`.
fn addresses(trie: &str) -> Vec<Ipv4Network> {
    let mut address = None;
    let mut found = Vec::new();
    for line in trie.lines().map(str::trim) {
        if let Some(leaf) = line.strip_prefix("|-- ") {
            address = leaf.parse::<Ipv4Addr>().ok();
        }
        if line == "/32 host LOCAL" {
            let own = address.filter(|address| !address.is_loopback());
            found.extend(own.map(|address| Ipv4Network {
                address,
                prefix: 32,
            }));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str, prefix: u8) -> Ipv4Network {
        Ipv4Network {
            address: address.parse().unwrap(),
            prefix,
        }
    }

    #[test]
    fn the_networks_of_a_machine_are_read() {
        let head =
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
        let attached = "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        let routed = "eth0\t0000000A\t010200C0\t0003\t0\t0\t0\t000000FF\t0\t0\t0\n";
        let default = "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n";
        let tunnel = "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n";
        let all = [head, default, attached, routed, tunnel].concat();
        assert_eq!(networks(&all), Some(vec![network("192.0.2.0", 24)]));
        assert_eq!(networks(&[head, attached].concat()), None);
        assert_eq!(networks(""), None);
    }

    #[test]
    fn the_addresses_of_a_machine_are_read() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 192.0.2.2\n        /32 host LOCAL\n     |-- 192.0.2.255\n        /32 link BROADCAST\n";
        assert_eq!(addresses(trie), [network("192.0.2.2", 32)]);
    }
}
