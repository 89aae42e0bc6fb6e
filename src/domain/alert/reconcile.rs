//! What an Alertmanager lists against what we know: the differences that webhooks can never tell.

use super::{Alert, AlertState, Fingerprint, Observation, SourceName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Differences between what a source lists and what we know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// Which source; all its replicas that answered, together.
    pub source: SourceName,
    /// When the listing was asked for: what changed since then is newer than the listing.
    pub as_of: DateTime<Utc>,
    /// Listed as active, while we have it otherwise or not at all.
    pub active: Vec<Observation>,
    /// Listed as silenced or inhibited, while we have it otherwise; with who mutes it.
    pub muted: Vec<(Observation, Vec<String>)>,
    /// Known as open, and not listed, by replicas that are up for long enough to know.
    pub gone: Vec<Fingerprint>,
}

/// State of a listed alert in `GET /api/v2/alerts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// It fires and is told.
    Active,
    /// It fires and is muted by these.
    Muted(Vec<String>),
    /// It is known there, but silences and inhibitions were not looked at yet: it is not gone, and that is all.
    Unprocessed,
}

/// One alert of `GET /api/v2/alerts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAlert {
    /// What it says.
    pub observation: Observation,
    /// Where it stands there.
    pub listed: Listed,
    /// Which receivers of that Alertmanager it is routed to.
    pub receivers: Vec<String>,
}

/// What it means that a listing leaves out a known alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// It is gone: every replica that answered is up for longer than `settle`, and its cluster does not settle.
    IsGone,
    /// Nothing: a replica that just started knows little.
    ProvesNothing,
}

/// One round of asking all replicas of a source.
#[derive(Debug, Clone)]
pub struct Listing<'a> {
    /// Which source.
    pub source: &'a SourceName,
    /// When the first replica was asked.
    pub as_of: DateTime<Utc>,
    /// What they list together; see [`union`].
    pub alerts: &'a [ListedAlert],
    /// What it means not to be in there.
    pub absence: Absence,
    /// Listed alerts last heard of before this are named again though nothing changed, so that they don't go stale
    /// while their Alertmanager has no reason to send: `as_of` − `alert_timeout` / 4.
    pub refresh_before: DateTime<Utc>,
}

/// What the replicas of a source list, as one: fires for one of them is firing; of two that agree, the newer start.
pub fn union(replicas: Vec<Vec<ListedAlert>>) -> Vec<ListedAlert> {
    let mut together: BTreeMap<Fingerprint, ListedAlert> = BTreeMap::new();
    for alert in replicas.into_iter().flatten() {
        let better = together.get(&alert.observation.fingerprint).is_none_or(|known| {
            (rank(&alert), alert.observation.starts_at) > (rank(known), known.observation.starts_at)
        });
        if better {
            together.insert(alert.observation.fingerprint, alert);
        }
    }
    together.into_values().collect()
}

/// What differs from what we know; `None` if nothing does. `known` may hold alerts of other sources.
pub fn diff<'a>(listing: &Listing<'_>, known: impl IntoIterator<Item = &'a Alert>) -> Option<Poll> {
    let mut unknown: BTreeMap<Fingerprint, &ListedAlert> =
        listing.alerts.iter().map(|alert| (alert.observation.fingerprint, alert)).collect();
    let mut poll = Poll {
        source: listing.source.clone(),
        as_of: listing.as_of,
        active: Vec::new(),
        muted: Vec::new(),
        gone: Vec::new(),
    };
    let mut gone = BTreeSet::new();
    for alert in known.into_iter().filter(|alert| alert.key.source == *listing.source) {
        let listed = unknown.remove(&alert.key.fingerprint);
        // What changed while the replicas were asked is judged next time.
        if alert.last_seen > listing.as_of {
            continue;
        }
        match listed {
            Some(listed) => judge(&mut poll, listing, alert, listed),
            None if listing.absence == Absence::IsGone && may_be_gone(alert) => {
                gone.insert(alert.key.fingerprint);
            }
            None => {}
        }
    }
    poll.gone = gone.into_iter().collect();
    // A muted alert we were never told of is nobody's business: its Alertmanager tells it when it may.
    poll.active.extend(unknown.values().filter(|a| a.listed == Listed::Active).map(|a| a.observation.clone()));
    poll.active.sort_by_key(|observation| observation.fingerprint);
    poll.muted.sort_by_key(|(observation, _)| observation.fingerprint);
    let nothing = poll.active.is_empty() && poll.muted.is_empty() && poll.gone.is_empty();
    (!nothing).then_some(poll)
}

fn judge(poll: &mut Poll, listing: &Listing<'_>, alert: &Alert, listed: &ListedAlert) {
    let refresh = alert.last_seen < listing.refresh_before;
    match &listed.listed {
        Listed::Active if refresh || alert.state != AlertState::Firing => {
            poll.active.push(listed.observation.clone());
        }
        Listed::Muted(by) if refresh || !matches!(&alert.state, AlertState::Muted { by: known } if known == by) => {
            poll.muted.push((listed.observation.clone(), by.clone()));
        }
        Listed::Active | Listed::Muted(_) | Listed::Unprocessed => {}
    }
}

// A contested end is settled by the absence. What was pushed to us is no Alertmanager's to list.
fn may_be_gone(alert: &Alert) -> bool {
    let open = match &alert.state {
        AlertState::Firing | AlertState::Unreported { .. } | AlertState::Muted { .. } => true,
        AlertState::Resolved { contested_until, .. } => contested_until.is_some(),
    };
    open && alert.expires_at.is_none()
}

fn rank(alert: &ListedAlert) -> u8 {
    match alert.listed {
        Listed::Unprocessed => 0,
        Listed::Muted(_) => 1,
        Listed::Active => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::{Absence, Listed, ListedAlert, Listing, Poll, diff, union};
    use crate::alert::table::Table;
    use crate::alert::{Alert, Batch, Fingerprint, Observation, Pairs, SourceName, Status};
    use crate::policy::Timing;
    use chrono::{DateTime, TimeDelta, Utc};

    fn t(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
    }

    fn firing(name: &str) -> Observation {
        let labels = Pairs::labels([("alertname", name)]);
        Observation {
            status: Status::Firing,
            fingerprint: Fingerprint::of(&labels),
            labels,
            annotations: Pairs::default(),
            starts_at: Some(t(0)),
            ends_at: None,
            generator_url: "".into(),
        }
    }

    fn listed(name: &str, listed: Listed) -> ListedAlert {
        ListedAlert { observation: firing(name), listed, receivers: vec!["early".to_owned()] }
    }

    fn muted() -> Listed {
        Listed::Muted(vec!["silence".to_owned()])
    }

    // What is known after these fired at minute 0, in this order.
    fn known(names: &[&str]) -> Table {
        let mut table = Table::new();
        let observations = names.iter().map(|name| firing(name)).collect();
        let batch = Batch { source: SourceName::from("am"), group: Some(1), truncated: 0, observations };
        table.take(&batch, t(0), &Timing::default());
        table
    }

    fn compare<'a>(
        known: impl Iterator<Item = &'a Alert>,
        alerts: &[ListedAlert],
        as_of: i64,
        absence: Absence,
    ) -> String {
        let source = SourceName::from("am");
        let refresh_before = t(as_of) - TimeDelta::hours(3);
        let listing = Listing { source: &source, as_of: t(as_of), alerts, absence, refresh_before };
        diff(&listing, known).map_or_else(|| "nothing".to_owned(), |poll| told(&poll))
    }

    fn told(poll: &Poll) -> String {
        let name = |seen: &Observation| seen.labels.value("alertname").to_owned();
        let mut active: Vec<_> = poll.active.iter().map(name).collect();
        active.sort();
        let mut muted: Vec<_> = poll.muted.iter().map(|(seen, _)| name(seen)).collect();
        muted.sort();
        format!("active {active:?} muted {muted:?} gone {}", poll.gone.len())
    }

    #[test]
    fn only_differences_are_told() {
        let table = known(&["A", "B", "C", "D"]);
        let listing = [
            listed("A", Listed::Active),
            listed("B", muted()),
            listed("C", Listed::Unprocessed),
            listed("New", Listed::Active),
            listed("New muted", muted()),
            listed("New unprocessed", Listed::Unprocessed),
        ];
        let compared = |absence| compare(table.iter(), &listing, 1, absence);
        assert_eq!(compared(Absence::IsGone), r#"active ["New"] muted ["B"] gone 1"#);
        assert_eq!(compared(Absence::ProvesNothing), r#"active ["New"] muted ["B"] gone 0"#);
        assert_eq!(compare(known(&["A"]).iter(), &listing[..1], 1, Absence::IsGone), "nothing");
        assert_eq!(compare(known(&["A"]).iter(), &[], 1, Absence::ProvesNothing), "nothing");
    }

    #[test]
    fn what_changed_since_it_was_asked_is_left_for_the_next_time() {
        let table = known(&["A", "B"]);
        assert_eq!(compare(table.iter(), &[listed("B", muted())], -1, Absence::IsGone), "nothing");
        assert_eq!(
            compare(table.iter(), &[listed("B", muted())], 0, Absence::IsGone),
            r#"active [] muted ["B"] gone 1"#
        );
    }

    #[test]
    fn what_its_alertmanager_does_not_repeat_is_refreshed_before_it_goes_stale() {
        let table = known(&["A"]);
        let active = [listed("A", Listed::Active)];
        assert_eq!(compare(table.iter(), &active, 180, Absence::IsGone), "nothing");
        assert_eq!(compare(table.iter(), &active, 181, Absence::IsGone), r#"active ["A"] muted [] gone 0"#);
    }

    #[test]
    fn other_sources_and_pushed_alerts_are_not_its_business() {
        let mut table = known(&[]);
        let other =
            Batch { source: SourceName::from("b"), group: Some(1), truncated: 0, observations: vec![firing("A")] };
        table.take(&other, t(0), &Timing::default());
        let pushed = Observation { ends_at: Some(t(60)), ..firing("P") };
        let push = Batch { source: SourceName::from("am"), group: None, truncated: 0, observations: vec![pushed] };
        table.take(&push, t(0), &Timing::default());
        assert_eq!(compare(table.iter(), &[], 1, Absence::IsGone), "nothing");
    }

    #[test]
    fn fires_for_one_replica_is_firing() {
        let one = vec![listed("A", muted()), listed("B", Listed::Unprocessed), listed("C", muted())];
        let other = vec![listed("C", muted()), listed("B", muted()), listed("A", Listed::Active)];
        let together = union(vec![one.clone(), other.clone()]);
        assert_eq!(together, union(vec![other, one]), "whoever answers first");
        let mut states: Vec<_> =
            together.iter().map(|alert| (alert.observation.labels.value("alertname"), alert.listed.clone())).collect();
        states.sort_by_key(|(name, _)| *name);
        assert_eq!(states, [("A", Listed::Active), ("B", muted()), ("C", muted())]);
    }
}
