//! What tests of rules need beside the one door: an engine that begins with rules which were compiled before.

use super::changes::Loaded;
use super::state::State;
use crate::ids::InputSeq;
use crate::policy::Policy;
use chrono::{DateTime, Utc};
use std::sync::Arc;

impl State {
    /// Knows nothing yet but this policy, at this time; as if one input had been taken before, so that whatever fires
    /// later is news.
    pub fn begin(policy: &Arc<Policy>, at: DateTime<Utc>) -> Self {
        Self::restore(Loaded { position: InputSeq(1), at: Some(at), ..Loaded::default() }).with_policy(policy)
    }
}
