//! Which notice for which fact, to whom, in which lane.

use super::NoticeKind;
use super::asked;
use super::builtin::{self, Reader, compose};
use super::layout::{Part, Place, Thread, brief, show};
use super::obs;
use super::personal::{Concerned, address, concerned};
use super::telling::{About, Audience, Telling, changes_board, comes_and_goes, gives_way, is_end, may_wait, telling};
use super::template::{self, TemplateFailure, Text};
use super::webhook;
use crate::alert::Alert;
use crate::delivery::{Addressee, Content, Lane};
use crate::directory::Directory;
use crate::incident::{Entry, Fact, Incident};
use crate::policy::{Policy, ReceiverKind, ReceiverSpec};
use chrono::{DateTime, Utc};

/// Most alerts named in one notice; the others are counted.
pub const ALERTS_SHOWN_MAX: usize = 20;

/// What one step of the engine did to one incident.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What is in force.
    pub policy: &'a Policy,
    /// Who is there.
    pub directory: &'a Directory,
    /// The incident, after the facts were applied.
    pub incident: &'a Incident,
    /// New entries of this incident in this step, in order; may be empty when `tell_alerts` is set.
    pub entries: &'a [Entry],
    /// Attached alerts, firing first, at most [`ALERTS_SHOWN_MAX`].
    pub alerts: &'a [&'a Alert],
    /// Whether changed alerts are due to be told, and not only shown on the board.
    pub tell_alerts: bool,
    /// Whether somebody whose role anyone could have taken was heard of again: the board still says so.
    pub heard_again: bool,
    /// The time of the step.
    pub at: DateTime<Utc>,
}

/// What must be told, and what went wrong in writing it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Planned {
    /// In the order they are to leave.
    pub deliveries: Vec<NewDelivery>,
    /// Templates that failed; the built-in words stand in the deliveries.
    pub failures: Vec<TemplateFailure>,
}

/// A delivery without the numbers that the engine gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// To whom.
    pub receiver: String,
    /// Which kind of lane it stands in.
    pub lane: Lane,
    /// What it tells.
    pub notice: NoticeKind,
    /// Same on every attempt, different for every notice.
    pub key: String,
    /// Which person, in the lane [`Lane::Direct`].
    pub to: Option<Addressee>,
    /// The words, escaped for the receiver.
    pub content: Content,
    /// The same in a line.
    pub brief: String,
    /// Whether it may wait.
    pub calm: bool,
}

/// Says what one step of the engine must tell to whom, in full words.
pub fn plan(scene: &Scene<'_>) -> Planned {
    let mut planned = Planned::default();
    let mut told = false;
    for (at, entry) in scene.entries.iter().enumerate() {
        let Some(telling) = telling(entry) else { continue };
        let seat = Seat::Entry(entry.number);
        if gives_way(&entry.fact, scene.entries.get(at + 1)) {
            tell_people(scene, &telling, seat, &mut planned);
            continue;
        }
        told |= telling.audience == Audience::Everyone;
        tell(scene, &telling, seat, &mut planned);
    }
    // Every other notice of this step says how many alerts fire, too.
    if scene.tell_alerts && !told && scene.incident.stage.is_open() {
        let (telling, seat) = alerts_telling(scene);
        tell(scene, &telling, seat, &mut planned);
    }
    show_board(scene, &mut planned);
    for (spec, number) in obs::withdrawn(scene) {
        let telling =
            Telling { kind: NoticeKind::LastBoard, about: About::Board, audience: Audience::Everyone, actor: None };
        let letter = Letter { spec, lane: Lane::Put, to: None };
        let delivery = write(scene, &telling, Seat::Entry(number), letter, &mut planned.failures);
        planned.deliveries.push(delivery);
    }
    planned
}

// What tells a notice of one kind from the next one.
#[derive(Debug, Clone, Copy)]
enum Seat {
    // The entry it tells.
    Entry(u32),
    // No entry tells it: the time does.
    Time(DateTime<Utc>),
}

fn alerts_telling<'a>(scene: &Scene<'a>) -> (Telling<'a>, Seat) {
    let changed = scene.entries.iter().rev().find_map(|entry| match &entry.fact {
        Fact::Alerts(changed) => Some((changed, entry.number)),
        _ => None,
    });
    let telling = Telling {
        kind: NoticeKind::Updated,
        about: About::Alerts(changed.map(|(changed, _)| changed)),
        audience: Audience::Team,
        actor: None,
    };
    (telling, changed.map_or(Seat::Time(scene.at), |(_, number)| Seat::Entry(number)))
}

fn tell(scene: &Scene<'_>, telling: &Telling<'_>, seat: Seat, planned: &mut Planned) {
    let readers = readers(scene, telling, seat);
    for (spec, telling) in in_place_of_others(scene, telling, &readers) {
        let letter = Letter { spec, lane: Lane::Direct, to: None };
        planned.deliveries.push(write(scene, &telling, seat, letter, &mut planned.failures));
    }
    for (spec, lane) in readers {
        let telling = match (lane, telling.kind) {
            // The first they hear of it: everything, and not only that it is real.
            (Lane::Root, NoticeKind::Confirmed | NoticeKind::Reopened) => {
                Telling { kind: NoticeKind::Confirmed, about: About::Alarm, ..*telling }
            }
            (Lane::Root, _) => joining(telling),
            _ if spec.kind != ReceiverKind::Obs && told_already(scene, telling, spec, planned) => continue,
            _ => *telling,
        };
        let one_message = || obs::shown(scene, spec, &telling, lane, &planned.deliveries);
        let shown = if spec.kind == ReceiverKind::Obs { one_message() } else { Some((telling, lane)) };
        let Some((telling, lane)) = shown else { continue };
        let delivery = write(scene, &telling, seat, Letter { spec, lane, to: None }, &mut planned.failures);
        planned.deliveries.push(delivery);
    }
    tell_people(scene, telling, seat, planned);
}

// Whoever comes with a part hears everything that is known.
fn joining<'a>(telling: &Telling<'a>) -> Telling<'a> {
    match telling.about {
        About::Absorbed { from, title, public } => {
            Telling { kind: NoticeKind::Declared, about: About::Joined { from, title, public }, ..*telling }
        }
        _ => *telling,
    }
}

// The first notice of this step says how bad and how real it is.
fn told_already(scene: &Scene<'_>, telling: &Telling<'_>, spec: &ReceiverSpec, planned: &Planned) -> bool {
    let joins = scene.incident.room.joined.contains_key(&spec.name);
    let is_root = |new: &NewDelivery| new.receiver == spec.name && new.lane == Lane::Root;
    matches!(telling.about, About::Confirmed(_) | About::Severity { .. })
        && joins
        && planned.deliveries.iter().any(is_root)
}

// Whom it concerns hears of it in person too, wherever they can be reached.
fn tell_people(scene: &Scene<'_>, telling: &Telling<'_>, seat: Seat, planned: &mut Planned) {
    let specs: Vec<&ReceiverSpec> = scene.policy.source.receivers.iter().filter(|spec| spec.personal).collect();
    if specs.is_empty() {
        return;
    }
    for concerned in concerned(scene, telling) {
        let telling = match telling.about {
            About::Asked(_) => Telling { about: About::Asked(&concerned.asked), ..*telling },
            _ => *telling,
        };
        for spec in &specs {
            let Some(to) = address(spec.kind, concerned.person) else { continue };
            let letter = Letter { spec, lane: Lane::Direct, to: Some((&concerned, to)) };
            let delivery = write(scene, &telling, seat, letter, &mut planned.failures);
            planned.deliveries.push(delivery);
        }
    }
}

// Who is told, and whether it is the first they hear of this incident.
fn readers<'a>(scene: &Scene<'a>, telling: &Telling<'_>, seat: Seat) -> Vec<(&'a ReceiverSpec, Lane)> {
    let standing = |spec: &'a ReceiverSpec| Some((spec, lane(scene.incident, spec, telling.kind, seat)?));
    let known: Vec<_> = specs(scene).filter_map(standing).collect();
    let team = |(spec, _): &&(&'a ReceiverSpec, Lane)| !spec.public;
    match telling.audience {
        Audience::Everyone => known,
        Audience::Team => chosen(scene, telling, known.iter().filter(team).copied().collect()),
        Audience::Talk => {
            let talks = known.iter().any(|(spec, _)| !spec.public && asked::talks(spec));
            known.iter().filter(team).filter(|(spec, _)| !talks || spec.kind != ReceiverKind::Email).copied().collect()
        }
        Audience::OthersThan(lost) => {
            let others: Vec<_> = known.into_iter().filter(|(spec, _)| spec.name != lost).collect();
            let colleagues: Vec<_> = others.iter().filter(team).copied().collect();
            if colleagues.is_empty() { others } else { colleagues }
        }
    }
}

// Whoever stands in for a receiver that takes nothing now: once everything that is known, and then each word to everyone.
fn in_place_of_others<'a>(
    scene: &Scene<'a>,
    telling: &Telling<'a>,
    told: &[(&'a ReceiverSpec, Lane)],
) -> Vec<(&'a ReceiverSpec, Telling<'a>)> {
    let (absent, telling): (Vec<&str>, _) = match telling.about {
        About::Blocked { receiver, because, .. } | About::Lost { receiver, because, person: None, .. } => {
            (vec![receiver], Telling { about: About::InPlaceOf { receiver, because }, ..*telling })
        }
        _ if telling.audience == Audience::Everyone => {
            (scene.incident.stood_in_for.iter().map(String::as_str).collect(), *telling)
        }
        _ => return Vec::new(),
    };
    let mut found: Vec<(&ReceiverSpec, Telling<'_>)> = Vec::new();
    for name in absent {
        let stand_in = scene.policy.source.fallbacks.get(name).and_then(|name| scene.policy.receiver(name));
        let Some(spec) = stand_in.filter(|spec| spec.is_routed()) else { continue };
        let may_know = !spec.public || scene.incident.public_from.is_some();
        let known = told.iter().any(|(told, _)| told.name == spec.name)
            || found.iter().any(|(found, _)| found.name == spec.name)
            || scene.incident.receivers.contains(&spec.name);
        if may_know && !known {
            found.push((spec, telling));
        }
    }
    found
}

// Of a post mortem only those are told that were named for it, if any of them is told of this incident.
fn chosen<'a>(
    scene: &Scene<'a>,
    telling: &Telling<'_>,
    team: Vec<(&'a ReceiverSpec, Lane)>,
) -> Vec<(&'a ReceiverSpec, Lane)> {
    let named = &scene.policy.source.postmortem.remind;
    let is_named = |(spec, _): &&(&'a ReceiverSpec, Lane)| named.contains(&spec.name);
    match telling.about {
        About::PostMortemDue(..) if team.iter().any(|one| is_named(&one)) => {
            team.iter().filter(is_named).copied().collect()
        }
        _ => team,
    }
}

fn specs<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a ReceiverSpec> + use<'a> {
    let (policy, incident) = (scene.policy, scene.incident);
    // One that has become personal since then writes to people only, a blog takes posts only.
    incident.receivers.iter().filter_map(|name| policy.receiver(name)).filter(|spec| spec.is_routed())
}

fn lane(incident: &Incident, spec: &ReceiverSpec, kind: NoticeKind, seat: Seat) -> Option<Lane> {
    let (number, tells) = match seat {
        Seat::Entry(number) => (number, true),
        Seat::Time(_) => (incident.entries, false),
    };
    // Suspected only: not for the public.
    let public_from = if spec.public { Some(incident.public_from?) } else { None };
    // Who came with a part of it has heard nothing of it before.
    match incident.room.joined.get(&spec.name).copied().max(public_from) {
        None => Some(if kind == NoticeKind::Declared { Lane::Root } else { Lane::Post }),
        Some(from) if from == number && tells => Some(Lane::Root),
        Some(from) if from <= number => Some(Lane::Post),
        Some(_) => None,
    }
}

fn show_board(scene: &Scene<'_>, planned: &mut Planned) {
    // While alerts come and go, the board follows them as slowly as people hear of them.
    let collapsed = |fact: &Fact| scene.incident.flapping_since.is_some() && comes_and_goes(fact);
    let shown = |fact: &Fact| changes_board(fact) && !collapsed(fact);
    let changed = scene.tell_alerts || scene.heard_again || scene.entries.iter().any(|entry| shown(&entry.fact));
    let ends_now = scene.entries.iter().any(|entry| is_end(&entry.fact));
    if !changed || !(scene.incident.stage.is_open() || ends_now) {
        return;
    }
    let kind = if scene.incident.stage.is_open() { NoticeKind::Board } else { NoticeKind::LastBoard };
    let telling = Telling { kind, about: About::Board, audience: Audience::Everyone, actor: None };
    let seat = scene.entries.last().map_or(Seat::Time(scene.at), |entry| Seat::Entry(entry.number));
    for (spec, _) in readers(scene, &telling, seat) {
        let rooted_now = planned.deliveries.iter().any(|new| new.receiver == spec.name && new.lane == Lane::Root);
        let has_board = spec.kind.has_board() && !(rooted_now && spec.kind.board_is_root());
        if has_board || obs::is_edited(scene, spec, &planned.deliveries) {
            let letter = Letter { spec, lane: Lane::Put, to: None };
            let delivery = write(scene, &telling, seat, letter, &mut planned.failures);
            planned.deliveries.push(delivery);
        }
    }
}

// To whom, and in which lane.
struct Letter<'a> {
    spec: &'a ReceiverSpec,
    lane: Lane,
    to: Option<(&'a Concerned<'a>, Addressee)>,
}

fn write(
    scene: &Scene<'_>,
    telling: &Telling<'_>,
    seat: Seat,
    letter: Letter<'_>,
    failures: &mut Vec<TemplateFailure>,
) -> NewDelivery {
    let Letter { spec, lane, to } = letter;
    let mut message = compose(scene, telling, reader(spec));
    let stage = template::stage(scene, telling, spec);
    match template::write(scene, telling, spec, lane) {
        None => {}
        Some(Ok(text)) => {
            // What is cut there is found on the page.
            let page = (spec.kind == ReceiverKind::Irc).then(|| builtin::page(scene));
            message.headline = text.headline.clone().unwrap_or(message.headline);
            message.parts = around(scene.incident, telling, text);
            message.parts.extend(page);
        }
        Some(Err(failure)) => {
            message.parts.push(Part::Words(format!(
                "The template {} failed ({}); these are the built-in words.",
                failure.template, failure.because
            )));
            if !failures.contains(&failure) {
                failures.push(failure);
            }
        }
    }
    let mut key = key(scene.incident, telling.kind, seat, &spec.name);
    if let Some((concerned, _)) = &to {
        // That it is a drill stands before everything else.
        let at = usize::from(scene.incident.drill);
        let at = at.min(message.parts.len());
        message.parts.splice(at..at, concerned.lead.iter().cloned());
        key = format!("{key}.{}", concerned.person.name);
    }
    message.spell(&scene.policy.spelling(&spec.name));
    // A mail program adds the `Re:` where a person was told before.
    let place = match lane {
        Lane::Root | Lane::Direct => Place::Root,
        Lane::Post => Place::Reply,
        Lane::Put => Place::Board,
    };
    NewDelivery {
        receiver: spec.name.clone(),
        lane,
        notice: telling.kind,
        key,
        to: to.map(|(_, to)| to),
        brief: brief(spec.kind, &message),
        calm: lane == Lane::Post && may_wait(telling, scene.incident.severity),
        content: match spec.kind {
            ReceiverKind::Obs => obs::content(scene, spec, &message),
            _ => content(
                scene,
                telling.kind,
                spec,
                show(spec, &message, &Thread { incident: scene.incident, stage: &stage, place }),
            ),
        },
    }
}

// Where a program reads it, the words are a part of more.
fn content(scene: &Scene<'_>, kind: NoticeKind, spec: &ReceiverSpec, words: Content) -> Content {
    match spec.kind {
        ReceiverKind::Webhook => webhook::notice(scene, kind, reader(spec), words),
        _ => words,
    }
}

fn reader(spec: &ReceiverSpec) -> Reader {
    if spec.public { Reader::Public } else { Reader::Team }
}

// A template says what its author wanted; that it is a drill, and what proves the record, is not for them to leave out.
fn around(incident: &Incident, telling: &Telling<'_>, text: Text) -> Vec<Part> {
    let has_record = incident.audit_head.is_some_and(|head| text.body.contains(&head.hash.first()));
    let record = builtin::record(incident, telling).filter(|_| !has_record);
    let drill = builtin::drill(incident).map(|drill| text.drill.map_or(drill, Part::Words));
    drill.into_iter().chain([Part::Ready(text.body)]).chain(record).collect()
}

fn key(incident: &Incident, kind: NoticeKind, seat: Seat, receiver: &str) -> String {
    let seat = match seat {
        Seat::Entry(number) => number.to_string(),
        Seat::Time(at) => format!("t{}", at.timestamp_millis()),
    };
    format!("inc-{}.{}.{seat}.{receiver}", incident.id.0, kind.word())
}
