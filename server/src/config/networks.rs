//! Networks, as an operator writes them.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;

/// Networks, written with commas between them; a single address is one, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether an address lies in one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl TryFrom<String> for Networks {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let network = |part: &str| {
            let address = part.parse::<IpAddr>().map(IpNet::from);
            address
                .or_else(|_| part.parse::<IpNet>())
                .map_err(|_| format!("{part:?} is neither an address nor a network"))
        };
        let parts = text.split(',').map(str::trim);
        let parts = parts.filter(|part| !part.is_empty());
        Ok(Self(parts.map(network).collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_addresses_and_networks() {
        let networks = Networks::try_from("127.0.0.1, 10.0.0.0/8,::1".to_owned()).expect("good");
        let contains = |address: &str| networks.contain(address.parse().expect("an address"));
        assert!(contains("127.0.0.1") && contains("10.1.2.3") && contains("::1"));
        assert!(!contains("127.0.0.2") && !contains("::2"));
        assert_eq!(Networks::try_from(String::new()), Ok(Networks::default()));
        let error = Networks::try_from("haproxy".to_owned()).expect_err("a name");
        assert!(error.contains("haproxy"), "{error}");
    }
}
