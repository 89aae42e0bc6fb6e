//! What tests of rules need beside the one door: an engine that begins with rules which were compiled before.

use super::changes::{Changes, Loaded};
use super::state::State;
use super::turn::Turn;
use crate::ids::InputSeq;
use crate::policy::Policy;
use chrono::{DateTime, Utc};
use std::sync::Arc;

impl State {
    /// Knows nothing yet but this policy, which comes into force at this time; what follows from that is added to
    /// `changes`. As if one input had been taken before, so that whatever fires later is news.
    pub fn begin(policy: &Arc<Policy>, at: DateTime<Utc>, changes: &mut Changes) -> Self {
        let mut state = Self::restore(Loaded { position: InputSeq(1), at: Some(at), ..Loaded::default() });
        Turn::new(&mut state, InputSeq(2), at, changes).begin(policy);
        state
    }
}

impl Turn<'_> {
    fn begin(mut self, policy: &Arc<Policy>) {
        self.adopt(Arc::clone(policy));
        self.settle();
    }
}
