//! The only place that asks the system what time it is.

use chrono::{DateTime, SubsecRound, Utc};

/// Where the time comes from: the system, or a test.
pub trait Clock: Send + Sync + 'static {
    /// Now, cut to microseconds: what PostgreSQL keeps.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}
