//! `earlybell serve`: the one place that puts real things together.

mod banner;
mod flags;
mod logs;

pub use flags::Serve;

use super::CliError;

impl Serve {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        logs::start(&self.log_level, self.log_format);
        Err(CliError::told("serve is not put together yet"))
    }
}
