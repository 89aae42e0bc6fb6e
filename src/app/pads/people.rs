//! What people write on a pad becomes ours: kept with the time it was seen, and marked lines as notes, each once.

use super::{NOTE_SETTLES, PEOPLE_BYTES_MAX, Shared};
use crate::app::inbox::CommandError;
use crate::store::PadRow;
use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::ids::IncidentId;
use domain::incident::{Act, Actor, Command, Reply, Surface};
use domain::pad::marked;
use domain::text::clean;
use ring::digest::{SHA256, digest};
use std::collections::BTreeMap;
use tracing::{info, warn};

/// Whose notes they are: a pad knows nobody.
const SOMEBODY: &str = "somebody on the pad";

/// Marked lines that nobody has taken yet, and since when each stands there as it is.
pub type Waiting = BTreeMap<String, DateTime<Utc>>;

/// Keeps what people wrote, if it changed.
pub fn keep(row: &mut PadRow, people: &str, now: DateTime<Utc>) {
    let people = clean(people, PEOPLE_BYTES_MAX);
    if people != row.people {
        row.people = people;
        row.people_at = Some(now);
    }
}

/// Takes marked lines that have settled to the timeline. Repeated, it does nothing: each has its key.
pub async fn take_notes(
    shared: &Shared,
    incident: IncidentId,
    row: &mut PadRow,
    waiting: &mut Waiting,
) -> Result<(), CommandError> {
    let now = shared.clock.now();
    let found: Vec<String> = marked::notes(&row.people).into_iter().filter(|note| !row.noted.contains(note)).collect();
    waiting.retain(|note, _| found.contains(note));
    for note in found {
        let since = *waiting.entry(note.clone()).or_insert(now);
        if now - since < NOTE_SETTLES || row.noted.len() >= marked::NOTES_MAX {
            continue;
        }
        match shared.inbox.command(&command(incident, &note)).await? {
            Reply::Refused(refusal) => warn!(%incident, "{incident}: a note on its pad was not taken: {refusal}"),
            Reply::Done { .. } | Reply::Adopted { .. } => info!(%incident, "{incident}: a note was taken from its pad"),
        }
        waiting.remove(&note);
        row.noted.push(note);
        // At once: after a day, its key is not known any more.
        shared.store.pads().keep_pad(incident, row.clone()).await?;
    }
    Ok(())
}

fn command(incident: IncidentId, note: &str) -> Command {
    let hash = digest(&SHA256, note.as_bytes());
    let hash: String = hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Command {
        actor: Actor::person(SOMEBODY, Surface::Pad),
        access: Role::Responder,
        key: Some(format!("pad.{}.{hash}", incident.0)),
        incident: Some(incident),
        act: Act::Note { text: note.to_owned() },
    }
}
