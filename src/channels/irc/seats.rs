//! Which receivers use a connection, and in which channels.

use super::line::fold;

/// A receiver in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Which place in the program holds it.
    pub holder: u64,
    /// The receiver's name.
    pub receiver: String,
    /// The channel.
    pub channel: String,
    /// Whether what is said there is kept while an incident is open.
    pub capture: bool,
}

/// All of a connection. While a configuration replaces another one, a receiver has two.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seats(pub Vec<Seat>);

impl Seats {
    /// Channels, each once.
    pub fn channels(&self) -> Vec<String> {
        let mut channels: Vec<String> = Vec::new();
        for seat in &self.0 {
            if !channels.iter().any(|known| fold(known) == fold(&seat.channel)) {
                channels.push(seat.channel.clone());
            }
        }
        channels
    }

    /// Receivers in this channel, each once; only those that keep what is said, or all.
    pub fn receivers(&self, channel: &str, only_capture: Only) -> Vec<String> {
        let here = self.0.iter().filter(|seat| fold(&seat.channel) == fold(channel));
        let here = here.filter(|seat| seat.capture || only_capture == Only::All);
        let mut names: Vec<String> = here.map(|seat| seat.receiver.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Which seats are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// All of them.
    All,
    /// Those that keep what is said.
    Capture,
}
