//! One look at one pad: what stands there is compared with what should, and one splice makes it so.

use super::people::{self, Waiting};
use super::{PIECES_MAX, PIECES_PAUSE, Setup, Shared};
use crate::app::inbox::CommandError;
use crate::channels::etherpad::{CHANGE_BYTES_MAX, Fault};
use crate::store::{PadRow, StoreError};
use chrono::{DateTime, Utc};
use domain::document::{self, Sources};
use domain::ids::IncidentId;
use domain::incident::Incident;
use domain::pad::block::{Known, framed, is_there};
use domain::pad::{Merged, merge, text};
use std::sync::Arc;

/// Alerts, and entries of the timeline, that are read for a pad.
const ROWS_MAX: usize = 100;

/// How a look ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passed {
    /// The pad is as it should be.
    Well {
        /// Whether something was written.
        written: bool,
        /// Whether the incident is open.
        open: bool,
        /// When it ended, if it is over.
        closed_at: Option<DateTime<Utc>>,
    },
    /// The incident has no pad, or is gone.
    NoPad,
}

/// Why a look did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The server.
    Pad(Fault),
    /// Our own store.
    Store(String),
    /// People are on it, and only its API is open to us, which could throw them off; or it changes faster than we write.
    Busy,
}

impl Trouble {
    /// In one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pad(Fault::Down(_)) => "down",
            Self::Pad(Fault::Kicked(_)) => "kicked",
            Self::Pad(Fault::Refused(_)) => "refused",
            Self::Store(_) => "store",
            Self::Busy => "busy",
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pad(fault) => write!(f, "{fault}"),
            Self::Store(error) => write!(f, "the store: {error}"),
            Self::Busy => f.write_str("people are on it, and its API alone could throw them off"),
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Pad(fault)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<CommandError> for Trouble {
    fn from(error: CommandError) -> Self {
        Self::Store(error.to_string())
    }
}

/// A look at the pad of one incident.
pub struct Pass {
    pub(super) shared: Arc<Shared>,
    pub(super) setup: Setup,
    pub(super) incident: IncidentId,
}

impl Pass {
    /// Looks, writes, and takes what people wrote.
    pub async fn run(&self, waiting: &mut Waiting) -> Result<Passed, Trouble> {
        let store = &self.shared.store;
        let Some(incident) = store.incident(self.incident).await? else { return Ok(Passed::NoPad) };
        let known = store.pads().pad(self.incident).await?;
        if known.is_none() && !self.setup.pads.has(&incident) {
            return Ok(Passed::NoPad);
        }
        let mut row = known.unwrap_or_default();
        row.ended = false;
        let written = match self.write_along(&incident, &mut row).await {
            // Where visitors are not let in, the API may let us.
            Err(Trouble::Pad(Fault::Refused(_))) if self.setup.etherpad.has_api() => {
                self.write_over_api(&incident, &mut row).await?
            }
            written => written?,
        };
        row.well_at = Some(self.shared.clock.now());
        store.pads().keep_pad(self.incident, row.clone()).await?;
        people::take_notes(&self.shared, self.incident, &mut row, waiting).await?;
        Ok(Passed::Well { written, open: incident.stage.is_open(), closed_at: incident.stage.closed_at() })
    }

    // As one more person on it.
    async fn write_along(&self, incident: &Incident, row: &mut PadRow) -> Result<bool, Trouble> {
        let name = self.setup.pads.name(self.incident);
        let mut written = false;
        for piece in 0..PIECES_MAX {
            if piece > 0 {
                tokio::time::sleep(PIECES_PAUSE).await;
            }
            let mut visit = self.setup.etherpad.visit(&name).await?;
            let (block, merged) = self.compare(incident, row, &visit.text, visit.revision == 0).await?;
            let edits = merged.within(&visit.text, CHANGE_BYTES_MAX);
            let is_last =
                merged.edit.as_ref().is_none_or(|edit| edit.apply(&visit.text) == applied(&visit.text, &edits));
            if !edits.is_empty() {
                self.announce(row, &block).await?;
                visit.change(&edits).await?;
                written = true;
            }
            if is_last {
                row.wrote = vec![block];
                people::keep(row, &merged.people, self.shared.clock.now());
                if row.marked != incident.stage.word() {
                    visit.save_revision().await?;
                    row.marked = incident.stage.word().to_owned();
                }
                visit.leave().await;
                return Ok(written);
            }
            visit.leave().await;
        }
        Err(Trouble::Busy)
    }

    // Over the API, while nobody is on it; what people wrote is read in any case.
    async fn write_over_api(&self, incident: &Incident, row: &mut PadRow) -> Result<bool, Trouble> {
        let (name, etherpad) = (self.setup.pads.name(self.incident), &self.setup.etherpad);
        let read = etherpad.read(&name).await?;
        let (block, merged) = self.compare(incident, row, &read.text, read.untouched).await?;
        people::keep(row, &merged.people, self.shared.clock.now());
        if let Some(edit) = &merged.edit {
            if read.people > 0 {
                self.shared.store.pads().keep_pad(self.incident, row.clone()).await?;
                return Err(Trouble::Busy);
            }
            self.announce(row, &block).await?;
            if !etherpad.write(&name, &read.text, edit).await? {
                return Err(Trouble::Busy);
            }
        }
        row.wrote = vec![block];
        if row.marked != incident.stage.word() {
            etherpad.save_revision(&name).await?;
            row.marked = incident.stage.word().to_owned();
        }
        Ok(merged.edit.is_some())
    }

    async fn compare(
        &self,
        incident: &Incident,
        row: &mut PadRow,
        pad: &str,
        is_new: bool,
    ) -> Result<(String, Merged), Trouble> {
        let wrote = row.wrote.clone();
        let ours: Vec<&str> = wrote.iter().map(String::as_str).collect();
        let known = Known { incident: self.incident, untouched: is_new, ours: &ours };
        if !ours.is_empty() && !is_there(pad, known) {
            row.restored_at = Some(self.shared.clock.now());
        }
        let block = framed(self.incident, &self.content(incident, row).await?);
        let merged = merge(pad, &block, known);
        Ok((block, merged))
    }

    // Before it is written: whatever happens then, we know our own lines again.
    async fn announce(&self, row: &mut PadRow, block: &str) -> Result<(), Trouble> {
        if row.wrote.last().is_none_or(|newest| newest != block) {
            row.wrote.push(block.to_owned());
            self.shared.store.pads().keep_pad(self.incident, row.clone()).await?;
        }
        Ok(())
    }

    async fn content(&self, incident: &Incident, row: &PadRow) -> Result<String, Trouble> {
        let store = &self.shared.store;
        let entries = store.timeline(self.incident, None, ROWS_MAX).await?;
        let alerts = store.alerts_of(self.incident, ROWS_MAX).await?;
        let directory = store.people().directory().await?;
        let config = self.shared.config.load();
        let sources = Sources {
            incident,
            entries: &entries,
            declared: None,
            alerts: &alerts,
            // How notices stand changes without the incident: the page shows it.
            notices: &[],
            external_url: &config.policy.external_url,
            policy: &config.policy,
            directory: &directory,
            now: self.shared.clock.now(),
        };
        Ok(text::text(&document::document(&sources, self.setup.pads.audience()), row.restored_at))
    }
}

fn applied(pad: &str, edits: &[domain::pad::Edit]) -> String {
    edits.iter().rev().fold(pad.to_owned(), |pad, edit| edit.apply(&pad))
}
