//! Texts of some form: what they are called, an example, and how they are read.

use super::Kind;
use crate::alert::matcher::MatcherText;
use crate::duration::Duration;
use crate::interval::{DaysOfMonth, Location, Months, Weekdays, Years, minute};
use crate::rules::trial::series;

/// A text of some form.
#[derive(Debug)]
pub struct Text {
    /// What it is called: `duration`.
    pub name: &'static str,
    /// One that is right.
    pub example: &'static str,
    /// A pattern that it matches, for editors; they know no more of it.
    pub pattern: Option<&'static str>,
    /// Whether a number may stand there without quotes.
    pub number: bool,
    /// Says what is wrong with one.
    pub check: fn(&str) -> Result<(), String>,
}

/// Anything.
pub(super) static PLAIN: Text = plain("text", "words");
/// Anything, rendered.
pub(super) static TEMPLATE: Text = plain("template", "words");
/// A name that something else refers to.
pub(super) static NAME: Text = plain("name", "name");
/// A label's name.
pub(super) static LABEL: Text = plain("label", "instance");
/// A label's value.
pub(super) static VALUE: Text = plain("text", "value");
/// The path of a file, or a pattern.
pub(super) static PATH: Text = plain("path", "rules/*.yml");
/// Labels of a series.
pub(super) static LABELS: Text =
    Text { check: |text| series::labels(text).map(drop), ..plain("labels", "{alertname=\"Down\"}") };
/// Values of a series.
pub(super) static VALUES: Text = Text { check: |text| series::values(text).map(drop), ..plain("values", "0 1x5") };
/// A moment.
pub(super) static INSTANT: Text = plain("time", "2026-03-29T00:00:00+01:00");

/// A length of time.
pub(super) static DURATION: Text = Text {
    name: "duration",
    example: "5m",
    pattern: Some("^(0|([0-9]+(y|w|d|h|m|s|ms))+)$"),
    number: true,
    check: |text| Duration::parse(text).map(drop).map_err(|error| error.to_string()),
};

/// One or several matchers.
pub(super) static MATCHER: Text = Text {
    name: "matcher",
    example: "alertname = Down",
    pattern: None,
    number: false,
    check: |text| MatcherText::try_from(text.to_owned()).map(drop),
};

/// A time of the day.
pub(super) static CLOCK: Text = CLOCK_TIME;

const CLOCK_TIME: Text = Text {
    name: "time of the day",
    example: "09:00",
    pattern: Some("^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"),
    number: false,
    check: |text| minute(text).map(drop),
};

/// A later time of the day.
pub(super) static CLOCK_END: Text = Text { example: "17:00", ..CLOCK_TIME };

/// Days of the week.
pub(super) static WEEKDAYS: Text = Text {
    name: "days of the week",
    example: "monday:friday",
    pattern: None,
    number: false,
    check: |text| Weekdays::parse(text).map(drop),
};

/// Days of the month.
pub(super) static DAYS_OF_MONTH: Text = Text {
    name: "days of the month",
    example: "-3:-1",
    pattern: Some("^-?[0-9]{1,2}(:-?[0-9]{1,2})?$"),
    number: true,
    check: |text| DaysOfMonth::parse(text).map(drop),
};

/// Months.
pub(super) static MONTHS: Text = Text {
    name: "months",
    example: "january:march",
    pattern: None,
    number: true,
    check: |text| Months::parse(text).map(drop),
};

/// Years.
pub(super) static YEARS: Text = Text {
    name: "years",
    example: "2026:2028",
    pattern: Some("^[0-9]{1,4}(:[0-9]{1,4})?$"),
    number: true,
    check: |text| Years::parse(text).map(drop),
};

/// A time zone.
pub(super) static ZONE: Text = Text {
    name: "time zone",
    example: "Europe/Berlin",
    pattern: None,
    number: false,
    check: |text| Location::parse(text).map(drop),
};

/// Matchers that must all match.
pub(super) static MATCHERS: Kind = Kind::Text(&MATCHER);
/// Names of labels.
pub(super) static LABEL_NAMES: Kind = Kind::Text(&LABEL);
/// Names of something.
pub(super) static NAMES: Kind = Kind::Text(&NAME);
/// Labels with their values.
pub(super) static LABEL_VALUES: Kind = Kind::Text(&VALUE);

const fn plain(name: &'static str, example: &'static str) -> Text {
    Text { name, example, pattern: None, number: false, check: |_| Ok(()) }
}
