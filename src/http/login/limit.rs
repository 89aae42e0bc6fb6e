//! How often signing in may be tried: per name, so that nobody's password is guessed, and per address, so that one guess
//! is not made for every name. Kept in memory: a restart forgets, but nobody outside can bring one about.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Failed attempts a name may have within [`WINDOW`].
pub const PER_NAME_MAX: usize = 5;

/// Failed attempts an address may have within [`WINDOW`].
pub const PER_ADDRESS_MAX: usize = 20;

/// How long a failed attempt counts.
pub const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// Names and addresses that are remembered; the oldest go.
const KEPT_MAX: usize = 10_000;

/// Bits of an IPv6 address that are one household.
const HOUSEHOLD_BITS: u32 = 64;

/// Attempts that failed, or have not ended yet.
#[derive(Default)]
pub struct Attempts(Mutex<HashMap<Whose, VecDeque<DateTime<Utc>>>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Name(String),
    Address(IpAddr),
}

/// Too many attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// When the next one may be made.
    pub seconds: i64,
}

impl Attempts {
    /// Counts an attempt before it is made, so that many at once are no way around. No name: that of the provider is not
    /// known yet.
    ///
    /// # Errors
    /// There were too many.
    pub fn begin(&self, name: Option<&str>, from: Option<IpAddr>, now: DateTime<Utc>) -> Result<(), TooMany> {
        let mut kept = self.lock();
        let name = name.map(|name| (Whose::Name(name.to_owned()), PER_NAME_MAX));
        let address = from.map(|address| (Whose::Address(household(address)), PER_ADDRESS_MAX));
        let counted: Vec<_> = [name, address].into_iter().flatten().collect();
        for (whose, max) in &counted {
            let Some(times) = kept.get_mut(whose) else { continue };
            while times.front().is_some_and(|at| now - *at >= WINDOW) {
                times.pop_front();
            }
            if times.len() >= *max {
                let seconds = times.front().map_or(0, |at| (*at + WINDOW - now).num_seconds());
                return Err(TooMany { seconds: seconds.max(1) });
            }
        }
        for (whose, _) in counted {
            kept.entry(whose).or_default().push_back(now);
        }
        if kept.len() > KEPT_MAX {
            forget(&mut kept, now);
        }
        Ok(())
    }

    /// The attempt that was begun at this time was right: it does not count, nor what this name failed before.
    pub fn succeeded(&self, name: Option<&str>, from: Option<IpAddr>, begun: DateTime<Utc>) {
        let mut kept = self.lock();
        if let Some(name) = name {
            kept.remove(&Whose::Name(name.to_owned()));
        }
        let address = from.map(|address| Whose::Address(household(address)));
        if let Some(times) = address.and_then(|address| kept.get_mut(&address))
            && let Some(at) = times.iter().position(|at| *at == begun)
        {
            times.remove(at);
        }
    }

    // Nothing in here panics half way.
    fn lock(&self) -> MutexGuard<'_, HashMap<Whose, VecDeque<DateTime<Utc>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// What does not count any more; if that is not enough, whoever was quiet for longest.
fn forget(kept: &mut HashMap<Whose, VecDeque<DateTime<Utc>>>, now: DateTime<Utc>) {
    kept.retain(|_, times| times.back().is_some_and(|at| now - *at < WINDOW));
    if kept.len() <= KEPT_MAX {
        return;
    }
    let mut newest: Vec<_> = kept.values().filter_map(|times| times.back().copied()).collect();
    newest.sort_unstable();
    let from = newest[newest.len() / 2];
    kept.retain(|_, times| times.back().is_some_and(|at| *at > from));
}

// Whoever has an IPv6 address has very many.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let kept = u128::MAX << (128 - HOUSEHOLD_BITS);
            IpAddr::V6((u128::from(address) & kept).into())
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_name_may_be_tried_five_times_in_a_quarter_of_an_hour() {
        let attempts = Attempts::default();
        let from = |number: i64| address(&format!("192.0.2.{number}"));
        for number in 0..5 {
            assert_eq!(attempts.begin(Some("ada"), from(number), at(number)), Ok(()));
        }
        // From anywhere, and for nobody else.
        assert_eq!(attempts.begin(Some("ada"), from(9), at(60)), Err(TooMany { seconds: 840 }));
        assert_eq!(attempts.begin(Some("bob"), from(9), at(60)), Ok(()));
        // One at a time comes free.
        assert_eq!(attempts.begin(Some("ada"), from(9), at(900)), Ok(()));
        assert_eq!(attempts.begin(Some("ada"), from(9), at(900)), Err(TooMany { seconds: 1 }));
    }

    #[test]
    fn an_address_may_try_twenty_names_in_a_quarter_of_an_hour() {
        let attempts = Attempts::default();
        for number in 0..20 {
            let from = address(&format!("2001:db8:1:1::{number}"));
            assert_eq!(attempts.begin(Some(&format!("name{number}")), from, at(0)), Ok(()));
        }
        let same = attempts.begin(Some("ada"), address("2001:db8:1:1:ffff::1"), at(1));
        assert_eq!(same, Err(TooMany { seconds: 899 }));
        assert_eq!(attempts.begin(Some("ada"), address("2001:db8:1:2::1"), at(1)), Ok(()));
        assert_eq!(attempts.begin(Some("eve"), None, at(1)), Ok(()));
    }

    #[test]
    fn who_knows_the_password_is_not_counted() {
        let attempts = Attempts::default();
        let home = address("192.0.2.1");
        for second in 0..100 {
            attempts.begin(Some("ada"), home, at(second)).unwrap();
            attempts.succeeded(Some("ada"), home, at(second));
        }
        for second in 100..104 {
            attempts.begin(Some("ada"), home, at(second)).unwrap();
        }
        attempts.succeeded(Some("ada"), home, at(103));
        for second in 104..109 {
            attempts.begin(Some("ada"), home, at(second)).unwrap();
        }
        assert!(attempts.begin(Some("ada"), home, at(109)).is_err());
    }

    #[test]
    fn very_many_names_do_not_fill_the_memory() {
        let attempts = Attempts::default();
        for number in 0..30_000 {
            attempts.begin(Some(&format!("name{number}")), None, at(number / 1000)).unwrap();
        }
        assert!(attempts.lock().len() <= KEPT_MAX + 1);
        assert!(attempts.lock().contains_key(&Whose::Name("name29999".to_owned())));
    }
}
