//! How fast lines may leave: a few at once, then one by one. A server ends whoever is faster.

use crate::config::IrcFlood;
use std::time::Duration;
use tokio::time::Instant;

/// How fast a kind of server takes lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// So many at once.
    pub burst: u32,
    /// Then one each.
    pub every: Duration,
}

impl Pace {
    /// Before it is known: what the strictest takes.
    pub const CAREFUL: Self = Self { burst: 4, every: Duration::from_secs(2) };

    /// Of a server, by what it says of itself in 004: `InspIRCd-3`, `solanum-1.0-dev`, `ngircd-26.1`.
    pub fn of(version: &str) -> Self {
        let version = version.to_ascii_lowercase();
        if version.starts_with("inspircd") {
            // Five at once, then its fake lag lets one pass each second.
            return Self { burst: 5, every: Duration::from_secs(1) };
        }
        if version.starts_with("ngircd") {
            // It never ends anybody for this: it reads more slowly.
            return Self { burst: 5, every: Duration::from_millis(500) };
        }
        // Solanum (Libera.Chat, OFTC's relatives): five at once, twenty in its queue and it is over.
        Self::CAREFUL
    }
}

impl From<IrcFlood> for Pace {
    fn from(flood: IrcFlood) -> Self {
        Self { burst: flood.burst, every: flood.every }
    }
}

/// Gives out what may leave now.
#[derive(Debug)]
pub struct Bucket {
    pace: Pace,
    // When the bucket is full again.
    full_at: Instant,
}

impl Bucket {
    /// A full one.
    pub fn new(pace: Pace, now: Instant) -> Self {
        Self { pace, full_at: now }
    }

    /// When the next line may leave.
    pub fn ready_at(&self) -> Instant {
        let room = self.pace.every * self.pace.burst.saturating_sub(1);
        self.full_at.checked_sub(room).unwrap_or(self.full_at)
    }

    /// A line leaves; also one that could not wait.
    pub fn spend(&mut self, now: Instant) {
        self.full_at = self.full_at.max(now) + self.pace.every;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_at_once_and_then_one_by_one() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Pace { burst: 4, every: Duration::from_secs(2) }, start);
        let mut now = start;
        let mut left = Vec::new();
        for _ in 0..7 {
            now = now.max(bucket.ready_at());
            left.push((now - start).as_secs());
            bucket.spend(now);
        }
        assert_eq!(left, [0, 0, 0, 0, 2, 4, 6]);
        let later = now + Duration::from_secs(60);
        for _ in 0..4 {
            assert!(bucket.ready_at() <= later);
            bucket.spend(later);
        }
        assert_eq!(bucket.ready_at(), later + Duration::from_secs(2));
    }

    #[test]
    fn servers_are_known_by_their_names() {
        assert_eq!(Pace::of("InspIRCd-3").burst, 5);
        assert_eq!(Pace::of("solanum-1.0-dev"), Pace::CAREFUL);
        assert_eq!(Pace::of(""), Pace::CAREFUL);
    }
}
