//! One log line per fact of an incident, with its number. Words of the team stay out of the log.

use domain::incident::entry::{PostFact, ReviewFact};
use domain::incident::review::Ended;
use domain::incident::{Actor, Entry, Fact};
use tracing::{info, warn};

/// Logs a timeline entry.
pub fn log(entry: &Entry) {
    let id = entry.incident;
    let by = &entry.actor;
    let words = words(&entry.fact, by);
    match &entry.fact {
        Fact::NoticeLost { .. } | Fact::ReceiverBlocked { .. } | Fact::TemplateFailed { .. } => {
            warn!(incident = %id, entry = entry.number, %by, "{id}: {words}");
        }
        _ => info!(incident = %id, entry = entry.number, %by, "{id}: {words}"),
    }
}

fn words(fact: &Fact, by: &Actor) -> String {
    match fact {
        Fact::Declared { title, severity, because, .. } => format!("declared {severity} by {by}: {title} ({because})"),
        Fact::Alerts(changed) => format!("{} of {} alerts fire", changed.firing, changed.alerts),
        Fact::Confirmed { because, .. } => format!("confirmed by {by}: {because}"),
        Fact::Severity { from, to, because, .. } => format!("severity {from} → {to} by {by}: {because}"),
        Fact::Updated { .. } => format!("updated by {by}"),
        Fact::Noted { .. } => format!("noted by {by}"),
        Fact::Edited { part, .. } => format!("{} written by {by}", part.word()),
        Fact::Acknowledged { .. } => format!("seen by {by}"),
        Fact::Taken { role, person, because, .. } => format!("{role} taken by {person}: {because}"),
        Fact::Assigned { role, person, .. } => format!("{role} given to {person} by {by}"),
        Fact::Offered { role, from, to, expires_at } => format!("{role} offered by {from} to {to} until {expires_at}"),
        Fact::OfferEnded { role, to, end, .. } => format!("offer of {role} to {to} ended: {end:?}"),
        Fact::HandedOver { role, from, to } => format!("{role} handed over by {from} to {to}"),
        Fact::Released { role, person, because } => format!("{role} released by {person}: {because}"),
        Fact::RoleOpen { role, because, times, .. } => {
            format!("anyone may take {role} (said {times} times): {because}")
        }
        Fact::PromiseMissed { by } => format!("update promised by {by} is missing"),
        Fact::Prompted { prompts } => format!("asked {prompts:?}"),
        Fact::TodoAdded { todo, .. } => format!("to-do {todo} added by {by}"),
        Fact::TodoDone { todo } => format!("to-do {todo} done by {by}"),
        Fact::TodoReopened { todo } => format!("to-do {todo} reopened by {by}"),
        Fact::TodoDropped { todo } => format!("to-do {todo} dropped by {by}"),
        Fact::Followed { person } => format!("followed by {person}"),
        Fact::Unfollowed { person } => format!("no longer followed by {person}"),
        Fact::Retracted { entry } => format!("entry {entry} taken back by {by}"),
        Fact::MergedInto { into, .. } => format!("merged into {into} by {by}"),
        Fact::Absorbed { from, .. } => format!("{from} is part of it now"),
        Fact::TargetCalledOff { into, code, .. } => format!("{into}, which it is part of, was called off: {code}"),
        Fact::TargetReopened { into, .. } => format!("{into}, which it is part of, goes on after all"),
        Fact::SplitFrom { from, took } => format!("split off {from} with {} alerts", took.alerts.len()),
        Fact::SplitOff { into, alerts } => format!("{} alerts split off to {into} by {by}", alerts.len()),
        Fact::Clear { then: Some(then) } => {
            format!("no alert fires any more; if it stays so, its rule ends it at {then}")
        }
        Fact::Clear { then: None } => "no alert fires any more".to_owned(),
        Fact::NotClear { because } => format!("not over: {because}"),
        Fact::ResolveProposed { clear_for } => format!("clear for {clear_for}: somebody should resolve it"),
        Fact::CalledOff { code, reason } => format!("called off by {by}: {}: {reason}", code.word()),
        Fact::Resolved { because } => format!("resolved by {by}: {because}"),
        Fact::Reopened { because, .. } => format!("reopened by {by}: {because}"),
        Fact::Flapping { turns } => format!("flapping: turned {turns} times within an hour"),
        Fact::Steady => "steady again".to_owned(),
        Fact::Withdrawn { receiver } => format!("its status message on {receiver} is deleted"),
        Fact::Inhibits { rule, correlation, because } => format!("keeps {rule} {correlation} back: {because}"),
        Fact::ThreadStarted { receiver, .. } => format!("thread started at {receiver}"),
        Fact::NoticeLost { receiver, person, notice, because, .. } => {
            let whom = person.as_ref().map(|person| format!("{person} by ")).unwrap_or_default();
            format!("{notice} to {whom}{receiver} is lost: {because}")
        }
        Fact::ReceiverBlocked { receiver, because, late: false } => format!("{receiver} refuses everything: {because}"),
        Fact::ReceiverBlocked { receiver, because, late: true } => format!("{receiver} is not reached: {because}"),
        Fact::Post(PostFact::Sent { receiver, path, .. }) => format!("post mortem {path} handed to {receiver} by {by}"),
        Fact::Review(fact) => review(fact, by),
        Fact::Post(PostFact::Arrived { receiver, address, .. }) => {
            format!("post mortem stands at {receiver}: {address}")
        }
        Fact::TemplateFailed { template, because } => format!("template {template} failed: {because}"),
        Fact::RuleGone { rule } => format!("rule {rule} is gone or changed; rules no longer act on it"),
    }
}

fn review(fact: &ReviewFact, by: &Actor) -> String {
    match fact {
        ReviewFact::Written { section, .. } => format!("section {section} of the post mortem written by {by}"),
        ReviewFact::Shown { entry, .. } => format!("entry {entry} marked for the post mortem by {by}"),
        ReviewFact::Corrected { entry, .. } => format!("entry {entry} corrected by {by}"),
        ReviewFact::ActionAdded { action, .. } => format!("action {action} added by {by}"),
        ReviewFact::ActionChanged { action, .. } => format!("action {action} changed by {by}"),
        ReviewFact::ActionEnded { action, end: Ended::Done } => format!("action {action} done by {by}"),
        ReviewFact::ActionEnded { action, .. } => format!("action {action} dropped by {by}"),
        ReviewFact::ActionReopened { action } => format!("action {action} reopened by {by}"),
        ReviewFact::ActionsLate { actions } => format!("told that actions {actions:?} are late"),
        ReviewFact::Asked => format!("post mortem asked for by {by}"),
        ReviewFact::Waived { .. } => format!("post mortem waived by {by}"),
        ReviewFact::Reminded { whom, due } => format!("reminded {whom:?} of the post mortem, due by {due}"),
        ReviewFact::Left { because } => format!("nobody is reminded any more: {because}"),
    }
}
