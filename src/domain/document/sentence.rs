//! One human sentence per fact, the same on pages, in the terminal and in Markdown.

mod people;
pub mod review;

use super::Audience;
use crate::incident::entry::{AlertsChanged, PostFact};
use crate::incident::room::Part;
use crate::incident::{Entry, Fact};
use crate::notice::builtin::change_word;
use crate::notice::phrase::counts;
use chrono::{DateTime, Utc};

/// What happened, for the team.
pub fn entry_text(entry: &Entry) -> String {
    sentence(&entry.fact, Audience::Team)
}

/// What happened, for this reader.
pub fn sentence(fact: &Fact, audience: Audience) -> String {
    let why = |because: &str| match (audience, because.is_empty()) {
        (Audience::Team, false) => format!(": {because}"),
        _ => String::new(),
    };
    match fact {
        Fact::Declared { title, severity, confirmed, because, drill, .. } => {
            let stage = if *confirmed { "confirmed" } else { "suspected" };
            let drill = if *drill { "DRILL: " } else { "" };
            format!("{drill}declared “{title}” ({stage}, {severity}){}", why(because))
        }
        Fact::Alerts(changed) => alerts(changed, audience),
        Fact::Confirmed { because, .. } => format!("confirmed{}", why(because)),
        Fact::Severity { from, to, because, .. } => format!("severity is {to}, was {from}{}", why(because)),
        Fact::Updated { text, impact, next_by, promised: _ } => updated(text, impact.as_deref(), *next_by),
        Fact::Noted { text } => format!("note: {text}"),
        Fact::Clear { then: None } => "no alert fires any more".to_owned(),
        Fact::Clear { then: Some(then) } => {
            format!("no alert fires any more; if it stays so, its rule ends it at {}", utc(*then))
        }
        Fact::NotClear { because } => format!("not over: its condition is true again{}", why(because)),
        Fact::ResolveProposed { clear_for } => format!("clear for {}: resolve it, or say why not", clear_for.rough()),
        Fact::CalledOff { code, reason } => format!("called off ({code}): {reason}"),
        Fact::Resolved { because } if because.is_empty() => "resolved".to_owned(),
        Fact::Resolved { because } => format!("resolved: {because}"),
        Fact::Reopened { because, confirmed, .. } => {
            let stage = if *confirmed { "confirmed" } else { "suspected" };
            format!("reopened as {stage}{}", why(because))
        }
        Fact::Flapping { turns } => format!(
            "flapping: its alerts came and went {turns} times within an hour; it is told once an hour at most, and ends by \
             rule only after an hour without alerts"
        ),
        Fact::Steady => "steady again: for an hour no alert came or went".to_owned(),
        Fact::Withdrawn { receiver } => {
            format!("its status message on {receiver} is deleted: it has been over for a while")
        }
        Fact::Inhibits { rule, correlation, because } => {
            let which = if correlation.is_empty() { String::new() } else { format!(" {correlation}") };
            format!("keeps {rule}{which} from being declared beside it, and takes its alerts{}", why(because))
        }
        Fact::ThreadStarted { receiver, .. } => format!("{receiver} has the first notice"),
        Fact::NoticeLost { receiver, person, notice, because, .. } => {
            let whom = person.as_ref().map(|person| format!("{person} by ")).unwrap_or_default();
            format!("the notice “{notice}” did not reach {whom}{receiver}: {because}")
        }
        Fact::ReceiverBlocked { receiver, because, late: false } => {
            format!("{receiver} refuses every notice: {because}")
        }
        Fact::ReceiverBlocked { receiver, because, late: true } => {
            format!("{receiver} is not reached, its notices wait: {because}")
        }
        Fact::Post(PostFact::Sent { receiver, path, .. }) => format!("carries the post mortem to {receiver}: {path}"),
        Fact::Post(PostFact::Arrived { address, again: true, .. }) => format!("the post mortem was changed: {address}"),
        Fact::Post(PostFact::Arrived { address, .. }) => format!("the post mortem can be read: {address}"),
        Fact::TemplateFailed { template, because } => {
            format!("the template {template} failed, the built-in words went out: {because}")
        }
        Fact::Edited { .. }
        | Fact::Acknowledged { .. }
        | Fact::TodoAdded { .. }
        | Fact::TodoDone { .. }
        | Fact::TodoReopened { .. }
        | Fact::TodoDropped { .. }
        | Fact::Followed { .. }
        | Fact::Unfollowed { .. }
        | Fact::Retracted { .. } => people::room(fact),
        Fact::Review(fact) => review::sentence(fact),
        Fact::Taken { .. }
        | Fact::Assigned { .. }
        | Fact::Offered { .. }
        | Fact::OfferEnded { .. }
        | Fact::HandedOver { .. }
        | Fact::Released { .. }
        | Fact::RoleOpen { .. } => people::role(fact, audience),
        Fact::PromiseMissed { by } => format!("the update promised by {} did not come", utc(*by)),
        Fact::Prompted { prompts } => {
            let asked: Vec<&str> = prompts.iter().map(|prompt| people::question(*prompt)).collect();
            format!("asked: {}", asked.join("; "))
        }
        Fact::MergedInto { into, because } => format!("merged into {into}{}", why(because)),
        // What was only suspected stays out of public.
        Fact::Absorbed { public: false, .. } if audience == Audience::Public => {
            "there is more to it than was known; what else was seen is part of this one now".to_owned()
        }
        Fact::Absorbed { from, title, .. } => format!("{from} “{title}” is part of this one now, with its alerts"),
        Fact::TargetCalledOff { into, code, reason } => {
            format!("{into}, which this is part of, was called off ({code}): {reason}")
        }
        Fact::TargetReopened { into, because } => {
            format!("{into}, which this is part of, goes on after all{}", why(because))
        }
        Fact::SplitOff { into, alerts } => match alerts.len() {
            1 => format!("1 alert is an incident of its own now: {into}"),
            many => format!("{many} alerts are an incident of their own now: {into}"),
        },
        Fact::SplitFrom { from, took } => match took.alerts.len() {
            1 => format!("split off {from}, with 1 alert"),
            many => format!("split off {from}, with {many} alerts"),
        },
        Fact::RuleGone { rule } => {
            format!("the rule {rule} is gone or changed; nothing happens to this incident by rule any more")
        }
    }
}

/// Whether only the team sees a fact.
pub fn is_private(fact: &Fact) -> bool {
    match fact {
        // Dashboards and tickets are often nobody else's.
        Fact::Edited { part: Part::Links, .. }
        | Fact::Noted { .. }
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
        | Fact::SplitFrom { .. }
        | Fact::ResolveProposed { .. }
        | Fact::Flapping { .. }
        | Fact::Steady
        | Fact::Withdrawn { .. }
        | Fact::Inhibits { .. }
        | Fact::ThreadStarted { .. }
        | Fact::NoticeLost { .. }
        | Fact::ReceiverBlocked { .. }
        | Fact::Post(PostFact::Sent { .. })
        | Fact::Review(_)
        | Fact::TemplateFailed { .. }
        | Fact::RuleGone { .. } => true,
        Fact::Declared { .. }
        | Fact::Post(PostFact::Arrived { .. })
        | Fact::Alerts(_)
        | Fact::Confirmed { .. }
        | Fact::Severity { .. }
        | Fact::Updated { .. }
        | Fact::Edited { part: Part::Summary | Part::Impact | Part::ExitCriteria, .. }
        | Fact::MergedInto { .. }
        | Fact::Absorbed { .. }
        | Fact::TargetCalledOff { .. }
        | Fact::TargetReopened { .. }
        | Fact::SplitOff { .. }
        | Fact::Clear { .. }
        | Fact::NotClear { .. }
        | Fact::CalledOff { .. }
        | Fact::Resolved { .. }
        | Fact::Reopened { .. } => false,
    }
}

fn updated(text: &str, impact: Option<&str>, next_by: Option<DateTime<Utc>>) -> String {
    let impact = impact.filter(|impact| !impact.is_empty()).map(|impact| format!(" Who is affected: {impact}"));
    let next = next_by.map(|by| format!(" (next update by {})", utc(by)));
    format!("update: {text}{}{}", impact.unwrap_or_default(), next.unwrap_or_default())
}

// Grouped by what happened, so that a storm stays one line: `new: A, B; resolved: C; and 40 more`.
fn alerts(changed: &AlertsChanged, audience: Audience) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for alert in &changed.named {
        let word = match (audience, alert.by.is_empty()) {
            (Audience::Team, false) => format!("{} by {}", change_word(alert.change), alert.by.join(", ")),
            _ => change_word(alert.change).to_owned(),
        };
        match groups.iter_mut().find(|(known, _)| *known == word) {
            Some((_, names)) => names.push(&alert.name),
            None => groups.push((word, vec![&alert.name])),
        }
    }
    let mut parts: Vec<String> =
        groups.into_iter().map(|(word, names)| format!("{word}: {}", counted(names))).collect();
    if changed.more > 0 {
        parts.push(format!("{} more changed", changed.more));
    }
    let tally = crate::incident::Tally {
        firing: changed.firing,
        alerts: changed.alerts,
        truncated: changed.truncated,
        ..Default::default()
    };
    let parts = parts.join("; ");
    match counts(&tally) {
        Some(counts) if parts.is_empty() => counts,
        Some(counts) => format!("{parts} ({counts})"),
        None => parts,
    }
}

// `A ×3, B`: instances of one alert share its name.
fn counted(names: Vec<&str>) -> String {
    let mut each: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match each.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => *times += 1,
            None => each.push((name, 1)),
        }
    }
    let shown = each.iter().map(|(name, times)| match times {
        1 => (*name).to_owned(),
        _ => format!("{name} ×{times}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn utc(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}
