//! Who sends a request, as far as HTTP knows: its headers, and the address that it comes from.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    ops::Deref,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use super::App;
use crate::config::Networks;

/// Each proxy adds whom it was asked by.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The headers of a request, with the address of whoever sent it.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    headers: HeaderMap,
    address: IpAddr,
}

impl Sender {
    /// Where the request comes from.
    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }
}

impl Deref for Sender {
    type Target = HeaderMap;

    fn deref(&self) -> &HeaderMap {
        &self.headers
    }
}

impl FromRequestParts<App> for Sender {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let ConnectInfo(peer) = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .expect("the server tells where each connection comes from");
        let proxies = &app.state.config.trusted_proxies;
        Ok(Self {
            address: address(peer.ip(), &parts.headers, proxies),
            headers: parts.headers.clone(),
        })
    }
}

/// The last address that no trusted proxy stands at. What is before it anybody may have written.
fn address(peer: IpAddr, headers: &HeaderMap, proxies: &Networks) -> IpAddr {
    let mut address = peer.to_canonical();
    let hops = headers.get_all(FORWARDED_FOR).iter();
    let hops = hops.filter_map(|value| value.to_str().ok());
    let hops: Vec<_> = hops.flat_map(|value| value.split(',')).collect();
    for hop in hops.into_iter().rev() {
        if !proxies.contain(address) {
            break;
        }
        let Ok(before) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        address = before.to_canonical();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The address of a request that comes from 10.0.0.1 by way of others.
    fn found(forwarded_for: &[&str], proxies: &str) -> String {
        let header = |value: &&str| {
            let value = value.parse().expect("a header");
            (FORWARDED_FOR.parse().expect("a name"), value)
        };
        let headers = forwarded_for.iter().map(header).collect();
        let proxies = Networks::try_from(proxies.to_owned()).expect("networks");
        address(IpAddr::from([10, 0, 0, 1]), &headers, &proxies).to_string()
    }

    #[test]
    fn only_proxies_that_are_trusted_are_believed() {
        assert_eq!(found(&["1.1.1.1"], ""), "10.0.0.1");
        assert_eq!(found(&["1.1.1.1"], "10.0.0.1"), "1.1.1.1");
        assert_eq!(found(&["9.9.9.9, 1.1.1.1"], "10.0.0.0/8"), "1.1.1.1");
        assert_eq!(found(&["1.1.1.1, 10.0.0.2"], "10.0.0.0/8"), "1.1.1.1");
        assert_eq!(found(&["1.1.1.1", "10.0.0.2"], "10.0.0.0/8"), "1.1.1.1");
        assert_eq!(found(&["nonsense"], "10.0.0.0/8"), "10.0.0.1");
        assert_eq!(found(&[], "10.0.0.0/8"), "10.0.0.1");
    }
}
