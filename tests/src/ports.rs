//! Ports for servers that must come back on the same address.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Below the kernel's ephemeral range. A port from inside of it could be taken, while its server is down, by any
/// outgoing connection; a client that keeps trying to connect can then even meet itself there.
const RANGE: std::ops::Range<u16> = 20_000..30_000;

/// An address of the loopback interface on which nobody listens, and which nobody else in this process was given: who was
/// may not listen yet.
pub fn free_address() -> SocketAddr {
    // Stories run side by side, each in a process: each starts its search somewhere else.
    static NEXT: LazyLock<AtomicUsize> = LazyLock::new(|| {
        let [high, low, ..] = *uuid::Uuid::new_v4().as_bytes();
        AtomicUsize::new(u16::from_be_bytes([high, low]).into())
    });
    RANGE
        .map(|_| NEXT.fetch_add(1, Ordering::Relaxed) % RANGE.len())
        .filter_map(|place| RANGE.clone().nth(place))
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("one of ten thousand ports is free")
}
