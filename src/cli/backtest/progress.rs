//! How far a backtest is: one line on standard error, where that is a terminal. A dozen lines; a crate for it would bring
//! five more.

use chrono::{DateTime, Utc};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Least time between two looks of it.
const SHOW_EVERY: Duration = Duration::from_millis(100);

const BAR_CHARS: usize = 24;

/// The line.
pub struct Progress {
    shown: Option<Instant>,
    // `None` where nobody looks.
    begun: Option<Instant>,
}

impl Progress {
    /// On a terminal, unless told to be quiet.
    pub fn new(quiet: bool) -> Self {
        let wanted = !quiet && std::io::stderr().is_terminal();
        Self { shown: None, begun: wanted.then(Instant::now) }
    }

    /// Shows the line, if there is somebody to see it and enough time has passed.
    pub fn show(&mut self, done: f64, observations: u64, at: DateTime<Utc>) {
        let Some(begun) = self.begun else { return };
        if self.shown.unwrap_or(begun).elapsed() < SHOW_EVERY {
            return;
        }
        self.shown = Some(Instant::now());
        let full = (done.clamp(0.0, 1.0) * BAR_CHARS as f64) as usize;
        let (bar, rest) = ("#".repeat(full), "-".repeat(BAR_CHARS - full));
        let percent = done.clamp(0.0, 1.0) * 100.0;
        let line = format!("\r[{bar}{rest}] {percent:3.0} %  {observations} observations, {}", at.format("%Y-%m-%d"));
        // Nobody to complain to if standard error is gone.
        let _ = write!(std::io::stderr(), "{line}  ");
    }

    /// Wipes it away.
    pub fn clear(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(std::io::stderr(), "\r{:80}\r", "");
        }
    }
}
