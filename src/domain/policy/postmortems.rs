//! What is written after an incident: how a post mortem looks, until when it is due, and when people are reminded of it and of
//! what they wanted to do better.

use super::CONFIG;
use crate::duration::Duration;
use crate::incident::Severity;
use crate::interval::Location;
use crate::rules::compile::Mistake;
use chrono::{DateTime, Datelike, Days, NaiveTime, TimeDelta, Utc, Weekday};
use serde::{Deserialize, Serialize};

/// Most sections of a post mortem.
pub const SECTIONS_MAX: usize = 30;
/// Longest name of a section, in bytes.
pub const SECTION_NAME_BYTES_MAX: usize = 40;
/// Most working days that a post mortem may take.
pub const WORKING_DAYS_MAX: u32 = 90;
/// Longest heading or guidance, in bytes.
const WORDS_BYTES_MAX: usize = 500;
/// When action items that are late are told, on their day.
const ACTIONS_AT_HOUR: u32 = 9;

/// Sections in which something is known by itself.
pub const INTRO: &str = "intro";
/// Who was affected.
pub const IMPACT: &str = "impact";
/// How it was noticed.
pub const DETECTION: &str = "detection";
/// What was done.
pub const RESOLUTION: &str = "resolution";
/// What will be done.
pub const ACTION_ITEMS: &str = "action-items";
/// The title: no section of the configuration, but written like one.
pub const TITLE: &str = "title";

/// Post mortems, as configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Postmortems {
    /// The layout of a post.
    pub layout: String,
    /// Its category, and the folder it stands in; letters, digits, `-` and `_`.
    pub category: String,
    /// Who signs it; the layout's own author if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Its title, with `{title}`, `{id}` and `{date}`.
    pub title: String,
    /// Its sections, in their order.
    pub sections: Vec<SectionSpec>,
    /// Whether the file says who does an action item.
    pub name_owners: bool,
    /// After a critical incident it is due within this; never, if 0.
    pub due_critical: Duration,
    /// After another one, within so many working days; never, if 0.
    pub due_working_days: u32,
    /// Where working days begin and end.
    pub time_zone: Location,
    /// Whoever writes it is reminded so long before.
    pub remind_before: Duration,
    /// The incident manager is told so long after it was due.
    pub remind_manager_after: Duration,
    /// The day of the week on which action items that are late are told.
    pub actions_on: Day,
    /// Who is told of them; the team's receivers of the first route, if not said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remind: Vec<String>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionSpec {
    /// One word, to name it by: `root-cause`.
    pub name: String,
    /// Its heading; none, for the words before the first one.
    #[serde(default)]
    pub heading: String,
    /// Of which level: `##` is 2.
    #[serde(default = "SectionSpec::level")]
    pub level: u8,
    /// What to write there, while nobody has.
    #[serde(default)]
    pub guidance: String,
    /// Whether it is for the team only, and in no file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

/// A day of the week, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// On none.
    Never,
    /// On Mondays.
    Monday,
    /// On Tuesdays.
    Tuesday,
    /// On Wednesdays.
    Wednesday,
    /// On Thursdays.
    Thursday,
    /// On Fridays.
    Friday,
    /// On Saturdays.
    Saturday,
    /// On Sundays.
    Sunday,
}

impl Day {
    fn weekday(self) -> Option<Weekday> {
        Some(match self {
            Self::Never => return None,
            Self::Monday => Weekday::Mon,
            Self::Tuesday => Weekday::Tue,
            Self::Wednesday => Weekday::Wed,
            Self::Thursday => Weekday::Thu,
            Self::Friday => Weekday::Fri,
            Self::Saturday => Weekday::Sat,
            Self::Sunday => Weekday::Sun,
        })
    }
}

impl SectionSpec {
    const fn level() -> u8 {
        2
    }
}

impl Default for Postmortems {
    fn default() -> Self {
        Self {
            layout: "post".to_owned(),
            category: "deployments".to_owned(),
            author: None,
            title: "Post mortem: {title}".to_owned(),
            sections: default_sections(),
            name_owners: false,
            due_critical: Duration::hours(3 * 24),
            due_working_days: 5,
            time_zone: Location::UTC,
            remind_before: Duration::hours(24),
            remind_manager_after: Duration::hours(24),
            actions_on: Day::Monday,
            remind: Vec::new(),
        }
    }
}

impl Postmortems {
    /// The same, but nothing is ever due: where nobody is there to be reminded, as when a history is played.
    pub fn none() -> Self {
        let due_critical = Duration::seconds(0);
        Self { due_critical, due_working_days: 0, actions_on: Day::Never, ..Self::default() }
    }

    /// The section of this name.
    pub fn section(&self, name: &str) -> Option<&SectionSpec> {
        self.sections.iter().find(|spec| spec.name == name)
    }

    /// Until when the post mortem of an incident is due that ended, or was asked for, then.
    pub fn due(&self, severity: Severity, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match severity {
            Severity::Critical => {
                Some(self.due_critical.delta()).filter(|within| !within.is_zero()).map(|within| from + within)
            }
            Severity::Minor | Severity::Major => self.working_days_later(from),
        }
    }

    // At the same time of the day, so many working days later. What ends on a weekend is not late on the Friday after.
    fn working_days_later(&self, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let days = self.due_working_days.min(WORKING_DAYS_MAX);
        let wall = self.time_zone.wall(from);
        let mut day = wall.date();
        for _ in 0..days {
            day = day.checked_add_days(Days::new(1))?;
            while matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
                day = day.checked_add_days(Days::new(1))?;
            }
        }
        (days > 0).then(|| self.time_zone.instant(day.and_time(wall.time())))
    }

    /// When action items that are late are told next, after this time.
    pub fn next_actions(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let weekday = self.actions_on.weekday()?;
        let today = self.time_zone.wall(after).date();
        let hour = NaiveTime::from_hms_opt(ACTIONS_AT_HOUR, 0, 0).unwrap_or_default();
        // A clock change may put this week's time before now: then it is next week's.
        let days = (0..=8).filter_map(|ahead| today.checked_add_days(Days::new(ahead)));
        let mut times = days.filter(|day| day.weekday() == weekday).map(|day| day.and_time(hour));
        times.by_ref().map(|wall| self.time_zone.instant(wall)).find(|at| *at > after)
    }

    /// When an action item is late: once its day is over.
    pub fn late_from(&self, due: chrono::NaiveDate) -> DateTime<Utc> {
        let next = due.checked_add_days(Days::new(1)).unwrap_or(due);
        self.time_zone.instant(next.and_time(NaiveTime::MIN))
    }

    /// How long after it was due the manager is told.
    pub fn manager_after(&self) -> TimeDelta {
        self.remind_manager_after.delta()
    }

    /// What is wrong with it.
    pub(super) fn mistakes(&self, receivers: &[&str]) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let mut wrong = |key: &str, problem: String| {
            mistakes.push(Mistake { file: CONFIG.to_owned(), path: format!("postmortem.{key}"), problem });
        };
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if self.category.is_empty() || !plain(&self.category) {
            wrong("category", "is a word of letters, digits, `-` and `_`: it is a folder, too".to_owned());
        }
        if let Some(unknown) = unknown_placeholder(&self.title) {
            wrong("title", format!("`{unknown}` stands for nothing; known: {{title}}, {{id}}, {{date}}"));
        }
        if self.due_working_days > WORKING_DAYS_MAX {
            wrong("due_working_days", format!("is {}; at most {WORKING_DAYS_MAX}", self.due_working_days));
        }
        if self.sections.len() > SECTIONS_MAX {
            wrong("sections", format!("are {}; at most {SECTIONS_MAX}", self.sections.len()));
        }
        for (at, name) in self.remind.iter().enumerate().filter(|(_, name)| !receivers.contains(&name.as_str())) {
            wrong(&format!("remind[{at}]"), crate::nearest::unknown("receiver", name, receivers));
        }
        for (at, spec) in self.sections.iter().enumerate() {
            let earlier = self.sections[..at].iter().any(|other| other.name == spec.name);
            if let Some((key, problem)) = wrong_section(spec, earlier) {
                wrong(&format!("sections[{at}].{key}"), problem);
            }
        }
        mistakes
    }
}

fn wrong_section(spec: &SectionSpec, earlier: bool) -> Option<(&'static str, String)> {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let one_line = |text: &str| text.len() <= WORDS_BYTES_MAX && !text.contains('\n');
    if spec.name.is_empty() || spec.name.len() > SECTION_NAME_BYTES_MAX || !spec.name.chars().all(word) {
        return Some(("name", format!("is one word of a-z, 0-9 and `-`, of {SECTION_NAME_BYTES_MAX} bytes at most")));
    }
    if spec.name == TITLE || earlier {
        return Some(("name", format!("`{}` is taken", spec.name)));
    }
    if !(2..=4).contains(&spec.level) {
        return Some(("level", "is 2, 3 or 4: how many `#` stand before the heading".to_owned()));
    }
    if spec.heading.is_empty() && spec.name != INTRO {
        return Some(("heading", format!("is missing; only `{INTRO}` has none")));
    }
    if !one_line(&spec.heading) {
        return Some(("heading", format!("is one line of {WORDS_BYTES_MAX} bytes at most")));
    }
    // It stands in a comment of the file, which it must not end.
    let guides = one_line(&spec.guidance) && !spec.guidance.contains("--") && !spec.guidance.contains(['{', '}']);
    (!guides)
        .then(|| ("guidance", format!("is one line of {WORDS_BYTES_MAX} bytes at most, without `--`, `{{` and `}}`")))
}

fn unknown_placeholder(title: &str) -> Option<String> {
    let mut rest = title;
    while let Some(at) = rest.find(['{', '}']) {
        let end = rest[at..].find('}').map_or(rest.len(), |end| at + end + 1);
        let found = &rest[at..end];
        if !["{title}", "{id}", "{date}"].contains(&found) {
            return Some(found.to_owned());
        }
        rest = &rest[end..];
    }
    None
}

fn default_sections() -> Vec<SectionSpec> {
    let section = |name: &str, heading: &str, level, guidance: &str| SectionSpec {
        name: name.to_owned(),
        heading: heading.to_owned(),
        level,
        guidance: guidance.to_owned(),
        private: false,
    };
    vec![
        section(
            INTRO,
            "",
            2,
            "What was broken, and how badly: service degradation (few users), severe service degradation (nearly every \
             user), or downtime (every visit an error page)?",
        ),
        section(IMPACT, "Impact", 2, "Who could not do what, and how many were they?"),
        section(DETECTION, "Detection", 2, "How did we notice? Which alert should have told us?"),
        section("root-cause", "Root Cause", 2, "What made it happen, and what made that possible?"),
        section(RESOLUTION, "Resolution", 2, "What did we do, and which part of it helped?"),
        section(
            ACTION_ITEMS,
            "Action Items",
            3,
            "What will be done so that it does not happen again: what, by whom, until when?",
        ),
        section("lessons-learned", "Lessons Learned", 2, "What went well, what went wrong, where were we lucky?"),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Day, Postmortems};
    use crate::duration::Duration;
    use crate::incident::Severity;
    use crate::interval::Location;
    use chrono::{DateTime, Utc};

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn weekends_are_no_working_days_and_the_wall_clock_decides() {
        let berlin = Postmortems { time_zone: Location::parse("Europe/Berlin").unwrap(), ..Postmortems::default() };
        let due = |from: &str| berlin.due(Severity::Major, at(from)).unwrap().to_rfc3339();
        // Wednesday → Wednesday; Friday night there, Thursday in UTC no more; Saturday counts from Monday on.
        assert_eq!(due("2026-07-08T12:15:00Z"), "2026-07-15T12:15:00+00:00");
        assert_eq!(due("2026-07-10T09:00:00Z"), "2026-07-17T09:00:00+00:00");
        assert_eq!(due("2026-07-11T09:00:00Z"), "2026-07-17T09:00:00+00:00");
        assert_eq!(due("2026-07-12T23:30:00Z"), "2026-07-19T23:30:00+00:00", "it is Monday there");
        // Over a clock change it is due at the same time on the wall.
        assert_eq!(due("2026-10-21T12:00:00Z"), "2026-10-28T13:00:00+00:00");
        assert_eq!(berlin.due(Severity::Critical, at("2026-07-10T09:00:00Z")), Some(at("2026-07-13T09:00:00Z")));
        let never = Postmortems::none();
        assert_eq!(never.due(Severity::Critical, at("2026-07-10T09:00:00Z")), None);
        assert_eq!(never.due(Severity::Minor, at("2026-07-10T09:00:00Z")), None);
        assert_eq!(never.next_actions(at("2026-07-10T09:00:00Z")), None);
    }

    #[test]
    fn late_action_items_are_told_once_a_week() {
        let berlin = Postmortems { time_zone: Location::parse("Europe/Berlin").unwrap(), ..Postmortems::default() };
        let next = |after: &str| berlin.next_actions(at(after)).unwrap().to_rfc3339();
        assert_eq!(next("2026-07-10T09:00:00Z"), "2026-07-13T07:00:00+00:00");
        assert_eq!(next("2026-07-13T06:59:59Z"), "2026-07-13T07:00:00+00:00");
        assert_eq!(next("2026-07-13T07:00:00Z"), "2026-07-20T07:00:00+00:00");
        assert_eq!(next("2026-10-19T12:00:00Z"), "2026-10-26T08:00:00+00:00");
        let day = chrono::NaiveDate::from_ymd_opt(2026, 7, 13).unwrap();
        assert_eq!(berlin.late_from(day).to_rfc3339(), "2026-07-13T22:00:00+00:00");
    }

    #[test]
    fn what_can_be_wrong_is_said() {
        let mut written = Postmortems {
            category: "../x".to_owned(),
            title: "{title} {tittle}".to_owned(),
            due_working_days: 91,
            remind: vec!["teem".to_owned()],
            actions_on: Day::Never,
            due_critical: Duration::hours(1),
            ..Postmortems::default()
        };
        written.sections[1].guidance = "a --> b".to_owned();
        written.sections[2].name = "impact".to_owned();
        written.sections[3].level = 1;
        let said: Vec<String> = written.mistakes(&["team"]).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "config: postmortem.category: is a word of letters, digits, `-` and `_`: it is a folder, too",
                "config: postmortem.title: `{tittle}` stands for nothing; known: {title}, {id}, {date}",
                "config: postmortem.due_working_days: is 91; at most 90",
                "config: postmortem.remind[0]: unknown receiver `teem`; did you mean `team`?",
                "config: postmortem.sections[1].guidance: is one line of 500 bytes at most, without `--`, `{` and `}`",
                "config: postmortem.sections[2].name: `impact` is taken",
                "config: postmortem.sections[3].level: is 2, 3 or 4: how many `#` stand before the heading",
            ]
        );
        assert!(Postmortems::default().mistakes(&[]).is_empty());
    }
}
