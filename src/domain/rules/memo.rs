//! What patterns said of a value before. Values of labels come again and again, with every repeat of an alert and with
//! its neighbours; looking up takes a tenth of matching. Belongs to one rule set, and changes no answer.

use super::matching::{Known, Test, TestIx};
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::sync::Arc;

/// How many values, and how many answers, are remembered; then it begins anew.
const VALUES_MAX: usize = 8_192;
const ANSWERS_MAX: usize = 262_144;

/// Values longer than this, in bytes, are not remembered.
const VALUE_BYTES_MAX: usize = 256;

/// Answers by label and value.
#[derive(Debug, Default)]
pub struct Memo {
    places: HashMap<u32, HashMap<Box<str>, usize, FixedState>, FixedState>,
    seen: Vec<Seen>,
    answers: usize,
}

#[derive(Debug, Default)]
struct Seen {
    // Sorted by test.
    answers: Vec<(TestIx, bool)>,
    passed: Option<Arc<[u32]>>,
}

impl Memo {
    /// Forgets all, if it is full. Never within one alert: labels keep their places.
    pub(super) fn make_room(&mut self) {
        if self.seen.len() >= VALUES_MAX || self.answers >= ANSWERS_MAX {
            *self = Self::default();
        }
    }

    /// Whether this value passes this test.
    pub(super) fn accepts(&mut self, ix: TestIx, test: &Test, known: &mut Known<'_>) -> bool {
        let Some(place) = self.place(known) else { return test.accepts(known.value) };
        let answers = &mut self.seen[place].answers;
        match answers.binary_search_by_key(&ix, |(ix, _)| *ix) {
            Ok(at) => answers[at].1,
            Err(at) => {
                let answer = test.accepts(known.value);
                answers.insert(at, (ix, answer));
                self.answers += 1;
                answer
            }
        }
    }

    /// The patterns that stand under this label alone and pass its value.
    pub(super) fn passed(&mut self, known: &mut Known<'_>, find: impl FnOnce() -> Arc<[u32]>) -> Arc<[u32]> {
        let Some(place) = self.place(known) else { return find() };
        let passed = self.seen[place].passed.get_or_insert_with(|| {
            let passed = find();
            self.answers += passed.len();
            passed
        });
        Arc::clone(passed)
    }

    fn place(&mut self, known: &mut Known<'_>) -> Option<usize> {
        if known.remembered.is_some() || known.value.len() > VALUE_BYTES_MAX {
            return known.remembered;
        }
        let places = self.places.entry(known.name.0).or_default();
        if let Some(place) = places.get(known.value) {
            known.remembered = Some(*place);
            return known.remembered;
        }
        places.insert(known.value.into(), self.seen.len());
        known.remembered = Some(self.seen.len());
        self.seen.push(Seen::default());
        known.remembered
    }
}
