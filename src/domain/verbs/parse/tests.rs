//! What people type, and what comes of it.

mod random;

use super::{Arguments, Asked, parse, parse_arguments};
use crate::ids::IncidentId;
use crate::verbs::context::{Context, Open};
use crate::verbs::rows::ROWS;
use crate::verbs::{Spelling, Verb};

fn open(numbers: &[u64]) -> Vec<Open> {
    numbers.iter().map(|number| Open { incident: IncidentId(*number), title: format!("Title {number}") }).collect()
}

fn context(spelling: Spelling, numbers: &[u64], thread: Option<u64>) -> Context {
    Context { open: open(numbers), thread: thread.map(IncidentId), ..Context::new(spelling) }
}

fn chat(numbers: &[u64]) -> Context {
    context(Spelling::chat("!incident"), numbers, None)
}

/// What came of a line: the act as it is stored, or what was asked, or what people are told.
fn read(line: &str, context: &Context) -> String {
    match parse(line, context) {
        Ok(Asked::Act { incident, act }) => {
            let act = serde_json::to_string(&act).unwrap().replace('"', "");
            format!("{} {act}", incident.map_or_else(|| "-".to_owned(), |incident| incident.0.to_string()))
        }
        Ok(Asked::Read(question)) => format!("{question:?}"),
        Err(trouble) => format!("? {}", trouble.words(&context.spelling)),
    }
}

fn check(context: &Context, lines: &[(&str, &str)]) {
    for (line, expected) in lines {
        assert_eq!(read(line, context), *expected, "{line}");
    }
}

#[test]
fn every_verb_reads_what_people_write() {
    check(
        &chat(&[42]),
        &[
            ("declare Downloads are slow", "- {verb:declare,title:Downloads are slow}"),
            (
                "declare Downloads are slow sev=critical impact=\"all of Asia\" team=web --drill",
                "- {verb:declare,title:Downloads are slow,severity:critical,impact:all of Asia,labels:{team:web},drill:true}",
            ),
            ("Declare \"code=500 for all\" —drill", "- {verb:declare,title:code=500 for all,drill:true}"),
            ("declare a=b is wrong in c", "- {verb:declare,title:a=b is wrong in c}"),
            ("declare #41 is back", "- {verb:declare,title:#41 is back}"),
            ("ack", "42 {verb:ack}"),
            ("ack #42 I look", "42 {verb:ack,text:I look}"),
            ("confirm INC-42", "42 {verb:confirm}"),
            ("take", "42 {verb:take,role:incident_manager}"),
            ("take Operations", "42 {verb:take,role:operations}"),
            ("take operations #41", "41 {verb:take,role:operations}"),
            ("#41 take incident manager", "41 {verb:take,role:incident_manager}"),
            ("assign operations @bert", "42 {verb:assign,role:operations,person:bert}"),
            ("handover #41 incident manager to carla", "41 {verb:hand_over,role:incident_manager,person:carla}"),
            ("accept", "42 {verb:accept}"),
            ("decline communications", "42 {verb:decline,role:communications}"),
            ("update It's \"back\", for now. ", "42 {verb:update,text:It's \\back\\, for now.}"),
            ("update “All is well” next=20m", "42 {verb:update,text:All is well,next_in:20m}"),
            (
                "update All is well --next 1h --impact=nobody",
                "42 {verb:update,text:All is well,impact:nobody,next_in:1h}",
            ),
            ("update set next=20m in the file", "42 {verb:update,text:set next=20m in the file}"),
            ("note #41: see\nbelow", "41 {verb:note,text:see\\nbelow}"),
            ("edit summary It hangs", "42 {verb:edit,part:summary,text:It hangs}"),
            ("edit 41 exit-criteria \"\" version=7", "41 {verb:edit,part:exit_criteria,text:,version:7}"),
            ("impact #41 everyone", "41 {verb:edit,part:impact,text:everyone}"),
            ("todo ask @bert first", "42 {verb:todo,text:ask @bert first}"),
            ("todo ask bert @carla", "42 {verb:todo,text:ask bert,owner:carla}"),
            ("done 3", "42 {verb:done,todo:3}"),
            ("done #41 3", "41 {verb:done,todo:3}"),
            ("done 41 3", "41 {verb:done,todo:3}"),
            ("severity critical", "42 {verb:severity,to:critical}"),
            ("sev 41 Minor only uploads", "41 {verb:severity,to:minor,text:only uploads}"),
            ("severity critical #41", "41 {verb:severity,to:critical}"),
            ("false-alarm planned_work we restart", "42 {verb:call_off,code:planned-work,reason:we restart}"),
            ("calloff 41 duplicate #42 covers it", "41 {verb:call_off,code:duplicate,reason:#42 covers it}"),
            ("resolve 41", "41 {verb:resolve}"),
            ("resolve rebooted", "42 {verb:resolve,text:rebooted}"),
            ("reopen #41 it hangs", "41 {verb:reopen,text:it hangs}"),
            ("merge #43 into #42", "43 {verb:merge,into:42}"),
            ("merge 43 42 the same switch", "43 {verb:merge,into:42,text:the same switch}"),
            ("#43 merge into #42", "43 {verb:merge,into:42}"),
            ("merge into #41", "42 {verb:merge,into:41}"),
            (
                "split Uploads fail alertname=Up instance=~\"a|b\"",
                "42 {verb:split,title:Uploads fail,matchers:[alertname=\\Up\\,instance=~\\a|b\\]}",
            ),
            ("follow", "42 {verb:follow}"),
            ("unfollow 41", "41 {verb:unfollow}"),
            ("undo", "42 {verb:undo}"),
            ("adopt 17", "- {verb:adopt,alert:17}"),
        ],
    );
}

#[test]
fn questions_are_told_apart_from_acts() {
    check(
        &chat(&[42]),
        &[
            ("", "Help(None)"),
            ("help", "Help(None)"),
            ("help call-off", "Help(Some(CallOff))"),
            ("help summary", "Help(Some(Edit))"),
            ("take --help", "Help(Some(Take))"),
            ("list", "List(Open)"),
            ("LS All", "List(All)"),
            ("show", "Show(IncidentId(42))"),
            ("#7", "Show(IncidentId(7))"),
            ("why inc-7", "Why(Some(IncidentId(7)))"),
            ("!incident show", "Show(IncidentId(42))"),
            ("earlybell incident show 7", "Show(IncidentId(7))"),
        ],
    );
    check(&chat(&[]), &[("why", "Why(None)"), ("list closed", "List(Closed)")]);
}

#[test]
fn the_incident_is_asked_back_where_it_is_not_clear() {
    check(
        &chat(&[43, 42]),
        &[
            (
                "take operations",
                "? 2 incidents are open; say which:\n`!incident take #43 operations` — Title 43\n`!incident take #42 operations` — Title 42",
            ),
            (
                "merge #42",
                "? say which one is part of which: `!incident merge [#42] into #41 [why…]`, as in `!incident merge #43 #42 the same switch`",
            ),
            ("merge into #42", "43 {verb:merge,into:42}"),
            (
                "reopen",
                "? say which incident: `!incident reopen #42`; `!incident list closed` shows those that are over",
            ),
            (
                "note 42 hosts are down",
                "? is 42 the incident, or does the text begin so? write `!incident note #42 hosts are down` or `!incident note \"42 hosts are down\"`",
            ),
            ("note #43 42 hosts are down", "43 {verb:note,text:42 hosts are down}"),
        ],
    );
    check(
        &chat(&[]),
        &[
            ("resolve", "? no incident is open; `!incident declare what is going on` declares one"),
            ("note “5 hosts are down”", "? no incident is open; `!incident declare what is going on` declares one"),
        ],
    );
    let many: Vec<u64> = (1..=30).collect();
    let asked = read(&format!("note {}", "x".repeat(200)), &chat(&many));
    assert!(asked.ends_with("` — Title 10\n… and 20 more: `!incident list`") && asked.lines().count() == 12, "{asked}");
}

#[test]
fn a_thread_says_which() {
    let thread = context(Spelling::chat("/incident"), &[43, 42], Some(41));
    check(
        &thread,
        &[
            ("note it began at noon", "41 {verb:note,text:it began at noon}"),
            ("reopen", "41 {verb:reopen}"),
            ("take #43", "43 {verb:take,role:incident_manager}"),
            ("merge #42", "41 {verb:merge,into:42}"),
            ("merge #43 into #42", "43 {verb:merge,into:42}"),
            ("show", "Show(IncidentId(41))"),
            (
                "merge into #41",
                "? 2 incidents are open; say which:\n`/incident merge #43 into #41` — Title 43\n`/incident merge #42 into #41` — Title 42",
            ),
        ],
    );
}

#[test]
fn undo_is_about_what_was_done_last() {
    let after = Context { last: Some(IncidentId(7)), ..chat(&[43, 42]) };
    check(&after, &[("undo", "7 {verb:undo}"), ("undo #42", "42 {verb:undo}")]);
    let thread = Context { thread: Some(IncidentId(9)), ..after };
    check(&thread, &[("undo", "9 {verb:undo}")]);
}

#[test]
fn what_is_wrong_is_told_with_what_to_type() {
    check(
        &chat(&[42]),
        &[
            ("tkae ops", "? unknown verb `tkae`; did you mean `take`? `!incident help` shows how they are used"),
            ("close #42", "? there is no `close` here; write `resolve` if it is over, or `calloff` if it was nothing"),
            (
                "severity critcal",
                "? unknown severity `critcal`; did you mean `critical`? `!incident severity [#42] minor|major|critical [why…]`, as in `!incident severity #42 minor only uploads are affected`",
            ),
            (
                "calloff it was nothing",
                "? unknown code `it`; known: duplicate, flapping, planned-work, monitoring-fault, no-user-impact, test, other: `!incident calloff [#42] code reason…`, as in `!incident calloff #42 monitoring-fault the certificate of the probe had expired`",
            ),
            (
                "calloff flapping",
                "? say the reason, which everyone who saw the alarm is told: `!incident calloff [#42] code reason…`, as in `!incident calloff #42 monitoring-fault the certificate of the probe had expired`",
            ),
            (
                "update x next=soon",
                "? not a duration: `soon`; write for example 30s, 5m, 1h30m or 2d: `!incident update [#42] text…`, as in `!incident update #42 Half of the users are back next=20m`",
            ),
            ("follow me", "? `me` is more than follow takes: `!incident follow [#42]`, as in `!incident follow #42`"),
            (
                "edit colour red",
                "? unknown part `colour`; known: summary, impact, exit-criteria, links: `!incident edit [#42] summary|impact|exit-criteria|links text…`, as in `!incident links #42 \"\"`",
            ),
            (
                "note",
                "? say the text: `!incident note [#42] text…`, as in `!incident note #42 the signing host does not answer`",
            ),
            (
                "split Uploads",
                "? say which alerts it takes along, as alertname=UploadErrors: `!incident split [#42] title… label=value…`, as in `!incident split #42 Mirrors are down instance=~\"mirror.*\"`",
            ),
            (
                "split Uploads a=~\"(\"",
                "? not a matcher: `a=~\"(\"`: error parsing regexp: missing closing ): `^(?:()$`: `!incident split [#42] title… label=value…`, as in `!incident split #42 Mirrors are down instance=~\"mirror.*\"`",
            ),
            (
                "assign bert",
                "? say the role and the person: `!incident assign [#42] role person`, as in `!incident assign #42 operations bert`",
            ),
            (
                "done it",
                "? a to-do is named by its number, as 3: `!incident done [#42] number`, as in `!incident done #42 3`",
            ),
            ("show it", "? `it` is more than show takes: `!incident show [#42]`, as in `!incident show #42`"),
        ],
    );
    let long = "x".repeat(super::LINE_BYTES_MAX + 1);
    assert_eq!(read(&long, &chat(&[])), "? this has 16385 bytes, and a command at most 16384; say it shorter");
}

#[test]
fn a_shell_splits_words_and_writes_numbers_without_a_sign() {
    let cli = context(Spelling::cli(), &[43, 42], None);
    let said = |verb: &str, words: &[&str], options: &[(&str, &str)]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        match parse_arguments(&Arguments { verb: verb.to_owned(), words, options }, &cli) {
            Ok(Asked::Act { incident, act }) => format!("{incident:?} {}", serde_json::to_string(&act).unwrap()),
            Ok(Asked::Read(question)) => format!("{question:?}"),
            Err(trouble) => trouble.words(&cli.spelling),
        }
    };
    assert_eq!(
        said("note", &["42", "5", "hosts"], &[]),
        "Some(IncidentId(42)) {\"verb\":\"note\",\"text\":\"5 hosts\"}"
    );
    assert_eq!(
        said("update", &["42", "All is well"], &[("next", "20m")]),
        "Some(IncidentId(42)) {\"verb\":\"update\",\"text\":\"All is well\",\"next_in\":\"20m\"}"
    );
    assert_eq!(
        said("declare", &["code=500 for all"], &[("label", "team=web"), ("drill", "")]),
        "None {\"verb\":\"declare\",\"title\":\"code=500 for all\",\"labels\":{\"team\":\"web\"},\"drill\":true}"
    );
    assert_eq!(
        said("take", &["operations"], &[]),
        "2 incidents are open; say which:\n`earlybell incident take 43 operations` — Title 43\n`earlybell incident take 42 operations` — Title 42"
    );
    assert_eq!(said("merge", &["43"], &[("into", "42")]), "Some(IncidentId(43)) {\"verb\":\"merge\",\"into\":42}");
    assert_eq!(
        said("note", &["42 hosts are down"], &[]).lines().next(),
        Some("2 incidents are open; say which:"),
        "one argument is a text"
    );
    assert_eq!(
        said("update", &["42", "x"], &[("nxt", "20m")]),
        "unknown option `nxt`; did you mean `next`? `earlybell incident update [42] text…`, as in `earlybell incident update 42 Half of the users are back next=20m`"
    );
    assert_eq!(
        said("update", &["42", "x"], &[("next", "20m"), ("next", "5m")]),
        "Some(IncidentId(42)) {\"verb\":\"update\",\"text\":\"x\",\"next_in\":\"5m\"}",
        "what is said last counts"
    );
    let long = "x".repeat(super::LINE_BYTES_MAX);
    assert_eq!(said("note", &[&long], &[]), "this has 16385 bytes, and a command at most 16384; say it shorter");
}

#[test]
fn every_example_of_the_table_is_understood() {
    for row in ROWS {
        for example in row.examples {
            for spelling in [Spelling::chat(""), Spelling::chat("/incident"), Spelling::cli()] {
                let line = spelling.written(example);
                let asked = parse(&line, &context(spelling, &[42], None));
                let verb = match &asked {
                    Ok(Asked::Act { act, .. }) => Some(Verb::of(act)),
                    Ok(Asked::Read(question)) => Some(question.verb()),
                    Err(_) => None,
                };
                assert_eq!(verb, Some(row.verb), "{line}: {asked:?}");
            }
        }
    }
}
