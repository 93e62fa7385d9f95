//! Networks in CIDR form (RFC 4632, RFC 4291), for vendors that run on the practice's own machines.
//!
//! Only loopback and private networks can be written down: a public network would make "on premises" a back door. This module
//! resolves no names.

use core::fmt;
use core::net::{IpAddr, Ipv6Addr};
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A loopback or private network, such as `127.0.0.0/8` or `10.20.0.0/16`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    first: IpAddr,
    prefix: u8,
}

/// The text is not a network that can be declared on premises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANetwork {
    /// The form is not `address/prefix`, or bits are set behind the prefix.
    #[error(
        "not a network: write its first address, a slash and the prefix length, as 10.20.0.0/16"
    )]
    Form,
    /// The network reaches outside of the loopback and private ranges.
    #[error(
        "not a private network: only loopback, RFC 1918, RFC 6598 and RFC 4193 ranges can be on premises"
    )]
    Public,
}

/// The ranges inside which a network can be on premises: loopback, RFC 1918, RFC 6598 (overlay networks), RFC 4193.
const PRIVATE: [&str; 7] = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "::1/128",
    "fc00::/7",
];

impl Network {
    fn parse_any(text: &str) -> Result<Network, NotANetwork> {
        let (address, prefix) = text.split_once('/').ok_or(NotANetwork::Form)?;
        let first: IpAddr = address.parse().map_err(|_| NotANetwork::Form)?;
        let prefix: u8 = prefix.parse().map_err(|_| NotANetwork::Form)?;
        let network = Network { first, prefix };
        let width = if first.is_ipv4() { 32 } else { 128 };
        if prefix > width || network.masked(bits(&first)) != bits(&first) {
            return Err(NotANetwork::Form);
        }
        Ok(network)
    }

    /// The bits of an address in front of the prefix, the rest zero.
    fn masked(&self, address: u128) -> u128 {
        let width = if self.first.is_ipv4() { 32 } else { 128 };
        let behind = width - u32::from(self.prefix);
        address.checked_shr(behind).and_then(|kept| kept.checked_shl(behind)).unwrap_or(0)
    }

    /// Whether an address lies in the network. An IPv4 address that is mapped into IPv6 counts as the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: &IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4()
            && self.masked(bits(&address)) == bits(&self.first)
    }

    /// Whether the other network lies wholly in this one.
    #[must_use]
    pub fn covers(&self, other: &Network) -> bool {
        self.prefix <= other.prefix && self.contains(&other.first)
    }

    /// Whether the network lies wholly in the loopback range.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let least = match self.first {
            IpAddr::V4(_) => 8,
            IpAddr::V6(_) => 128,
        };
        self.prefix >= least && self.first.is_loopback()
    }

    /// Whether an address is loopback, private, link-local or unspecified: none is a hosted vendor's.
    #[must_use]
    pub fn is_local(address: &IpAddr) -> bool {
        let address = address.to_canonical();
        let special = match address {
            IpAddr::V4(v4) => v4.is_link_local() || v4.is_unspecified() || v4.is_broadcast(),
            IpAddr::V6(v6) => v6.is_unicast_link_local() || v6 == Ipv6Addr::UNSPECIFIED,
        };
        let private = private_ranges().any(|range| range.contains(&address));
        special || private || address.is_multicast()
    }
}

fn private_ranges() -> impl Iterator<Item = Network> {
    PRIVATE.iter().filter_map(|text| Network::parse_any(text).ok())
}

fn bits(address: &IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(*v4)),
        IpAddr::V6(v6) => u128::from(*v6),
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Network, NotANetwork> {
        let network = Network::parse_any(text)?;
        if private_ranges().any(|range| range.covers(&network)) {
            Ok(network)
        } else {
            Err(NotANetwork::Public)
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Network({self})")
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Network, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn every_private_range_parses() {
        assert_eq!(private_ranges().count(), PRIVATE.len());
    }

    #[test]
    fn only_private_networks_can_be_declared() {
        for text in
            ["0.0.0.0/0", "8.8.8.0/24", "::/0", "10.0.0.0/7", "2001:db8::/32", "172.32.0.0/16"]
        {
            assert_eq!(text.parse::<Network>(), Err(NotANetwork::Public), "{text}");
        }
        for text in
            ["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "x/8", "10.0.0.0/-1", "fc00::/129", ""]
        {
            assert_eq!(text.parse::<Network>(), Err(NotANetwork::Form), "{text}");
        }
    }

    #[test]
    fn it_contains_its_own_addresses() {
        let lan = network("10.20.0.0/16");
        assert!(
            lan.contains(&address("10.20.255.1")) && lan.contains(&address("::ffff:10.20.0.9"))
        );
        assert!(!lan.contains(&address("10.21.0.1")) && !lan.contains(&address("::a14:1")));
        assert!(network("10.0.0.0/8").covers(&lan) && !lan.covers(&network("10.0.0.0/8")));
        assert!(network("127.0.0.0/8").is_loopback() && network("::1/128").is_loopback());
        assert!(!lan.is_loopback());
    }

    #[test]
    fn local_addresses_are_told_from_public_ones() {
        for text in [
            "127.0.0.1",
            "10.1.1.1",
            "169.254.169.254",
            "::1",
            "fe80::1",
            "fd00::1",
            "0.0.0.0",
            "::",
        ] {
            assert!(Network::is_local(&address(text)), "{text}");
        }
        assert!(
            !Network::is_local(&address("1.1.1.1")) && !Network::is_local(&address("2606:4700::1"))
        );
    }
}
