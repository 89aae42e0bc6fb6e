//! From a source to the rule sets that play it: one thread reads, each rule set decides on its own, and all share what
//! was read.

use super::progress::Progress;
use crate::cli::CliError;
use domain::backtest::{Moment, Play};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Moments handed over at once: enough that waiting for each other costs nothing.
const BATCH: usize = 512;

/// Batches read ahead of a rule set: what is in memory of a history of any length.
const BATCHES_AHEAD: usize = 8;

/// Whoever is played to: a rule set that is scored, or what lints want to know.
pub trait Listener: Send {
    /// Takes the next moment.
    fn take(&mut self, moment: Moment);
}

impl Listener for Play {
    fn take(&mut self, moment: Moment) {
        Self::take(self, moment);
    }
}

/// Takes what a source tells, in order of time.
pub struct Feed {
    plays: Vec<SyncSender<Arc<Vec<Moment>>>>,
    batch: Vec<Moment>,
    observations: u64,
    /// Shows how far it is.
    pub progress: Progress,
}

/// Plays what `read` tells to all of these, and gives them back with what they made of it.
pub fn play<L: Listener>(
    plays: Vec<L>,
    progress: Progress,
    read: impl FnOnce(&mut Feed) -> Result<(), CliError>,
) -> Result<Vec<L>, CliError> {
    std::thread::scope(|scope| {
        let mut senders = Vec::with_capacity(plays.len());
        let mut deciding = Vec::with_capacity(plays.len());
        for play in plays {
            let (sender, batches) = sync_channel(BATCHES_AHEAD);
            senders.push(sender);
            deciding.push(scope.spawn(move || decide(play, &batches)));
        }
        let mut feed = Feed { plays: senders, batch: Vec::with_capacity(BATCH), observations: 0, progress };
        let read = read(&mut feed).and_then(|()| feed.hand_over());
        feed.progress.clear();
        drop(feed);
        let played: Result<Vec<L>, _> = deciding.into_iter().map(|thread| thread.join()).collect();
        let bug = |_| CliError::told("deciding failed on this history; please report this as a bug");
        // A reader that found nobody to read for is not the cause.
        let played = played.map_err(bug)?;
        read.map(|()| played)
    })
}

fn decide<L: Listener>(mut play: L, batches: &Receiver<Arc<Vec<Moment>>>) -> L {
    while let Ok(batch) = batches.recv() {
        match Arc::try_unwrap(batch) {
            Ok(batch) => batch.into_iter().for_each(|moment| play.take(moment)),
            Err(shared) => shared.iter().for_each(|moment| play.take(moment.clone())),
        }
    }
    play
}

impl Feed {
    /// Takes the next moment; `done` says how much of the source that is, from 0 to 1.
    pub fn take(&mut self, moment: Moment, done: impl FnOnce() -> f64) -> Result<(), CliError> {
        self.observations += moment.observations();
        self.batch.push(moment);
        if self.batch.len() < BATCH {
            return Ok(());
        }
        if let Some(last) = self.batch.last() {
            self.progress.show(done(), self.observations, last.at);
        }
        self.hand_over()
    }

    fn hand_over(&mut self) -> Result<(), CliError> {
        let batch = Arc::new(std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH)));
        let (last, others) = match self.plays.split_last() {
            Some(plays) => plays,
            None => return Ok(()),
        };
        for play in others {
            play.send(Arc::clone(&batch)).map_err(|_| CliError::told("a rule set stopped deciding"))?;
        }
        last.send(batch).map_err(|_| CliError::told("a rule set stopped deciding"))
    }
}
