//! The chain holds, and says where it does not.

use super::diff::{cut, diff};
use super::*;
use crate::incident::{Act, CallOffCode, Severity};
use chrono::TimeDelta;

fn record(number: u64) -> Record {
    Record {
        number,
        at: DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + number.cast_signed() / 2),
        input: InputSeq(number * 3),
        actor: Actor::person("ada", Surface::Slack),
        access: Some(Role::Manager),
        what: "severity critical".to_owned(),
        incident: Some(IncidentId(42)),
        changes: vec![Difference::new("severity", "major", "critical"), Difference::new("entries", "4", "5")],
        outcome: Outcome::Done,
    }
}

fn chain(length: u64) -> Vec<Sealed> {
    let mut head = Head::default();
    (1..=length)
        .map(|number| {
            let sealed = head.seal(record(number));
            head = sealed.head();
            sealed
        })
        .collect()
}

fn check(records: &[Sealed], written: Head) -> Result<(), Break> {
    let mut chain = Chain::knowing(vec![written.into()]);
    records.iter().try_for_each(|record| chain.check(record))?;
    chain.end()
}

fn number_of(found: &Break) -> u64 {
    match found {
        Break::Missing { expected: number, .. }
        | Break::OutOfOrder { found: number, .. }
        | Break::Changed { number, .. }
        | Break::Backwards { number }
        | Break::CutOff { found: number, .. }
        | Break::NotKnown { number, .. } => *number,
    }
}

// Everything that can be changed in a record, one after the other.
fn forgeries(original: &Record) -> Vec<(&'static str, Record)> {
    let of = |change: fn(&mut Record)| {
        let mut forged = original.clone();
        change(&mut forged);
        forged
    };
    vec![
        ("at", of(|r| r.at += TimeDelta::microseconds(1))),
        ("input", of(|r| r.input.0 += 1)),
        ("name", of(|r| r.actor = Actor::person("bob", Surface::Slack))),
        ("surface", of(|r| r.actor = Actor::person("ada", Surface::Irc))),
        ("nobody", of(|r| r.actor = Actor::Rule)),
        ("access", of(|r| r.access = Some(Role::Admin))),
        ("no access", of(|r| r.access = None)),
        ("what", of(|r| r.what.push('!'))),
        ("incident", of(|r| r.incident = Some(IncidentId(41)))),
        ("no incident", of(|r| r.incident = None)),
        ("refused", of(|r| r.outcome = Outcome::Refused { because: String::new() })),
        ("because", of(|r| r.outcome = Outcome::Refused { because: "no".to_owned() })),
        ("field", of(|r| r.changes[0].field = "title".to_owned())),
        ("before", of(|r| r.changes[0].before = "minor".to_owned())),
        ("after", of(|r| r.changes[1].after = "6".to_owned())),
        ("a change less", of(|r| drop(r.changes.pop()))),
        ("a change more", of(|r| r.changes.push(Difference::new("a", "b", "c")))),
        ("changes swapped", of(|r| r.changes.swap(0, 1))),
        // The lengths are hashed: a border between two texts can't be moved.
        (
            "moved border",
            of(|r| {
                r.changes[0].field = "severitym".to_owned();
                r.changes[0].before = "ajor".to_owned();
            }),
        ),
    ]
}

#[test]
fn a_chain_that_was_left_alone_holds() {
    let records = chain(50);
    assert_eq!(check(&records, records[49].head()), Ok(()));
    assert_eq!(check(&[], Head::default()), Ok(()));
}

#[test]
fn whatever_is_changed_in_a_record_is_found_there() {
    let records = chain(9);
    for (what, forged) in forgeries(&records[4].record) {
        let mut changed = records.clone();
        changed[4].record = forged.clone();
        let found = check(&changed, records[8].head()).unwrap_err();
        assert!(matches!(found, Break::Changed { number: 5, .. }), "{what}: {found}");
        // With its hash made anew, the next one does not follow any more.
        changed[4] = records[3].head().seal(forged);
        let found = check(&changed, records[8].head()).unwrap_err();
        assert!(matches!(found, Break::Changed { number: 6, .. }), "{what}: {found}");
    }
}

#[test]
fn a_chain_made_anew_from_a_record_on_is_not_the_one_that_was_published() {
    let records = chain(6);
    let mut forged = records[..3].to_vec();
    for original in &records[3..] {
        let record = Record { what: "nothing".to_owned(), ..original.record.clone() };
        forged.push(forged[forged.len() - 1].head().seal(record));
    }
    assert_eq!(check(&forged, Head::default()), Ok(()), "it holds in itself");
    assert!(matches!(check(&forged, records[5].head()), Err(Break::NotKnown { number: 6, .. })));
    // Any record behind the forged one tells, by what a notice says of it.
    let words = records[4].head().words().unwrap();
    let mut chain = Chain::knowing(vec![Known::parse(&format!("Record: {words}")).unwrap()]);
    let found = forged.iter().try_for_each(|record| chain.check(record)).unwrap_err();
    let (is, known) = (forged[4].hash.first(), records[4].hash.first());
    let text = format!("record 5 is not the one that was written: its hash is {is}…, known is {known}");
    assert_eq!(found.to_string(), text);
}

#[test]
fn what_is_removed_doubled_swapped_or_put_in_is_found() {
    let records = chain(8);
    let head = records[7].head();
    let broken = |edit: fn(&mut Vec<Sealed>)| {
        let mut edited = records.clone();
        edit(&mut edited);
        let found = check(&edited, head).unwrap_err();
        (number_of(&found), found.to_string())
    };
    let (number, text) = broken(|records| drop(records.remove(3)));
    assert_eq!((number, text.as_str()), (4, "record 4 is missing: 3 is followed by 5"));
    let (number, text) = broken(|records| drop(records.remove(0)));
    assert_eq!((number, text.as_str()), (1, "record 1 is missing: the beginning is followed by 2"));
    let (number, text) = broken(|records| records.truncate(6));
    assert_eq!((number, text.as_str()), (6, "records up to 8 were written, and are missing at the end: 6 is the last"));
    assert_eq!(broken(|records| records.insert(3, records[2].clone())).0, 3);
    assert_eq!(broken(|records| records.swap(2, 3)).0, 3);
    // Put in between, everything behind it renumbered, the hashes left alone.
    let (number, _) = broken(|records| {
        records.insert(3, records[2].head().seal(record(4)));
        records.iter_mut().zip(1..).for_each(|(sealed, number)| sealed.record.number = number);
    });
    assert_eq!(number, 5);
}

#[test]
fn time_never_runs_backwards() {
    let first = Head::default().seal(record(1));
    let earlier = Record { at: first.record.at - TimeDelta::seconds(1), ..record(2) };
    let second = first.head().seal(earlier);
    assert_eq!(check(&[first, second.clone()], second.head()), Err(Break::Backwards { number: 2 }));
}

#[test]
fn the_bytes_are_those_that_the_documentation_works_out() {
    // The same numbers stand in docs/audit.md, made by another program.
    let record = Record {
        number: 1,
        at: DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000),
        input: InputSeq(7),
        actor: Actor::person("ada", Surface::Cli),
        access: Some(Role::Admin),
        what: "severity critical".to_owned(),
        incident: Some(IncidentId(42)),
        changes: vec![Difference::new("severity", "major", "critical")],
        outcome: Outcome::Done,
    };
    let sealed = Head::default().seal(record);
    assert_eq!(sealed.hash.to_string(), "6a0a873abe3ad83f2b81ebaf3e2067314c69553aa7cef5544276bd2d00be5187");
    assert_eq!(sealed.head().words().unwrap(), format!("audit 1, {}", sealed.hash.first()));
    assert_eq!(Head::default().words(), None);
}

#[test]
fn hashes_and_actors_are_read_back() {
    let hash = canonical::digest("");
    assert_eq!(hash.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
    for wrong in ["", "e3b0", &"g".repeat(64), &"+1".repeat(32), &"ä".repeat(32)] {
        assert_eq!(Hash::parse(wrong), None, "{wrong}");
    }
    let people = [Surface::Api, Surface::Cli, Surface::Web, Surface::Slack, Surface::Irc];
    for known in people.map(|on| Actor::person("ada", on)).into_iter().chain([Actor::Rule]) {
        assert_eq!(actor(known.name().unwrap_or_default(), surface_word(&known)), Some(known));
    }
    assert_eq!(actor("ada", "telephone"), None);
    let known = Some(Known { number: 118, hash: "5f2c9e0a7b3d4c11".to_owned() });
    for text in ["118, 5f2c9e0a7b3d4c11", "118:5F2C9E0A7B3D4C11…", " Record: audit 118, 5f2c9e0a7b3d4c11."] {
        assert_eq!(Known::parse(text), known, "{text}");
    }
    for wrong in ["", "118", "118, 5f2c", "118, 5f2c9e0a 7b3d4c11", "x, 5f2c9e0a7b3d4c11", "118, 5f2c9e0g7b3d4c11"] {
        assert_eq!(Known::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_record_is_read_back_from_json() {
    let sealed = chain(1).remove(0);
    let text = serde_json::to_string(&sealed).unwrap();
    assert_eq!(serde_json::from_str::<Sealed>(&text).unwrap(), sealed);
}

#[test]
fn what_was_asked_for_is_one_line() {
    let line = |act| what(&act);
    let call_off = Act::CallOff { code: CallOffCode::Flapping, reason: "it came\nand went".to_owned() };
    assert_eq!(line(call_off), "calloff flapping; reason: it came and went");
    let severity = Act::Severity { to: Severity::Critical, text: String::new() };
    assert_eq!(line(severity), "severity critical");
    let declare = Act::Declare {
        title: "Downloads fail".to_owned(),
        severity: Some(Severity::Minor),
        impact: "everybody".to_owned(),
        labels: crate::alert::Pairs::labels([("service", "download")]),
        drill: true,
    };
    let words = "declare Downloads fail; severity: minor; impact: everybody; labels: service=download; drill: yes";
    assert_eq!(line(declare), words);
    let long = line(Act::Note { text: "word ".repeat(500) });
    assert!(long.starts_with("note word word") && long.len() < TEXT_BYTES_MAX + 20, "{long}");
    let digest = canonical::digest(&"word ".repeat(500)).first();
    assert!(long.ends_with(&format!("… (2500 bytes, sha256 {digest})")), "{long}");
}

#[test]
fn a_difference_names_what_changed_and_nothing_else() {
    let before = crate::notice::template::fixture::ruled();
    let mut after = before.clone();
    after.severity = Severity::Critical;
    after.room.followers.insert("ada".to_owned());
    let named = Some(before.id);
    let changes = diff(Some(&before), &after, named);
    let was = before.severity.word();
    assert_eq!(changes, [Difference::new("follows ada", "", "yes"), Difference::new("severity", was, "critical")]);
    assert_eq!(diff(Some(&before), &before, named), []);
    let other = diff(Some(&before), &after, None);
    assert!(other.iter().all(|change| change.field.starts_with(&format!("{} ", before.id))), "{other:?}");
    let declared = diff(None, &after, named);
    assert!(declared.iter().all(|change| change.before.is_empty()) && declared.len() > 3, "{declared:?}");
    let many: Vec<Difference> = (0..100).map(|n| Difference::new(&n.to_string(), "", "x")).collect();
    let kept = cut(many);
    assert_eq!((kept.len(), kept[CHANGES_MAX - 1].after.as_str()), (CHANGES_MAX, "37 more changes"));
}
