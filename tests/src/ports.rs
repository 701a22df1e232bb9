//! Ports for servers that must come back on the same address.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Below the kernel's ephemeral range. A port from inside of it could be taken, while its server is down, by any
/// outgoing connection; a client that keeps trying to connect can then even meet itself there.
const RANGE: std::ops::Range<u16> = 20_000..30_000;

/// An address of the loopback interface on which nobody listens.
pub fn free_address() -> SocketAddr {
    // Stories run side by side: each starts its search somewhere else.
    let [high, low, ..] = *uuid::Uuid::new_v4().as_bytes();
    let start = RANGE.start + u16::from_be_bytes([high, low]) % (RANGE.end - RANGE.start);
    (start..RANGE.end)
        .chain(RANGE.start..start)
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("one of ten thousand ports is free")
}
