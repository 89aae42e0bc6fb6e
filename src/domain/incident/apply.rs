//! The fold: what each entry does to the incident. The only code that changes one.

mod deeds;
mod people;
mod review;

use super::entry::{Change, PostFact};
use super::publication::Published;
use super::review::Review;
use super::roles::Roles;
use super::{Actor, Entry, FLAPPING_WINDOW, Fact, Incident, LastUpdate, Stage, TURNS_KEPT_MAX, Tally};
use chrono::{DateTime, Utc};
use deeds::Undoes;
use std::collections::{BTreeMap, BTreeSet};

/// The incident that a `Declared` entry makes; `None` for any other entry.
pub fn declared(entry: &Entry) -> Option<Incident> {
    let Fact::Declared {
        title,
        impact,
        severity,
        confirmed,
        rule,
        correlation,
        labels,
        receivers,
        first_alert_at,
        because,
        explanation: _,
        storm,
        drill,
        squad,
        // What is promised is in `people`.
        next_by: _,
    } = &entry.fact
    else {
        return None;
    };
    Some(Incident {
        id: entry.incident,
        stage: if *confirmed { Stage::Confirmed } else { Stage::Suspected },
        title: title.clone(),
        summary: String::new(),
        impact: impact.clone(),
        severity: *severity,
        lowered_from: None,
        rule: rule.clone(),
        correlation: correlation.clone(),
        storm: *storm,
        labels: labels.clone(),
        touched: is_person(&entry.actor),
        receivers: receivers.clone(),
        first_alert_at: *first_alert_at,
        declared_at: entry.at,
        declared_by: entry.actor.clone(),
        because: because.clone(),
        confirmed_at: confirmed.then_some(entry.at),
        public_from: confirmed.then_some(entry.number),
        closed_by: None,
        reopened: 0,
        opened_at: entry.at,
        opened_by: entry.input,
        proposed_at: None,
        tally: Tally { told_at: Some(entry.at), ..Tally::default() },
        clear_since: None,
        turns: Vec::new(),
        flapping_since: None,
        inhibits: BTreeSet::new(),
        last_update: None,
        threads: BTreeMap::new(),
        blocked: BTreeSet::new(),
        stood_in_for: BTreeSet::new(),
        withdrawn: BTreeSet::new(),
        lost: BTreeSet::new(),
        published: BTreeMap::new(),
        drill: *drill,
        audit_head: None,
        roles: Roles { asked: squad.clone(), unclaimed_since: Some(entry.at), ..Roles::default() },
        room: people::room_of(entry),
        review: Review::default(),
        entries: entry.number,
        changed_at: entry.at,
    })
}

/// What one more entry does to the incident.
pub fn apply(incident: &mut Incident, entry: &Entry) {
    incident.entries = entry.number;
    incident.changed_at = entry.at;
    incident.touched |= is_person(&entry.actor);
    let undoes = people::apply(incident, entry);
    match &entry.fact {
        Fact::Alerts(changed) => {
            let fires = |change| matches!(change, Change::Attached | Change::Firing);
            if changed.firing > 0 || changed.named.iter().any(|alert| fires(alert.change)) {
                if incident.clear_since.take().is_some() {
                    turn(incident, entry.at);
                }
                incident.proposed_at = None;
            }
        }
        Fact::Confirmed { .. } => {
            incident.stage = Stage::Confirmed;
            incident.confirmed_at = Some(entry.at);
            incident.public_from.get_or_insert(entry.number);
        }
        Fact::Severity { from, to, .. } => {
            incident.severity = *to;
            // What is taken back is no opinion of how bad it is.
            if to < from && undoes == Undoes::Nothing {
                incident.lowered_from = Some(*from);
            }
        }
        Fact::Updated { text, impact, next_by, promised: _ } => {
            incident.last_update = Some(LastUpdate { at: entry.at, text: text.clone(), next_by: *next_by });
            if let Some(impact) = impact {
                incident.impact.clone_from(impact);
            }
        }
        Fact::Clear { .. } => {
            incident.clear_since = Some(entry.at);
            turn(incident, entry.at);
        }
        Fact::NotClear { .. } => {
            if incident.clear_since.take().is_some() {
                turn(incident, entry.at);
            }
            incident.proposed_at = None;
        }
        Fact::Flapping { .. } => incident.flapping_since = Some(entry.at),
        Fact::Steady => incident.flapping_since = None,
        Fact::Withdrawn { receiver } => {
            incident.withdrawn.insert(receiver.clone());
        }
        Fact::ResolveProposed { .. } => incident.proposed_at = Some(entry.at),
        Fact::CalledOff { code, reason } => {
            incident.stage = Stage::CalledOff { at: entry.at, code: *code, reason: reason.clone() };
            incident.flapping_since = None;
            incident.closed_by = Some(entry.actor.clone());
        }
        Fact::Resolved { .. } => {
            incident.stage = Stage::Resolved { at: entry.at };
            incident.flapping_since = None;
            incident.closed_by = Some(entry.actor.clone());
        }
        Fact::Reopened { confirmed, .. } => reopen(incident, entry, *confirmed),
        Fact::Inhibits { rule, correlation, .. } => {
            incident.inhibits.insert((rule.clone(), correlation.clone()));
        }
        Fact::ThreadStarted { receiver, remote_id } => {
            incident.threads.insert(receiver.clone(), remote_id.clone());
            incident.blocked.remove(receiver);
        }
        Fact::ReceiverBlocked { receiver, .. } => {
            incident.blocked.insert(receiver.clone());
            incident.stood_in_for.insert(receiver.clone());
        }
        Fact::NoticeLost { delivery, receiver, person, .. } => {
            if person.is_none() {
                incident.stood_in_for.insert(receiver.clone());
            }
            incident.lost.insert(*delivery);
        }
        Fact::Post(PostFact::Arrived { receiver, delivery, address, again: _ }) => {
            let published = Published { delivery: *delivery, address: address.clone(), at: entry.at };
            incident.published.insert(receiver.clone(), published);
            incident.blocked.remove(receiver);
        }
        Fact::MergedInto { into, .. } => {
            incident.stage = Stage::Merged { at: entry.at, into: *into };
            incident.flapping_since = None;
            incident.closed_by = Some(entry.actor.clone());
        }
        Fact::Review(fact) => review::apply(incident, entry, fact),
        // Those of people are in `people`.
        Fact::Declared { .. }
        | Fact::Noted { .. }
        | Fact::Post(PostFact::Sent { .. })
        | Fact::TemplateFailed { .. }
        | Fact::RuleGone { .. }
        | Fact::Edited { .. }
        | Fact::Acknowledged { .. }
        | Fact::Taken { .. }
        | Fact::Assigned { .. }
        | Fact::Offered { .. }
        | Fact::OfferEnded { .. }
        | Fact::HandedOver { .. }
        | Fact::Released { .. }
        | Fact::RoleOpen { .. }
        | Fact::PromiseMissed { .. }
        | Fact::Prompted { .. }
        | Fact::TodoAdded { .. }
        | Fact::TodoDone { .. }
        | Fact::TodoReopened { .. }
        | Fact::TodoDropped { .. }
        | Fact::Followed { .. }
        | Fact::Unfollowed { .. }
        | Fact::Retracted { .. }
        | Fact::Absorbed { .. }
        | Fact::TargetCalledOff { .. }
        | Fact::TargetReopened { .. }
        | Fact::SplitOff { .. }
        | Fact::SplitFrom { .. } => {}
    }
}

fn reopen(incident: &mut Incident, entry: &Entry, confirmed: bool) {
    incident.stage = if confirmed { Stage::Confirmed } else { Stage::Suspected };
    incident.confirmed_at = if confirmed { Some(incident.confirmed_at.unwrap_or(entry.at)) } else { None };
    if confirmed {
        incident.public_from.get_or_insert(entry.number);
    }
    incident.closed_by = None;
    incident.withdrawn.clear();
    incident.reopened += 1;
    incident.opened_at = entry.at;
    incident.opened_by = entry.input;
    incident.clear_since = None;
    incident.proposed_at = None;
    turn(incident, entry.at);
}

fn turn(incident: &mut Incident, at: DateTime<Utc>) {
    incident.turns.retain(|turn| *turn > at - FLAPPING_WINDOW);
    if incident.turns.len() == TURNS_KEPT_MAX {
        incident.turns.remove(0);
    }
    incident.turns.push(at);
}

fn is_person(actor: &Actor) -> bool {
    matches!(actor, Actor::Person { .. })
}
