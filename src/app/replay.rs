//! Inputs through a fresh engine: they must give the entries that are stored, byte for byte; or the first difference is
//! shown.

use super::wire;
use crate::store::StoredInput;
use domain::engine::{Changes, Input, Loaded, State};
use domain::ids::{IncidentId, InputSeq};
use domain::incident::apply::{apply, declared};
use domain::incident::{Entry, Incident};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Characters shown before and after the first one that differs.
const AROUND: usize = 60;

/// Entries as they are stored: in a database, or in an archive.
pub trait Known {
    /// Why they can't be read.
    type Error;

    /// The entry of this number; `None` if there is none.
    fn entry(&self, incident: IncidentId, number: u32) -> Result<Option<Entry>, Self::Error>;

    /// Whether this incident is to be compared: one that was deleted since is not.
    fn compares(&self, incident: IncidentId) -> Result<bool, Self::Error>;
}

/// First and last number of the entries that some inputs gave, by incident.
pub type Numbers = BTreeMap<IncidentId, (u32, u32)>;

/// A replay under way.
pub struct Replay {
    state: State,
    changes: Changes,
    // Incidents as they were when their changes were forgotten.
    left: BTreeMap<IncidentId, Incident>,
    next: BTreeMap<IncidentId, u32>,
    /// Inputs taken.
    pub inputs: u64,
    /// Entries that were the same.
    pub same: u64,
    /// Entries of incidents that are not compared.
    pub left_out: u64,
}

/// Where it is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of which incident.
    pub incident: IncidentId,
    /// Which entry.
    pub number: u32,
    /// The input that gave it, or was to.
    pub input: InputSeq,
    /// The entry before it.
    pub before: Option<String>,
    /// As it is stored; nothing if the replay alone has one.
    pub stored: Option<String>,
    /// As it was played; nothing if the replay has none.
    pub replayed: Option<String>,
}

/// Why a replay ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End<E> {
    /// Something is different.
    Differs(Box<Difference>),
    /// The engine fails on this input.
    Fails(InputSeq),
    /// What is stored can't be read.
    Unreadable(E),
}

impl<E> From<E> for End<E> {
    fn from(error: E) -> Self {
        Self::Unreadable(error)
    }
}

impl Replay {
    /// Goes on from what the engine knew; from nothing, before the very first input.
    pub fn from(loaded: Option<Loaded>) -> Self {
        let state = State::restore(loaded.unwrap_or_default());
        Self {
            state,
            changes: Changes::default(),
            left: BTreeMap::new(),
            next: BTreeMap::new(),
            inputs: 0,
            same: 0,
            left_out: 0,
        }
    }

    /// The last input taken.
    pub fn position(&self) -> InputSeq {
        self.state.position()
    }

    /// Everything that was decided.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Takes an input as it stands in the inbox, and compares what it gives.
    ///
    /// # Errors
    /// It is not what is stored.
    pub fn take<K: Known>(&mut self, stored: &StoredInput, known: &K) -> Result<(), End<K::Error>> {
        // What can't be read was set aside when it came; nothing happened then.
        let input = wire::decode(stored).unwrap_or(Input::Tick);
        let (seq, at, begin) = (stored.seq, stored.at, self.changes.entries.len());
        self.recall(&input, seq, known)?;
        let step = || self.state.step(seq, at, input, &mut self.changes);
        if catch_unwind(AssertUnwindSafe(step)).is_err() {
            return Err(End::Fails(seq));
        }
        self.inputs += 1;
        for at in begin..self.changes.entries.len() {
            self.compare(at, known)?;
        }
        Ok(())
    }

    // As the engine's loop does: what has left the memory is decided as it stood then.
    fn recall<K: Known>(&mut self, input: &Input, seq: InputSeq, known: &K) -> Result<(), K::Error> {
        let Some(id) = self.state.absent(input) else { return Ok(()) };
        // Imported, or deleted since.
        if !known.compares(id)? {
            return Ok(());
        }
        let played = self.changes.incidents.get(&id).or_else(|| self.left.get(&id)).cloned();
        if let Some(incident) = played.map_or_else(|| folded(id, seq, known), |played| Ok(Some(played)))? {
            self.state.recall(incident);
        }
        Ok(())
    }

    /// Compares the number of entries, once all inputs are taken: `stored` says how many each incident has up to there.
    ///
    /// # Errors
    /// Something is stored that was not played.
    pub fn end<K: Known>(&self, stored: &Numbers, known: &K) -> Result<(), End<K::Error>> {
        for (incident, (first, last)) in stored {
            let next = self.next.get(incident).copied().unwrap_or(*first);
            let Some(number) = Some(next).filter(|next| next <= last) else { continue };
            if let Some(entry) = known.entry(*incident, number)? {
                let before = if number > 1 { known.entry(*incident, number - 1)? } else { None };
                return Err(differs(&entry, before, Some(&entry), None));
            }
        }
        Ok(())
    }

    /// Forgets what was decided, so that a long replay stays small.
    pub fn forget(&mut self) {
        self.left.extend(std::mem::take(&mut self.changes).incidents);
    }

    fn compare<K: Known>(&mut self, at: usize, known: &K) -> Result<(), End<K::Error>> {
        let entry = &self.changes.entries[at];
        if !known.compares(entry.incident)? {
            self.left_out += 1;
            return Ok(());
        }
        let stored = known.entry(entry.incident, entry.number)?;
        if stored.as_ref().map(text) != Some(text(entry)) {
            let before = if entry.number > 1 { known.entry(entry.incident, entry.number - 1)? } else { None };
            return Err(differs(entry, before, stored.as_ref(), Some(entry)));
        }
        self.same += 1;
        self.next.insert(entry.incident, entry.number + 1);
        Ok(())
    }
}

// It ended before the first input that is played.
fn folded<K: Known>(id: IncidentId, before: InputSeq, known: &K) -> Result<Option<Incident>, K::Error> {
    let Some(mut incident) = known.entry(id, 1)?.as_ref().and_then(declared) else { return Ok(None) };
    while let Some(entry) = known.entry(id, incident.entries + 1)?.filter(|entry| entry.input < before) {
        apply(&mut incident, &entry);
    }
    Ok(Some(incident))
}

fn differs<E>(place: &Entry, before: Option<Entry>, stored: Option<&Entry>, replayed: Option<&Entry>) -> End<E> {
    End::Differs(Box::new(Difference {
        incident: place.incident,
        number: place.number,
        input: place.input,
        before: before.as_ref().map(text),
        stored: stored.map(text),
        replayed: replayed.map(text),
    }))
}

/// An entry as it is compared.
pub fn text(entry: &Entry) -> String {
    // Our own types with text keys: serde_json has nothing to refuse in them.
    serde_json::to_string(entry).unwrap_or_default()
}

impl Difference {
    /// In words: the entry before, both versions, and a caret below the first character that differs.
    pub fn words(&self) -> String {
        let Self { incident, number, input, .. } = self;
        let mut lines = vec![format!("input {input} gives another entry {number} of {incident}")];
        let [stored, replayed] = [&self.stored, &self.replayed].map(|text| text.as_deref().unwrap_or("(none)"));
        let same = stored.chars().zip(replayed.chars()).take_while(|(a, b)| a == b).count();
        let from = same.saturating_sub(AROUND);
        let part = |text: &str| -> String {
            let dots = if from > 0 { "…" } else { "" };
            let all: Vec<char> = text.chars().skip(from).collect();
            let end = if all.len() > 2 * AROUND { "…" } else { "" };
            format!("{dots}{}{end}", all.iter().take(2 * AROUND).collect::<String>())
        };
        if let Some(before) = &self.before {
            lines.push(format!("before:   {before}"));
        }
        lines.push(format!("stored:   {}", part(stored)));
        lines.push(format!("replayed: {}", part(replayed)));
        lines.push(format!("{}^", " ".repeat(10 + usize::from(from > 0) + same - from)));
        lines.join("\n")
    }
}
