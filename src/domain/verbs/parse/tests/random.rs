//! Whatever is typed, something is answered; and what is printed is read as the same.

use super::{Asked, chat, context, parse};
use crate::alert::Pairs;
use crate::alert::matcher::MatcherText;
use crate::duration::Duration;
use crate::ids::{AlertId, IncidentId};
use crate::incident::act::{DueDate, ReviewAct};
use crate::incident::review::Shown;
use crate::incident::roles::RoleName;
use crate::incident::room::Part;
use crate::incident::{Act, CallOffCode, Severity};
use crate::verbs::rows::ROWS;
use crate::verbs::{Spelling, print};
use chrono::NaiveDate;

const PIECES: [&str; 40] = [
    "#",
    "#42",
    "INC-",
    "inc-7",
    "42",
    "99999999999999999999999",
    "\"",
    "“",
    "”",
    "„",
    "'",
    "’",
    "\\",
    "=",
    "~",
    "!=",
    "=~",
    "next=",
    "next=1s",
    "--next",
    "—drill",
    "sev=",
    "label=x",
    "version=-1",
    "into",
    "@",
    "@x",
    " ",
    "  ",
    "\n",
    "\u{a0}",
    "\u{202e}",
    "\0",
    "é",
    "🔔",
    "critical",
    "flapping",
    "summary",
    "{}",
    "İ",
];

#[test]
fn nothing_that_is_typed_is_a_panic() {
    let mut random = fastrand::Rng::with_seed(5);
    let contexts = [
        chat(&[]),
        chat(&[42]),
        chat(&[43, 42]),
        context(Spelling::cli(), &[42], Some(41)),
        context(Spelling::chat("/incident"), &[43, 42], Some(42)),
    ];
    for case in 0..10_000 {
        let mut line = String::new();
        if random.bool() {
            line.push_str(ROWS[random.usize(..ROWS.len())].word);
        }
        for _ in 0..random.usize(..12) {
            match random.u8(..4) {
                0 => line.push(random.char(..)),
                1 => line.push_str(&String::from_utf8_lossy(&[random.u8(..), random.u8(..), random.u8(..)])),
                2 => line.push_str(PIECES[random.usize(..PIECES.len())]),
                _ => line.extend([" ", PIECES[random.usize(..PIECES.len())], " "]),
            }
        }
        let context = &contexts[case % contexts.len()];
        match parse(&line, context) {
            Ok(Asked::Act { incident, act }) => drop(print::line(incident, &act, &context.spelling)),
            Ok(Asked::Read(_)) => {}
            Err(trouble) => {
                let told = trouble.words(&context.spelling);
                assert!(!told.is_empty() && told.len() < 8_000, "{line:?}: {told}");
                assert!(!told.contains(['\0', '\u{202e}']), "{line:?}: {told:?}");
            }
        }
    }
}

#[test]
fn a_long_line_of_quotes_is_read_in_no_time() {
    // Each opens a quotation that is never closed: looked for once, not eight thousand times.
    for piece in ["\"a ", "“a ", "'a ", "x=\"a ", "\\\" "] {
        let line = format!("note {}", piece.repeat(16_000 / piece.len()));
        assert!(matches!(parse(&line, &chat(&[42])), Ok(Asked::Act { .. })), "{piece}");
    }
}

#[test]
fn what_is_printed_is_read_as_the_same() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..10_000 {
        let act = act(&mut random);
        let incident = if matches!(act, Act::Declare { .. } | Act::Adopt { .. }) { None } else { Some(IncidentId(41)) };
        for spelling in [Spelling::chat(""), Spelling::chat("/incident"), Spelling::cli()] {
            let line = print::line(incident, &act, &spelling);
            let asked = parse(&line, &context(spelling, &[43, 42], Some(40)));
            assert_eq!(asked, Ok(Asked::Act { incident, act: act.clone() }), "{line}");
        }
    }
}

// A text that somebody could mean: not empty, and without spaces around it, which are cut off anyway.
fn text(random: &mut fastrand::Rng) -> String {
    let mut text = String::new();
    for _ in 0..random.usize(..5) {
        text.push_str(PIECES[random.usize(..PIECES.len())]);
        if random.bool() {
            text.push_str(["the host", " ", "it's", "42 hosts"][random.usize(..4)]);
        }
    }
    if text.trim().is_empty() { "x".to_owned() } else { text }
}

fn maybe<T>(random: &mut fastrand::Rng, value: impl FnOnce(&mut fastrand::Rng) -> T) -> Option<T> {
    random.bool().then(|| value(random))
}

fn either(random: &mut fastrand::Rng) -> String {
    maybe(random, text).unwrap_or_default()
}

fn role(random: &mut fastrand::Rng) -> RoleName {
    RoleName::from(["incident_manager", "operations", "scribe"][random.usize(..3)])
}

fn act(random: &mut fastrand::Rng) -> Act {
    let person = ["bert", "Carla.B", "jürgen"][random.usize(..3)].to_owned();
    let severity = |random: &mut fastrand::Rng| Severity::ALL[random.usize(..3)];
    match random.u8(..34) {
        0 => Act::Declare {
            title: text(random),
            severity: maybe(random, severity),
            impact: either(random),
            labels: Pairs::labels((0..random.usize(..3)).map(|at| (format!("l{at}"), text(random)))),
            drill: random.bool(),
        },
        1 => Act::Ack { text: either(random) },
        2 => Act::Confirm { text: either(random) },
        3 => Act::Resolve { text: either(random) },
        4 => Act::Reopen { text: either(random) },
        5 => Act::Note { text: text(random) },
        6 => Act::Take { role: role(random) },
        7 => Act::Assign { role: role(random), person },
        8 => Act::HandOver { role: role(random), person },
        9 => Act::Accept { role: maybe(random, role) },
        10 => Act::Decline { role: maybe(random, role) },
        11 => {
            let next_in = maybe(random, |random| Duration::minutes(random.u32(1..10_000)));
            Act::Update { text: text(random), impact: maybe(random, text), next_in }
        }
        12 => {
            let version = maybe(random, |random| random.u32(..));
            Act::Edit { part: Part::ALL[random.usize(..4)], text: either(random), version }
        }
        13 => Act::Todo { text: text(random), owner: random.bool().then_some(person) },
        14 => Act::Done { todo: random.u32(..) },
        15 => Act::Follow,
        16 => Act::Unfollow,
        17 => Act::Undo,
        18 => Act::Merge { into: IncidentId(random.u64(42..100)), text: either(random) },
        19 => {
            let matcher = |text: &str| MatcherText::try_from(text.to_owned()).unwrap();
            Act::Split {
                title: text(random),
                matchers: vec![matcher("alertname=\"A b\""), matcher("i!~\"x|\\\"y\"")],
                alerts: vec![],
            }
        }
        20 => Act::Severity { to: severity(random), text: either(random) },
        21 => Act::CallOff { code: CallOffCode::ALL[random.usize(..7)], reason: text(random) },
        22 => Act::Publish { text: text(random), path: maybe(random, text), anyway: random.bool() },
        23 => Act::Adopt { alert: AlertId(random.u64(..)) },
        _ => Act::Review(review_act(random, person)),
    }
}

fn review_act(random: &mut fastrand::Rng, person: String) -> ReviewAct {
    let day = |random: &mut fastrand::Rng| DueDate(NaiveDate::from_ymd_opt(2026, 1, random.u32(..32)));
    let number = random.u32(..);
    match random.u8(..9) {
        0 => {
            let version = maybe(random, |random| random.u32(..));
            ReviewAct::Section { section: "root-cause".to_owned(), text: either(random), version }
        }
        1 => {
            let shown = [None, Some(Shown::Public), Some(Shown::Private)][random.usize(..3)];
            ReviewAct::Mark { entry: number, shown }
        }
        2 => ReviewAct::Correct { entry: number, text: either(random) },
        3 => {
            let (text, owner) = (text(random), random.bool().then_some(person));
            ReviewAct::Action { text, owner, due: maybe(random, day), link: maybe(random, text_of_link) }
        }
        4 => {
            let (text, owner) = (maybe(random, text), random.bool().then_some(person));
            let (due, link) = (maybe(random, day), maybe(random, text_of_link));
            ReviewAct::ActionEdit { action: number, text, owner, due, link }
        }
        5 => ReviewAct::ActionDone { action: number },
        6 => ReviewAct::ActionDrop { action: number, because: text(random) },
        7 => ReviewAct::Ask,
        _ => ReviewAct::Waive { because: text(random) },
    }
}

fn text_of_link(random: &mut fastrand::Rng) -> String {
    ["", "https://tracker.example.org/7?a=b", "no link"][random.usize(..3)].to_owned()
}
