//! Who may log in, and how: the checked section `access`.

use super::Secret;
use domain::access::Role;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// How people are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Whether logins of ours, with a password, are let in.
    pub local: bool,
    /// Who vouches for people.
    pub oidc: Option<Oidc>,
    /// A proxy that has asked them already.
    pub proxy: Option<Proxy>,
    /// What people may do by what they type in a chat; "groups" are people and squads.
    pub chat: Grants,
}

/// An OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oidc {
    /// As it calls itself, to the letter.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// How we show that it is us; none for a public client.
    pub client_secret: Option<Secret>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// Where it says what somebody is called.
    pub name_claim: String,
    /// Where it says which groups they are in.
    pub groups_claim: String,
    /// Ways of logging in there that are strong enough; any if empty.
    pub acr: Vec<String>,
    /// What groups may do.
    pub grants: Grants,
}

/// A proxy in front of us that says who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The header in which it does.
    pub header: String,
    /// Where it connects from: nobody else's word counts.
    pub trusted: Vec<Network>,
    /// The header with their groups.
    pub groups_header: Option<String>,
    /// What groups may do.
    pub grants: Grants,
}

/// What groups may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// By group.
    pub roles: BTreeMap<String, Role>,
    /// What everybody else may do; nothing if not said.
    pub default: Option<Role>,
}

impl Grants {
    /// What somebody in these groups may do: the most that any of them may. Nobody, if none of them may anything.
    pub fn role<'a>(&self, groups: impl IntoIterator<Item = &'a str>) -> Option<Role> {
        groups.into_iter().filter_map(|group| self.roles.get(group).copied()).chain(self.default).max()
    }
}

/// Addresses that begin alike: `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `::1/128`, or an address alone.
    ///
    /// # Errors
    /// It is none, or its address has bits beyond its length.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no network; write for example 10.0.0.0/8 or 192.0.2.7");
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let first: IpAddr = address.parse().map_err(|_| wrong())?;
        let all = if first.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().map_err(|_| wrong())?,
            Some(_) => return Err(wrong()),
            None => all,
        };
        if bits > all {
            return Err(wrong());
        }
        let network = Self { first, bits };
        if prefix(first, bits) != prefix(first, all) {
            return Err(format!("`{text}` has bits beyond its length; write the first address of the network"));
        }
        Ok(network)
    }

    /// Whether an address is in it. IPv4 that came in over IPv6 is IPv4.
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.first.is_ipv4() == address.is_ipv4() && prefix(address, self.bits) == prefix(self.first, self.bits)
    }
}

fn prefix(address: IpAddr, bits: u8) -> u128 {
    let (number, all) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let rest = all - u32::from(bits);
    // Not all bits can be shifted out at once.
    number.checked_shr(rest).map_or(0, |kept| kept << rest)
}

#[cfg(test)]
mod tests {
    use super::{Grants, Network};
    use domain::access::Role;

    #[test]
    fn networks_hold_what_begins_alike() {
        let holds = |network: &str, address: &str| Network::parse(network).unwrap().holds(address.parse().unwrap());
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.4/30", "192.0.2.7", "192.0.2.8"),
            ("127.0.0.0/8", "::ffff:127.0.0.1", "::1"),
            ("::1", "::1", "127.0.0.1"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
        ] {
            assert!(holds(network, inside), "{network} {inside}");
            assert!(!holds(network, outside), "{network} {outside}");
        }
        assert!(
            holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "2001:db8::1") && holds("::/0", "2001:db8::1")
        );
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0", "::/129", "bell.example", "10.1.0.0/8"] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn of_several_groups_the_one_that_may_most_counts() {
        let roles = [("sre", Role::Manager), ("dev", Role::Responder)];
        let roles = roles.map(|(group, role)| (group.to_owned(), role)).into();
        let grants = Grants { roles, default: None };
        assert_eq!(grants.role(["dev", "sre", "x"]), Some(Role::Manager));
        assert_eq!(grants.role(["x"]), None);
        let grants = Grants { default: Some(Role::Viewer), ..grants };
        assert_eq!((grants.role(["x"]), grants.role(["dev"])), (Some(Role::Viewer), Some(Role::Responder)));
    }
}
