//! The policy of a backtest: that of the rule files, with one receiver that hears everything in place of all others.

use crate::duration::Duration;
use crate::policy::{PolicySource, Postmortems, ReceiverKind, ReceiverSpec, Rituals, Route, Subject};
use crate::rules::model::Mode;
use std::collections::BTreeMap;

/// In a history that tells changes only, silence says nothing: an alert without an end is believed for this long, so
/// that one whose end was lost does not stay forever.
pub const UNHEARD_MAX: Duration = Duration::hours(30 * 24);

/// What kind of history is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// Each change once: an alert fires until it is said to be over.
    Changes,
    /// Messages as they came, repeats too: an alert that is not repeated goes stale as it does live.
    Messages,
}

const NAME: &str = "everyone";

/// Who is told, and in which words, is not what a backtest asks; how often is.
pub(super) fn stand_in(source: &PolicySource, history: History) -> PolicySource {
    let mut source = source.clone();
    let everyone = ReceiverSpec {
        name: NAME.to_owned(),
        kind: ReceiverKind::Console,
        public: false,
        personal: false,
        subject: Subject::default(),
        templates: BTreeMap::new(),
        language: None,
    };
    source.receivers = vec![everyone];
    source.route = Route { receivers: vec![NAME.to_owned()], ..Route::default() };
    source.templates.clear();
    // Nobody is there to answer.
    source.rituals = Rituals::none();
    source.postmortem = Postmortems::none();
    source.roles.clear();
    for rule in source.rule_files.iter_mut().flat_map(|named| &mut named.file.groups).flat_map(|group| &mut group.rules)
    {
        rule.receivers.clear();
        rule.templates.clear();
        // What a shadow rule would do is what is asked here.
        rule.mode = Mode::Live;
    }
    if history == History::Changes {
        source.timing.alert_timeout = source.timing.alert_timeout.max(UNHEARD_MAX);
        // Nothing in it comes again and again: every heartbeat would be missing.
        source.heartbeats.clear();
    }
    source
}
