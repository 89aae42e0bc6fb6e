//! The rows of the table of verbs, in the order people read them.

mod afterwards;

use super::table::{About, Back, Group, Opt, Spec, Verb};
use crate::access::Role;

const NEXT: Opt = Opt {
    name: "next",
    alias: None,
    value: "20m",
    help: "when the next update comes; if left out, as the severity asks",
};
const IMPACT: Opt = Opt { name: "impact", alias: None, value: "\"…\"", help: "who is affected, in words" };
const SEVERITY: Opt = Opt {
    name: "severity",
    alias: Some("sev"),
    value: "critical",
    help: "minor, major or critical; major if left out",
};
const LABEL: Opt = Opt {
    name: "label",
    alias: None,
    value: "name=value",
    help: "a label, for routing; `team=web` alone does it as well",
};
const DRILL: Opt =
    Opt { name: "drill", alias: None, value: "", help: "nothing is wrong, people practise; every word sent says so" };
const VERSION: Opt = Opt {
    name: "version",
    alias: None,
    value: "7",
    help: "the version that was read; refused if somebody wrote since",
};
const OWNER: Opt =
    Opt { name: "owner", alias: None, value: "carla", help: "who does it; `@carla` alone does it as well" };
const INTO: Opt = Opt { name: "into", alias: None, value: "42", help: "the incident that goes on" };

// What most verbs have in common.
const BASE: Spec = Spec {
    verb: Verb::Help,
    word: "",
    aliases: &[],
    arguments: "[#42]",
    options: &[],
    help: "",
    more: "",
    examples: &[],
    about: About::Incident,
    group: Group::Words,
    access: Role::Responder,
    back: Back::Undo,
};

const LOOK: Spec = Spec { group: Group::Look, access: Role::Viewer, back: Back::Nothing, ..BASE };
const COURSE: Spec = Spec { group: Group::Course, access: Role::Manager, ..BASE };
const ROLES: Spec = Spec { group: Group::Roles, ..BASE };
const OWN: Spec = Spec { group: Group::Own, ..BASE };

/// The table.
pub static ROWS: &[Spec] = &[
    Spec {
        verb: Verb::List,
        word: "list",
        aliases: &["ls"],
        arguments: "[open|closed|all]",
        about: About::Nothing,
        help: "Lists incidents, newest first",
        more: "Those that go on, if nothing is said.",
        examples: &["list", "list closed"],
        ..LOOK
    },
    Spec {
        verb: Verb::Show,
        word: "show",
        help: "Shows how an incident stands",
        more: "State, who does what, who is affected, the newest update and the next one, to-dos.",
        examples: &["show", "show #42"],
        ..LOOK
    },
    Spec {
        verb: Verb::Why,
        word: "why",
        help: "Says why an incident was declared, and how its rule stands now",
        more: "Where none is open: what holds, waits, or keeps quiet for a reason.",
        examples: &["why #42"],
        ..LOOK
    },
    Spec {
        verb: Verb::Help,
        word: "help",
        arguments: "[VERB]",
        about: About::Nothing,
        help: "Says what can be said, or more about one verb",
        examples: &["help", "help take"],
        ..LOOK
    },
    Spec {
        verb: Verb::Declare,
        word: "declare",
        arguments: "title…",
        options: &[SEVERITY, IMPACT, LABEL, DRILL],
        about: About::Nothing,
        access: Role::Responder,
        back: Back::By(Verb::CallOff),
        help: "Declares an incident by hand; it is confirmed at once",
        more: "One line is enough. What ends in `name=value` is a label; put the title in quotes if it ends so itself.",
        examples: &[
            "declare Downloads are slow",
            "declare Downloads are slow severity=minor impact=\"everyone in Asia\" team=web",
            "declare \"The disk of web1 dies\" --drill",
        ],
        ..COURSE
    },
    Spec {
        verb: Verb::Confirm,
        word: "confirm",
        arguments: "[#42] [text…]",
        access: Role::Responder,
        back: Back::By(Verb::CallOff),
        help: "Says that a suspected incident is real; the public receivers are told",
        examples: &["confirm", "confirm #42 users report it"],
        ..COURSE
    },
    Spec {
        verb: Verb::Severity,
        word: "severity",
        aliases: &["sev"],
        arguments: "[#42] minor|major|critical [why…]",
        help: "Changes how bad it is",
        more: "A rule only ever raises it.",
        examples: &["severity critical", "severity #42 minor only uploads are affected"],
        ..COURSE
    },
    Spec {
        verb: Verb::CallOff,
        word: "calloff",
        aliases: &["call-off", "false-alarm"],
        arguments: "[#42] code reason…",
        help: "Calls a false alarm off; everyone who saw the alarm is told the reason",
        more: "Codes: duplicate, flapping, planned-work, monitoring-fault, no-user-impact, test, other. The rule keeps quiet \
               for its cooldown.",
        examples: &["calloff #42 monitoring-fault the certificate of the probe had expired"],
        ..COURSE
    },
    Spec {
        verb: Verb::Resolve,
        word: "resolve",
        arguments: "[#42] [text…]",
        help: "Says that the service is back",
        more: "Refused while its alerts fire.",
        examples: &["resolve", "resolve #42 the signing host was rebooted"],
        ..COURSE
    },
    Spec {
        verb: Verb::Reopen,
        word: "reopen",
        arguments: "[#42] [text…]",
        back: Back::By(Verb::Resolve),
        help: "Says that it came back; the incident keeps its number",
        examples: &["reopen #42 it hangs again"],
        ..COURSE
    },
    Spec {
        verb: Verb::Merge,
        word: "merge",
        arguments: "[#42] into #41 [why…]",
        options: &[INTO],
        back: Back::Never,
        help: "Says that an incident is part of another one, which goes on",
        more: "Its alerts and its threads follow.",
        examples: &["merge #43 into #42", "merge #43 #42 the same switch"],
        ..COURSE
    },
    Spec {
        verb: Verb::Split,
        word: "split",
        arguments: "[#42] title… label=value…",
        back: Back::By(Verb::Merge),
        help: "Makes an incident of its own from some of the alerts",
        more: "Those whose labels match: `label=value`, `label!=value`, `label=~\"pattern\"`, `label!~\"pattern\"`.",
        examples: &[
            "split #42 Uploads fail alertname=UploadErrors",
            "split #42 Mirrors are down instance=~\"mirror.*\"",
        ],
        ..COURSE
    },
    Spec {
        verb: Verb::Take,
        word: "take",
        arguments: "[#42] [role]",
        help: "Takes a role; the first one has it",
        more: "incident_manager, if no role is said.",
        examples: &["take", "take operations", "take #42 communications"],
        ..ROLES
    },
    Spec {
        verb: Verb::Assign,
        word: "assign",
        arguments: "[#42] role person",
        help: "Gives a role to somebody",
        examples: &["assign #42 operations bert"],
        ..ROLES
    },
    Spec {
        verb: Verb::HandOver,
        word: "handover",
        aliases: &["hand-over"],
        arguments: "[#42] role person",
        help: "Offers your role to somebody, with a brief; it is yours until they accept",
        examples: &["handover #42 incident_manager carla"],
        ..ROLES
    },
    Spec {
        verb: Verb::Accept,
        word: "accept",
        arguments: "[#42] [role]",
        back: Back::By(Verb::HandOver),
        help: "Accepts a role that was offered to you",
        examples: &["accept", "accept #42 operations"],
        ..ROLES
    },
    Spec {
        verb: Verb::Decline,
        word: "decline",
        arguments: "[#42] [role]",
        back: Back::Never,
        help: "Says that you can't take a role that was offered to you",
        examples: &["decline #42"],
        ..ROLES
    },
    Spec {
        verb: Verb::Update,
        word: "update",
        arguments: "[#42] text…",
        options: &[NEXT, IMPACT],
        back: Back::Never,
        help: "Tells the public something; with it goes the promise of the next update",
        examples: &["update We restarted the frontends", "update #42 Half of the users are back next=20m"],
        ..BASE
    },
    Spec {
        verb: Verb::Note,
        word: "note",
        arguments: "[#42] text…",
        help: "Notes something for the team",
        examples: &["note #42 the signing host does not answer"],
        ..BASE
    },
    Spec {
        verb: Verb::Edit,
        word: "edit",
        arguments: "[#42] summary|impact|exit-criteria|links text…",
        options: &[VERSION],
        help: "Rewrites a part of the state document",
        more: "The part alone is enough as a verb: `impact #42 text…`. Empty quotes clear it.",
        examples: &[
            "edit #42 summary Publishing hangs since noon",
            "impact #42 everyone who uploads",
            "links #42 \"\"",
        ],
        ..BASE
    },
    Spec {
        verb: Verb::Todo,
        word: "todo",
        aliases: &["to-do"],
        arguments: "[#42] text… [@person]",
        options: &[OWNER],
        help: "Notes that something is to be done",
        examples: &["todo #42 ask the hoster for the graphs @carla"],
        ..BASE
    },
    Spec {
        verb: Verb::Done,
        word: "done",
        arguments: "[#42] number",
        help: "Says that a to-do is done",
        examples: &["done 3", "done #42 3"],
        ..BASE
    },
    afterwards::SECTION,
    afterwards::MARK,
    afterwards::CORRECT,
    afterwards::ACTION,
    afterwards::ACTION_EDIT,
    afterwards::ACTION_DONE,
    afterwards::ACTION_DROP,
    afterwards::POSTMORTEM,
    afterwards::WAIVE,
    afterwards::PUBLISH,
    Spec {
        verb: Verb::Ack,
        word: "ack",
        aliases: &["acknowledge"],
        arguments: "[#42] [text…]",
        help: "Tells the team that you have seen it",
        examples: &["ack", "ack #42 I look at the database"],
        ..OWN
    },
    Spec {
        verb: Verb::Follow,
        word: "follow",
        help: "Has you told of everything personally",
        examples: &["follow #42"],
        ..OWN
    },
    Spec {
        verb: Verb::Unfollow,
        word: "unfollow",
        help: "Has you no longer told personally",
        examples: &["unfollow #42"],
        ..OWN
    },
    Spec {
        verb: Verb::Undo,
        word: "undo",
        back: Back::Nothing,
        help: "Takes back what you did last, within ten minutes, where that can be done",
        examples: &["undo", "undo #42"],
        ..OWN
    },
    Spec {
        verb: Verb::Adopt,
        word: "adopt",
        arguments: "alert",
        about: About::Alert,
        back: Back::Never,
        help: "Counts an alert from now on that fired long before the first start",
        more: "By its number, as `earlybell explain` shows it.",
        examples: &["adopt 17"],
        ..COURSE
    },
];
