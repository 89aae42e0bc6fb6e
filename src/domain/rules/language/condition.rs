//! Keys of a condition.

use super::text::{DURATION, LABEL_NAMES, MATCHERS};
use super::{Key, Kind, Object, each_alone};
use crate::rules::conditions::AT_LEAST_MAX;

/// A condition.
pub static CONDITION: Object = Object {
    name: "condition",
    says: "Exactly one of `alerts`, `absent`, `all`, `any`, `some`, `not`; each with `for`.",
    together: true,
    keys: &[
        Key::optional(
            "alerts",
            Kind::List(&MATCHERS),
            "At least `at_least` alerts match all of these [matchers](#matchers).",
        ),
        Key::default("at_least", Kind::Number { min: 1, max: AT_LEAST_MAX }, "1", "Beside `alerts`: how many."),
        Key::optional(
            "distinct",
            Kind::List(&LABEL_NAMES),
            "Beside `alerts`: count different values of these labels instead of alerts.",
        ),
        Key::default(
            "count",
            Kind::Word(&["alerts", "episodes"]),
            "alerts",
            "Beside `alerts` with `within`: `episodes` counts how often alerts fired anew. Not beside `distinct`.",
        ),
        Key::optional(
            "within",
            Kind::Text(&DURATION),
            "Beside `alerts`: what fired within this time counts although it is over; 24h at most.",
        ),
        Key::default(
            "count_silenced",
            Kind::Flag,
            "false",
            "Beside `alerts`: alerts that a silence or an inhibition mutes count too.",
        ),
        Key::optional(
            "absent",
            Kind::List(&MATCHERS),
            "No alert fires that matches all of these matchers, silenced or not.",
        ),
        Key::optional("all", Kind::List(&Kind::Object(&CONDITION)), "All of these are true."),
        Key::optional("any", Kind::List(&Kind::Object(&CONDITION)), "One of these is true."),
        Key::optional("some", Kind::Object(&SOME), "At least `at_least` of these are true."),
        Key::optional("not", Kind::Object(&CONDITION), "This one is false."),
        Key::optional("for", Kind::Text(&DURATION), "Beside any of them: true without a break for this long."),
    ],
    check: each_alone,
};

/// At least so many conditions.
pub static SOME: Object = Object {
    name: "some",
    says: "At least so many of these conditions.",
    together: true,
    keys: &[
        Key::required("at_least", Kind::Number { min: 1, max: AT_LEAST_MAX }, "How many; not more than there are."),
        Key::required("of", Kind::List(&Kind::Object(&CONDITION)), "The conditions."),
    ],
    check: each_alone,
};
