//! Keys of a rule.

use super::text::{DURATION, LABEL, LABEL_NAMES, LABEL_VALUES, MATCHERS, NAME, NAMES, PLAIN, TEMPLATE};
use super::{CONDITION, Key, Kind, Object, each_alone};

/// Words for how bad an incident is.
pub(super) const SEVERITIES: &[&str] = &["minor", "major", "critical"];

static SEVERITY_WORD: Kind = Kind::Word(SEVERITIES);

/// A rule.
pub static RULE: Object = Object {
    name: "rule",
    says: "When to declare an incident, and how it lives.",
    together: false,
    keys: &[
        Key::required(
            "incident",
            Kind::Text(&NAME),
            "Name of the rule, unique over all files; the label `incident` of its incidents.",
        ),
        Key::required("when", Kind::Object(&CONDITION), "The [condition](#conditions) that declares."),
        Key::optional(
            "title",
            Kind::Text(&TEMPLATE),
            "One line; a template over `labels` (of the incident), `severity`, `alerts`.",
        ),
        Key::optional("general_impact", Kind::Text(&PLAIN), "Who is affected, in plain words."),
        Key::optional("runbook_url", Kind::Text(&PLAIN), "Where it says what to do."),
        Key::default(
            "correlate_by",
            Kind::List(&LABEL_NAMES),
            "[]",
            "Labels that [split the rule into incidents](#one-rule-several-incidents). `[]`: one at a time.",
        ),
        Key::default(
            "mode",
            Kind::Word(&["live", "shadow"]),
            "live",
            "`shadow`: records what it would have declared, and tells nobody ([shadow](#trying-a-rule)).",
        ),
        Key::default(
            "gather",
            Kind::List(&MATCHERS),
            "[]",
            "Matchers: alerts shown with the incident that count for nothing. They must agree in `correlate_by`.",
        ),
        Key::default("severity", Kind::Object(&SEVERITY), "major", "How bad its incidents are: [severity](#severity)."),
        Key::default(
            "labels",
            Kind::Map(&LABEL_VALUES),
            "{}",
            "Labels of its incidents, over those of the group. Routes match on them.",
        ),
        Key::default(
            "declare_as",
            Kind::Word(&["suspected", "confirmed"]),
            "suspected",
            "How its incidents start: `suspected` reaches the team only.",
        ),
        Key::optional("confirm", Kind::Object(&CONFIRM), "When a suspected incident becomes confirmed by itself."),
        Key::optional(
            "call_off",
            Kind::Object(&CALL_OFF),
            "When a suspected incident that nobody touched is called off by itself.",
        ),
        Key::optional("resolve", Kind::Object(&RESOLVE), "When a clear incident is over."),
        Key::default(
            "reopen_within",
            Kind::Text(&DURATION),
            "timing.reopen_within",
            "Back within this time, it is the same incident.",
        ),
        Key::default(
            "cooldown",
            Kind::Text(&DURATION),
            "timing.cooldown",
            "After people called it off, the same alerts do not declare again for this long; others do.",
        ),
        Key::default(
            "active_time_intervals",
            Kind::List(&NAMES),
            "[]",
            "Declares within one of these [times](#time-intervals) only.",
        ),
        Key::default("mute_time_intervals", Kind::List(&NAMES), "[]", "Does not declare within any of these times."),
        Key::default(
            "roles",
            Kind::Map(&NAMES),
            "{}",
            "Squad that is asked first, by role: `incident_manager: production-squad`.",
        ),
        Key::default("receivers", Kind::List(&NAMES), "the route tree", "Who is told."),
        Key::default("templates", Kind::Map(&NAMES), "built-in words", "Template by notice: `declared: my-words`."),
    ],
    check: each_alone,
};

/// How bad.
pub static SEVERITY: Object = Object {
    name: "severity",
    says: "Either `fixed`, or `from_label` with `map` and `default`; `raise` comes on top.",
    together: true,
    keys: &[
        Key::optional("fixed", SEVERITY_KIND, "Always this; not beside `from_label`, `map` and `default`."),
        Key::optional(
            "from_label",
            Kind::Text(&LABEL),
            "The highest value of this label among the alerts of the incident. The three words stand for themselves.",
        ),
        Key::default(
            "map",
            Kind::Map(&SEVERITY_WORD),
            "{}",
            "What other values of the label mean: `{ page: critical }`.",
        ),
        Key::default("default", SEVERITY_KIND, "major", "Where the label says nothing."),
        Key::default("raise", Kind::List(&Kind::Object(&RAISE)), "[]", "What makes it worse."),
    ],
    check: each_alone,
};

/// What makes it worse.
pub static RAISE: Object = Object {
    name: "raise",
    says: "What makes an incident worse.",
    together: false,
    keys: &[
        Key::required("to", SEVERITY_KIND, "How bad it is then."),
        Key::required("when", Kind::Object(&CONDITION), "When."),
    ],
    check: each_alone,
};

/// When a suspected incident becomes confirmed.
pub static CONFIRM: Object = Object {
    name: "confirm",
    says: "When a suspected incident becomes confirmed; either suffices.",
    together: true,
    keys: &[
        Key::optional("after", Kind::Text(&DURATION), "`when` of the rule is true this long after the declaration."),
        Key::optional("when", Kind::Object(&CONDITION), "This condition is true, also right at the declaration."),
    ],
    check: each_alone,
};

/// When a suspected incident is called off.
pub static CALL_OFF: Object = Object {
    name: "call off",
    says: "When a suspected incident that nobody touched is called off.",
    together: false,
    keys: &[
        Key::required("if_clear_for", Kind::Text(&DURATION), "No alert of it fired for this long."),
        Key::optional("reason", Kind::Text(&TEMPLATE), "In words; a template over `duration`, `alerts`, `labels`."),
    ],
    check: each_alone,
};

/// When a clear incident is over.
pub static RESOLVE: Object = Object {
    name: "resolve",
    says: "When a clear incident is over.",
    together: true,
    keys: &[
        Key::optional(
            "propose_after",
            Kind::Text(&DURATION),
            "Clear for this long: people are asked whether it is over.",
        ),
        Key::default(
            "automatic_after",
            Kind::Text(&DURATION),
            "never",
            "Clear for this long: it is over. Later than `propose_after`.",
        ),
    ],
    check: each_alone,
};

const SEVERITY_KIND: Kind = Kind::Word(SEVERITIES);
