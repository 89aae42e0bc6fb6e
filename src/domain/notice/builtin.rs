//! Built-in words, used where no template is configured and where one fails.

use super::NoticeKind;
use super::layout::{Message, Part};
use super::phrase::{alert_line, clock, counts, incident_url, kept, lasted, next_update, page_url, unheard, who};
use super::plan::Scene;
use super::telling::{About, Telling};
use super::{afterwards, asked};
use super::{parts, people};
use crate::alert::{Alert, ResolvedBecause};
use crate::document;
use crate::incident::due::{self, Due};
use crate::incident::entry::{AlertsChanged, Change};
use crate::incident::{Actor, CallOffCode, Incident, Severity, Stage};
use crate::text::clean_line;
use chrono::{DateTime, Utc};

/// Who reads a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The people who run the service: they learn why, and what to do.
    Team,
    /// Everyone else: they learn what is known, and when they hear more.
    Public,
}

/// Writes a notice.
pub fn compose(scene: &Scene<'_>, telling: &Telling<'_>, reader: Reader) -> Message {
    let mut parts = match telling.about {
        About::Alarm => alarm(scene, reader),
        About::Board => board(scene, reader),
        About::Confirmed(because) => confirmed(scene, reader, because),
        About::Severity { from, to, because, next_by: by } => {
            let mut parts = severity(scene, from, to, for_reader(telling, reader, because));
            parts.extend(by.map(|by| next_by(scene, by)));
            parts
        }
        About::Said { text, impact, next_by: by } => {
            let mut parts = vec![Part::Said(text.to_owned())];
            parts.extend(impact.map(|_| affected(scene.incident)));
            parts.extend(by.map(|by| next_by(scene, by)));
            parts
        }
        About::Alerts(changed) => alerts_changed(scene, changed),
        About::LooksOver(clear_for) => looks_over(scene, &clear_for.rough()),
        About::Flapping(turns) => flapping(scene, turns),
        About::CalledOff(code, reason) => called_off(telling, reader, code, reason),
        About::Resolved(because) => resolved(scene, telling, because),
        About::Reopened(because) => reopened(scene, for_reader(telling, reader, because)),
        About::Role(fact) => people::role(scene, fact, reader),
        About::PromiseMissed(by) => asked::promise_missed(scene, by),
        About::Asked(prompts) => asked::asked(scene, prompts),
        About::MergedInto(into, because) => {
            parts::merged_into(scene, reader, into, for_reader(telling, reader, because))
        }
        About::Absorbed { from, title, public } => {
            let mut parts = vec![parts::absorbed(reader, from, title, public)];
            parts.extend(counted(scene));
            parts
        }
        About::Joined { from, title, public } => {
            let mut parts = vec![parts::absorbed(reader, from, title, public)];
            parts.extend(alarm(scene, reader));
            parts
        }
        About::TargetCalledOff(into, code, reason) => parts::target_called_off(scene, into, code, reason),
        About::TargetReopened(into, because) => {
            parts::target_reopened(scene, into, for_reader(telling, reader, because))
        }
        About::Published(address) => parts::published(address),
        About::PostMortemDue(whom, due) => afterwards::due(scene, whom, due),
        About::SplitOff(into, alerts) => parts::split_off(scene, into, alerts),
        About::Lost { receiver, person, notice, because } => parts::lost(scene, receiver, person, notice, because),
        About::Blocked { receiver, because, late } => parts::blocked(scene, receiver, because, late),
        About::InPlaceOf { receiver, because } => {
            let mut parts = parts::in_place_of(receiver, because);
            parts.extend(alarm(scene, reader));
            parts
        }
    };
    if reader == Reader::Team && telling.about.names_people() {
        parts.extend(people::who_does_what(scene));
    }
    parts.extend(record(scene.incident, telling));
    parts.splice(0..0, drill(scene.incident));
    parts.push(page(scene));
    parts.extend(pad(scene, reader));
    Message { headline: headline(scene.incident, telling.kind), icon: icon(scene.incident, telling.kind), parts }
}

/// Where all of it stands.
pub fn page(scene: &Scene<'_>) -> Part {
    let link = if scene.incident.stage.is_open() { "Follow it here" } else { "What happened" };
    Part::Link(link, page_url(&scene.policy.source.external_url, scene.incident))
}

/// Where people write along.
pub fn pad(scene: &Scene<'_>, reader: Reader) -> Option<Part> {
    let audience = match reader {
        Reader::Team => document::Audience::Team,
        Reader::Public => document::Audience::Public,
    };
    Some(Part::Link("Pad, to write along", scene.policy.pad(scene.incident, audience)?))
}

/// What stands above every word about a drill.
pub fn drill(incident: &Incident) -> Option<Part> {
    incident.drill.then(|| Part::Words("This is a drill. Nothing is wrong; act as if it were.".to_owned()))
}

/// What proves the record of an incident that is over: the newest of the audit log.
pub fn record(incident: &Incident, telling: &Telling<'_>) -> Option<Part> {
    let ends = matches!(telling.kind, NoticeKind::CalledOff | NoticeKind::Resolved);
    Some(Part::Field("Record", incident.audit_head.filter(|_| ends)?.words()?))
}

/// Title of an incident whose rule has none, or one that fails: the rule and its alerts.
pub fn title(rule: &str, alerts: &[&Alert]) -> String {
    let mut names: Vec<String> = alerts.iter().map(|alert| alert.name()).collect();
    names.sort();
    names.dedup();
    let shown = names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => rule.to_owned(),
        // A rule is often named like its alert; once is enough.
        1 if shown == rule => shown,
        1..=3 => format!("{rule}: {shown}"),
        more => format!("{rule}: {shown} and {} more", more - 3),
    }
}

fn headline(incident: &Incident, kind: NoticeKind) -> String {
    let what = match kind {
        NoticeKind::Declared | NoticeKind::Board | NoticeKind::LastBoard => {
            format!("{} ({})", incident.stage.word(), incident.severity)
        }
        NoticeKind::Confirmed => format!("confirmed ({})", incident.severity),
        NoticeKind::Reopened => format!("reopened ({})", incident.severity),
        NoticeKind::Updated => "update".to_owned(),
        NoticeKind::CalledOff => "called off".to_owned(),
        NoticeKind::Resolved => "resolved".to_owned(),
        NoticeKind::Role => "who does what".to_owned(),
        NoticeKind::Prompt => "to the team".to_owned(),
        NoticeKind::Merged => "merged".to_owned(),
        NoticeKind::Published | NoticeKind::Post => "post mortem".to_owned(),
        NoticeKind::LossReport => "notice not delivered".to_owned(),
    };
    format!("{} {what}: {}", incident.name(), clean_line(&incident.title, usize::MAX))
}

fn icon(incident: &Incident, kind: NoticeKind) -> &'static str {
    match (kind, &incident.stage) {
        (NoticeKind::LossReport, _) => "mailbox_with_no_mail",
        (NoticeKind::Published | NoticeKind::Post, _) => "memo",
        (NoticeKind::Updated, _) => "information_source",
        (NoticeKind::Role, _) => "busts_in_silhouette",
        (NoticeKind::Prompt, _) => "question",
        (NoticeKind::CalledOff, Stage::Merged { .. }) => "no_entry_sign",
        (_, Stage::Suspected) => "eyes",
        (_, Stage::Confirmed) => "warning",
        (_, Stage::CalledOff { .. }) => "no_entry_sign",
        (_, Stage::Resolved { .. }) => "white_check_mark",
        (_, Stage::Merged { .. }) => "twisted_rightwards_arrows",
    }
}

fn alarm(scene: &Scene<'_>, reader: Reader) -> Vec<Part> {
    let incident = scene.incident;
    let opening = match incident.stage {
        Stage::Suspected => {
            "There are signs of a service disruption. This is an early warning: if it turns out to be nothing, it will \
             be called off here, with the reason."
        }
        _ => "There is a service disruption. We are looking for its cause and working to bring the service back.",
    };
    let mut parts = vec![Part::Words(opening.to_owned()), affected(incident)];
    parts.extend(known(scene));
    if reader == Reader::Team {
        parts.extend(reasons(scene));
    }
    parts.extend(promised(scene));
    parts
}

fn board(scene: &Scene<'_>, reader: Reader) -> Vec<Part> {
    let incident = scene.incident;
    let mut parts = Vec::new();
    match &incident.stage {
        Stage::CalledOff { reason, .. } => parts.push(Part::Field("Called off", reason.clone())),
        Stage::Resolved { at } => {
            parts.push(Part::Words(format!(
                "Over since {}; it lasted {}.",
                clock(*at, scene.at),
                lasted(incident, scene.at)
            )));
        }
        Stage::Merged { into, .. } => {
            parts.push(Part::Words(format!("It is part of {into} now.")));
            parts.push(Part::Link("Go on there", incident_url(&scene.policy.source.external_url, *into)));
        }
        Stage::Suspected | Stage::Confirmed => {}
    }
    if !incident.summary.is_empty() {
        parts.push(Part::Field("Summary", incident.summary.clone()));
    }
    if !matches!(incident.stage, Stage::CalledOff { .. }) {
        parts.push(affected(incident));
    }
    parts.extend(known(scene));
    if let Some(update) = &incident.last_update {
        parts.push(Part::Field("Last update", format!("{} ({})", update.text, clock(update.at, scene.at))));
    }
    if reader == Reader::Team {
        parts.extend(reasons(scene));
    }
    parts.extend(ending(scene).filter(|_| reader == Reader::Team));
    if let Some(by) = next_update(incident) {
        // A promise that was not kept is not promised again.
        let words = if by > scene.at { "Next update by" } else { "The next update was due by" };
        let kept = kept(&incident.room.promises).filter(|_| reader == Reader::Team);
        let kept = kept.map(|kept| format!(" ({kept})")).unwrap_or_default();
        parts.push(Part::Words(format!("{words} {}{kept}.", clock(by, scene.at))));
    }
    parts
}

// What its rule will do if nobody does anything.
fn ending(scene: &Scene<'_>) -> Option<Part> {
    let incident = scene.incident;
    let rule = scene.policy.rules.by_name(&incident.rule.as_ref()?.name).map(|rule| scene.policy.rules.rule(rule));
    let (at, how) = due::end_if_clear_from(incident.clear_since?, incident, rule)?;
    let how = if how == Due::CallOff { "called off" } else { "resolved" };
    let words = format!("If no alert fires again, it is {how} by its rule at {}.", clock(at, scene.at));
    incident.stage.is_open().then_some(Part::Words(words))
}

fn confirmed(scene: &Scene<'_>, reader: Reader, because: &str) -> Vec<Part> {
    let mut parts = vec![Part::Words("This is real. We are working to bring the service back.".to_owned())];
    if reader == Reader::Team && !because.is_empty() {
        parts.push(Part::Field("Why", because.to_owned()));
    }
    parts.push(affected(scene.incident));
    parts.extend(known(scene));
    parts.extend(promised(scene));
    parts
}

fn reopened(scene: &Scene<'_>, because: &str) -> Vec<Part> {
    let mut parts = vec![Part::Words("It came back; we are working on it again, under the same number.".to_owned())];
    if !because.is_empty() {
        parts.push(Part::Field("Why", because.to_owned()));
    }
    parts.push(affected(scene.incident));
    parts.extend(known(scene));
    parts.extend(promised(scene));
    parts
}

// Reasons of rules name rules and matchers, which say nothing to the public; those of people are said to everyone.
fn for_reader<'a>(telling: &Telling<'_>, reader: Reader, because: &'a str) -> &'a str {
    match (reader, telling.actor) {
        (Reader::Public, Some(Actor::Rule)) => "",
        _ => because,
    }
}

fn severity(scene: &Scene<'_>, from: Severity, to: Severity, because: &str) -> Vec<Part> {
    let turn = if to > from { "raised" } else { "lowered" };
    let mut parts = vec![Part::Words(format!("Severity {turn} from {from} to {to}."))];
    if !because.is_empty() {
        parts.push(Part::Field("Why", because.to_owned()));
    }
    parts.extend(counted(scene));
    parts
}

fn alerts_changed(scene: &Scene<'_>, changed: Option<&AlertsChanged>) -> Vec<Part> {
    let Some(changed) = changed else { return known(scene) };
    let mut parts: Vec<Part> = counted(scene).into_iter().collect();
    let lines = changed.named.iter().map(|alert| {
        let (name, summary) = (clean_line(&alert.name, 120), clean_line(&alert.summary, 300));
        let words = if summary == name { name } else { format!("{name}: {summary}") };
        format!("{}: {words}", change_word(alert.change))
    });
    let more = (changed.more > 0).then(|| format!("and {} more", changed.more));
    let lines: Vec<String> = lines.chain(more).collect();
    if !lines.is_empty() {
        parts.push(Part::List(lines));
    }
    parts
}

fn looks_over(scene: &Scene<'_>, clear_for: &str) -> Vec<Part> {
    let number = scene.incident.id.0;
    let doubt = unheard(scene.alerts.iter().copied()).map(|why| format!(" But {why}.")).unwrap_or_default();
    let mut parts = vec![
        Part::Words(format!("No alert has fired for {clear_for}.{doubt} If the service is back, resolve it:")),
        Part::Command(format!("earlybell incident resolve {number}")),
        Part::Words("If it is not, say why:".to_owned()),
        Part::Command(format!("earlybell incident update {number} \"…\"")),
    ];
    parts.extend(ending(scene));
    parts
}

fn called_off(telling: &Telling<'_>, reader: Reader, code: CallOffCode, reason: &str) -> Vec<Part> {
    let by = match (reader, telling.actor) {
        (Reader::Team, Some(actor)) => format!(" by {}", who(actor)),
        _ => String::new(),
    };
    vec![
        Part::Words(format!("Called off{by}: this was not an incident ({code}).")),
        Part::Field("Reason", reason.to_owned()),
        Part::Words("If you saw the alarm, there is nothing more to do.".to_owned()),
    ]
}

fn resolved(scene: &Scene<'_>, telling: &Telling<'_>, because: &str) -> Vec<Part> {
    // Nobody has seen the end of what is over because its source is silent.
    let by_silence = telling.actor == Some(&Actor::Rule) && unheard(scene.alerts.iter().copied()).is_some();
    let opening = if by_silence { "It counts as over" } else { "The service is back" };
    let mut parts = vec![Part::Words(format!("{opening}. It lasted {}.", lasted(scene.incident, scene.at)))];
    if !because.is_empty() {
        parts.push(Part::Field("Why it is over", because.to_owned()));
    }
    parts
}

fn flapping(scene: &Scene<'_>, turns: u32) -> Vec<Part> {
    let mut parts = vec![Part::Words(format!(
        "Flapping: its alerts came and went {turns} times within an hour. From here on you hear of them once an hour at \
         most, and no rule ends it before it was clear for an hour."
    ))];
    parts.extend(known(scene));
    parts
}

fn affected(incident: &Incident) -> Part {
    if incident.impact.trim().is_empty() {
        return Part::Words("Who is affected is not known yet.".to_owned());
    }
    Part::Field("Who is affected", incident.impact.clone())
}

// What is known: how many alerts, and which.
fn known(scene: &Scene<'_>) -> Vec<Part> {
    let Some(counted) = counted(scene) else {
        let known = match scene.incident.rule {
            Some(_) => "no alert is attached; its rule needs none",
            None => "it was declared by hand; no alert is attached",
        };
        return vec![Part::Field("What we know", known.to_owned())];
    };
    let mut lines: Vec<String> = scene.alerts.iter().map(|alert| alert_line(alert, scene.at)).collect();
    let more = (scene.incident.tally.alerts as usize).saturating_sub(lines.len());
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    vec![counted, Part::List(lines)]
}

fn counted(scene: &Scene<'_>) -> Option<Part> {
    counts(&scene.incident.tally).map(|text| Part::Field("What we know", text))
}

fn reasons(scene: &Scene<'_>) -> Vec<Part> {
    let incident = scene.incident;
    let mut parts = Vec::new();
    if !incident.because.is_empty() {
        parts.push(Part::Field("Why it was declared", incident.because.clone()));
    }
    if let Some(url) = super::template::runbook(scene.policy, incident) {
        parts.push(Part::Link("What to do", url.to_owned()));
    }
    parts
}

fn promised(scene: &Scene<'_>) -> Option<Part> {
    next_update(scene.incident).map(|by| next_by(scene, by))
}

fn next_by(scene: &Scene<'_>, by: DateTime<Utc>) -> Part {
    Part::Words(format!("Next update by {}.", clock(by, scene.at)))
}

/// What happened to an alert, in words.
pub fn change_word(change: Change) -> &'static str {
    match change {
        Change::Attached => "new",
        Change::Firing => "firing again",
        Change::Unreported => "no longer reported",
        Change::Muted => "muted",
        Change::Resolved(ResolvedBecause::Reported) => "resolved",
        // Nobody said so: whoever reads it should know how we know.
        Change::Resolved(ResolvedBecause::Gone) => "resolved (no longer listed by its Alertmanager)",
        Change::Resolved(ResolvedBecause::Stale) => "taken for resolved (nothing was heard of it for too long)",
        Change::Resolved(ResolvedBecause::Expired) => "resolved (not sent again)",
    }
}

#[cfg(test)]
mod tests {
    use super::title;
    use crate::notice::template::fixture::alerts;

    #[test]
    fn a_title_names_the_rule_and_its_alerts_once() {
        let [first, second] = alerts();
        let name = first.name();
        assert_eq!(title("Down", &[]), "Down");
        assert_eq!(title("Down", &[&first, &first]), format!("Down: {name}"));
        assert_eq!(title(&name, &[&first]), name);
        assert_eq!(title(&name, &[&first, &second]), format!("{name}: {name}, {}", second.name()));
    }
}
