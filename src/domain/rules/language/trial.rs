//! Keys of a test.

use super::rule::SEVERITIES;
use super::text::{DURATION, INSTANT, LABEL_VALUES, LABELS, NAME, TEMPLATE, VALUES};
use super::{Key, Kind, Object, each_alone};

/// A test.
pub static TEST: Object = Object {
    name: "test",
    says: "Alerts over time, what people do, and what the rules make of it.",
    together: false,
    keys: &[
        Key::required("name", Kind::Text(&NAME), "What it shows."),
        Key::default("interval", Kind::Text(&DURATION), "1m", "Time between two values of a series."),
        Key::default(
            "start",
            Kind::Text(&INSTANT),
            "2024-01-01T00:00:00Z",
            "When it plays, for time intervals: RFC 3339.",
        ),
        Key::default("input_alerts", Kind::List(&Kind::Object(&SERIES)), "[]", "Alerts."),
        Key::default("actions", Kind::List(&Kind::Object(&ACTION)), "[]", "What people do."),
        Key::required("incident_rule_test", Kind::List(&Kind::Object(&EXPECT)), "What is expected, when."),
    ],
    check: each_alone,
};

/// One alert over time.
pub static SERIES: Object = Object {
    name: "series",
    says: "One alert over time.",
    together: true,
    keys: &[
        Key::required("series", Kind::Text(&LABELS), "Its labels: `'{alertname=\"Down\", instance=\"a\"}'`."),
        Key::required(
            "values",
            Kind::Text(&VALUES),
            "One per interval: `1` fires, `0` is over, `_` is not reported, `s` fires and is silenced; `1x3` is four of them.",
        ),
    ],
    check: each_alone,
};

/// What a person does.
pub static ACTION: Object = Object {
    name: "action",
    says: "What a person does to the newest incident of a rule.",
    together: false,
    keys: &[
        Key::required("at", Kind::Text(&DURATION), "When."),
        Key::required("incident", Kind::Text(&NAME), "The rule."),
        Key::required(
            "action",
            Kind::Word(&["call_off", "take_role", "confirm", "update", "note", "severity", "resolve", "reopen"]),
            "What.",
        ),
        Key::default(
            "code",
            Kind::Word(&[
                "duplicate",
                "flapping",
                "planned-work",
                "monitoring-fault",
                "no-user-impact",
                "test",
                "other",
            ]),
            "other",
            "Of `call_off`: why.",
        ),
        Key::optional("to", Kind::Word(SEVERITIES), "Of `severity`: how bad."),
    ],
    check: each_alone,
};

/// What is expected at a time.
pub static EXPECT: Object = Object {
    name: "expectation",
    says: "What is expected at a time.",
    together: false,
    keys: &[
        Key::required("eval_time", Kind::Text(&DURATION), "When."),
        Key::required("incident", Kind::Text(&NAME), "Of which rule."),
        Key::default(
            "exp_incidents",
            Kind::List(&Kind::Object(&EXPECT_INCIDENT)),
            "[]",
            "Its incidents so far, oldest first; none, if not said.",
        ),
    ],
    check: each_alone,
};

/// What an incident is expected to be.
pub static EXPECT_INCIDENT: Object = Object {
    name: "expected incident",
    says: "What an incident is expected to be; what is not said is not compared.",
    together: false,
    keys: &[
        Key::optional(
            "exp_state",
            Kind::Word(&["suspected", "confirmed", "called_off", "resolved"]),
            "Where it stands.",
        ),
        Key::optional("exp_severity", Kind::Word(SEVERITIES), "How bad it is."),
        Key::optional("exp_labels", Kind::Map(&LABEL_VALUES), "Labels it has, among others."),
        Key::optional("exp_title", Kind::Text(&TEMPLATE), "Its title."),
        Key::optional("exp_alerts", Kind::Number { min: 0, max: u32::MAX }, "Number of alerts it has."),
        Key::optional("exp_proposed", Kind::Flag, "Whether people were asked to resolve it."),
    ],
    check: each_alone,
};
