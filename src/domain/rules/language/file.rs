//! Keys of a rule file, of a group, and of what stands beside the groups.

use super::text::{
    CLOCK, CLOCK_END, DAYS_OF_MONTH, LABEL_NAMES, LABEL_VALUES, MATCHERS, MONTHS, NAME, PATH, WEEKDAYS, YEARS, ZONE,
};
use super::{Key, Kind, Object, RULE, TEST, each_alone};
use crate::interval::TimeRange;

/// A rule file.
pub static RULE_FILE: Object = Object {
    name: "file",
    says: "A rule file.",
    together: false,
    keys: &[
        Key::default(
            "groups",
            Kind::List(&Kind::Object(&GROUP)),
            "[]",
            "Rules that share labels: a [group](#a-group) each.",
        ),
        Key::default(
            "inhibit_rules",
            Kind::List(&Kind::Object(&INHIBIT)),
            "[]",
            "Which incidents keep which others from being declared: [inhibition](#inhibition).",
        ),
        Key::default(
            "time_intervals",
            Kind::List(&Kind::Object(&NAMED_INTERVALS)),
            "[]",
            "Named times: [time intervals](#time-intervals). Those of the configuration are known too.",
        ),
        Key::default(
            "rule_files",
            Kind::List(&Kind::Text(&PATH)),
            "[]",
            "Files whose rules the tests of this file play as well, relative to it.",
        ),
        Key::default(
            "tests",
            Kind::List(&Kind::Object(&TEST)),
            "[]",
            "[Tests](#tests) of the rules; they change nothing that is decided.",
        ),
    ],
    check: each_alone,
};

/// A group of rules.
pub static GROUP: Object = Object {
    name: "group",
    says: "Rules that share labels.",
    together: false,
    keys: &[
        Key::required("name", Kind::Text(&NAME), "Its name, unique in the file."),
        Key::default("labels", Kind::Map(&LABEL_VALUES), "{}", "Labels of every incident of its rules."),
        Key::required("rules", Kind::List(&Kind::Object(&RULE)), "Its [rules](#a-rule)."),
    ],
    check: each_alone,
};

/// Which incidents keep which others from being declared.
pub static INHIBIT: Object = Object {
    name: "inhibit rule",
    says: "Which incidents keep which others from being declared, by incident labels.",
    together: false,
    keys: &[
        Key::required("source_matchers", Kind::List(&MATCHERS), "Labels of the incident that is open."),
        Key::required("target_matchers", Kind::List(&MATCHERS), "Labels of those that are not declared beside it."),
        Key::default(
            "equal",
            Kind::List(&LABEL_NAMES),
            "[]",
            "Labels whose values must be the same in both; one that both lack is the same.",
        ),
    ],
    check: each_alone,
};

/// Named intervals.
pub static NAMED_INTERVALS: Object = Object {
    name: "named intervals",
    says: "A named list of intervals; a time is in it if it is in one of them.",
    together: false,
    keys: &[
        Key::required("name", Kind::Text(&NAME), "Its name, unique over the configuration and all rule files."),
        Key::required(
            "time_intervals",
            Kind::List(&Kind::Object(&TIME_INTERVAL)),
            "Its intervals; with none, no time is in it.",
        ),
    ],
    check: each_alone,
};

/// An interval.
pub static TIME_INTERVAL: Object = Object {
    name: "interval",
    says: "A time is in it if it is in one range of each list that is there.",
    together: false,
    keys: &[
        Key::default("times", Kind::Some(&Kind::Object(&DAY_TIMES)), "always", "Times of the day."),
        Key::default(
            "weekdays",
            Kind::Some(&Kind::Text(&WEEKDAYS)),
            "always",
            "Days of the week: `'monday:friday'`, `saturday`. Weeks start on Sunday, so a weekend is two entries.",
        ),
        Key::default(
            "days_of_month",
            Kind::Some(&Kind::Text(&DAYS_OF_MONTH)),
            "always",
            "Days of the month: `'1:5'`, `15`; negative ones count from its end: `'-3:-1'`. Cut at the end of shorter months.",
        ),
        Key::default(
            "months",
            Kind::Some(&Kind::Text(&MONTHS)),
            "always",
            "Months by name or number: `'january:march'`, `12`.",
        ),
        Key::default("years", Kind::Some(&Kind::Text(&YEARS)), "always", "Years: `'2026:2028'`, `2030`."),
        Key::default(
            "location",
            Kind::Text(&ZONE),
            "UTC",
            "Time zone by its name: `Europe/Berlin`. The clock on the wall there decides, across its changes too.",
        ),
    ],
    check: each_alone,
};

/// A range of times of the day.
pub static DAY_TIMES: Object = Object {
    name: "times",
    says: "A range of times of the day.",
    together: true,
    keys: &[
        Key::required("start_time", Kind::Text(&CLOCK), "The first minute that is in it."),
        Key::required(
            "end_time",
            Kind::Text(&CLOCK_END),
            "The first minute that is not, later than `start_time`; `24:00` is the end of the day.",
        ),
    ],
    check: |texts| {
        let text = |key| texts.get(key).cloned().unwrap_or_default();
        TimeRange::new(&text("start_time"), &text("end_time")).map(drop)
    },
};
