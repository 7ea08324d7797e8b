//! Routes of a network namespace, set through netlink (`rtnetlink(7)`).

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};

use super::super::public_network::Ipv4Network;

/// Connection to the kernel's routing tables of this network namespace.
pub(super) struct RoutingTable(OwnedFd);

/// Numbers of `linux/rtnetlink.h`, `linux/fib_rules.h` and `linux/netlink.h`.
const TABLE_MAIN: u8 = 254;
const ORIGIN_STATIC: u8 = 4;
const ROUTE_PROHIBIT: u8 = 8;
const ROUTE_DESTINATION: u16 = 1;
const RULE_TO_TABLE: u8 = 1;
const RULE_PROHIBIT: u8 = 8;
const RULE_DESTINATION: u16 = 1;
const RULE_PRIORITY: u16 = 6;
const RULE_PORTS: u16 = 24;
const ERROR: u16 = 2;
const HEADER: usize = 16;

/// Port of name servers.
const DOMAIN: u16 = 53;

impl RoutingTable {
    pub fn open() -> io::Result<Self> {
        let (family, flags) = (AddressFamily::NETLINK, SocketFlags::CLOEXEC);
        // Protocol 0 is that of routes.
        let socket = socket_with(family, SocketType::RAW, flags, None)?;
        Ok(Self(socket))
    }

    /// Refuses connections to a network. More special routes still lead into it.
    pub fn close(&self, network: Ipv4Network) -> io::Result<()> {
        let mut body = vec![family(), network.prefix, 0, 0];
        body.extend([TABLE_MAIN, ORIGIN_STATIC, 0, ROUTE_PROHIBIT, 0, 0, 0, 0]);
        attribute(&mut body, ROUTE_DESTINATION, &network.address.octets());
        self.ask(libc::RTM_NEWROUTE, &body)
    }

    /// Refuses connections to a name server other than those for names.
    pub fn only_names(&self, server: Ipv4Addr) -> io::Result<()> {
        let mut names = rule(RULE_TO_TABLE, server, 1000);
        let ports = [DOMAIN.to_ne_bytes(), DOMAIN.to_ne_bytes()].concat();
        attribute(&mut names, RULE_PORTS, &ports);
        self.ask(libc::RTM_NEWRULE, &names)?;
        self.ask(libc::RTM_NEWRULE, &rule(RULE_PROHIBIT, server, 1001))
    }

    /// Sends a request that creates something, and reads the kernel's answer.
    fn ask(&self, kind: u16, body: &[u8]) -> io::Result<()> {
        let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_EXCL;
        let mut message = Vec::new();
        message.extend(((HEADER + body.len()) as u32).to_ne_bytes());
        message.extend(kind.to_ne_bytes());
        message.extend((flags as u16).to_ne_bytes());
        message.extend([0; 8]);
        message.extend(body);
        let kernel = SocketAddrNetlink::new(0, 0);
        sendto(&self.0, &message, SendFlags::empty(), &kernel)?;
        let mut answer = [0; 4096];
        let (length, _) = recv(&self.0, &mut answer[..], RecvFlags::empty())?;
        error_of(&answer[..length])
    }
}

fn family() -> u8 {
    libc::AF_INET as u8
}

/// Rule for connections to one address.
fn rule(action: u8, server: Ipv4Addr, priority: u32) -> Vec<u8> {
    let mut body = vec![family(), 32, 0, 0];
    body.extend([TABLE_MAIN, 0, 0, action, 0, 0, 0, 0]);
    attribute(&mut body, RULE_DESTINATION, &server.octets());
    attribute(&mut body, RULE_PRIORITY, &priority.to_ne_bytes());
    body
}

/// Adds an attribute whose value is a multiple of four bytes.
fn attribute(body: &mut Vec<u8>, kind: u16, value: &[u8]) {
    body.extend((4 + value.len() as u16).to_ne_bytes());
    body.extend(kind.to_ne_bytes());
    body.extend(value);
}

/// The error that an answer of the kernel tells.
fn error_of(answer: &[u8]) -> io::Result<()> {
    let kind = answer.get(4..6).map(|kind| [kind[0], kind[1]]);
    let code = answer.get(HEADER..HEADER + 4);
    match (kind.map(u16::from_ne_bytes), code) {
        (Some(ERROR), Some(code)) => match i32::from_ne_bytes([code[0], code[1], code[2], code[3]])
        {
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(-code)),
        },
        (Some(_) | None, _) => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_its_error() {
        let answer = |kind: u16, code: i32| {
            let mut answer = 20_u32.to_ne_bytes().to_vec();
            answer.extend(kind.to_ne_bytes());
            answer.extend([0; 10]);
            answer.extend(code.to_ne_bytes());
            answer
        };
        assert!(error_of(&answer(ERROR, 0)).is_ok());
        let error = error_of(&answer(ERROR, -libc::EPERM)).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        assert!(error_of(&answer(3, 0)).is_err());
        assert!(error_of(&[]).is_err());
    }

    #[test]
    fn an_attribute_has_its_length_and_kind() {
        let mut body = Vec::new();
        attribute(&mut body, ROUTE_DESTINATION, &[10, 0, 0, 0]);
        assert_eq!(
            body,
            [
                &8_u16.to_ne_bytes()[..],
                &1_u16.to_ne_bytes(),
                &[10, 0, 0, 0]
            ]
            .concat()
        );
    }
}
