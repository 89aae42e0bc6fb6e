//! A status message of an Open Build Service: what it shows, or that it goes; as the words of a delivery.

use super::Content;
use crate::text::{clean, clean_line};
use serde::{Deserialize, Serialize};

/// Longest text of a message, in bytes: the column there takes 65,535.
pub const TEXT_BYTES_MAX: usize = 60_000;

/// Longest mark, in bytes.
pub const MARK_BYTES_MAX: usize = 2_000;

const HEADLINE_BYTES_MAX: usize = 400;

/// What the one message about an incident is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Shown, or gone.
    pub act: StatusAct,
    /// How bad it looks.
    pub severity: MessageSeverity,
    /// Who sees it.
    pub scope: MessageScope,
    /// What it is found by: the address of the incident's page, which stands in the text.
    pub mark: String,
    /// In one line.
    pub headline: String,
    /// All of it, in Markdown.
    pub text: String,
}

/// What happens to the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusAct {
    /// It shows this.
    Show,
    /// It goes; the text says why.
    Withdraw,
}

/// How bad a message looks there: the words of the Open Build Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageSeverity {
    /// No judgement.
    Information,
    /// All is well.
    Green,
    /// Some things are not.
    Yellow,
    /// Nothing is.
    Red,
    /// A banner, until each user has acknowledged it.
    Announcement,
}

impl MessageSeverity {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Information, Self::Green, Self::Yellow, Self::Red, Self::Announcement];

    /// As the Open Build Service writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
            Self::Announcement => "announcement",
        }
    }
}

/// Who sees a message: the words of the Open Build Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageScope {
    /// Whoever opens a page.
    AllUsers,
    /// Whoever is logged in.
    LoggedInUsers,
    /// Administrators.
    AdminUsers,
    /// Users who try out what is new.
    InBetaUsers,
    /// Users who get it before others.
    InRolloutUsers,
}

impl MessageScope {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::AllUsers, Self::LoggedInUsers, Self::AdminUsers, Self::InBetaUsers, Self::InRolloutUsers];

    /// As the Open Build Service writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::AllUsers => "all_users",
            Self::LoggedInUsers => "logged_in_users",
            Self::AdminUsers => "admin_users",
            Self::InBetaUsers => "in_beta_users",
            Self::InRolloutUsers => "in_rollout_users",
        }
    }
}

// The heads of a status in a delivery, in this order, before an empty line and the text.
const ACT: &str = "Message: ";
const SEVERITY: &str = "Severity: ";
const SCOPE: &str = "Scope: ";
const MARK: &str = "Mark: ";

const SHOWN: &str = "shown";
const WITHDRAWN: &str = "withdrawn";

impl Status {
    /// As it stands in the outbox: a few heads, an empty line, and the text.
    pub fn content(&self) -> Content {
        let act = if self.act == StatusAct::Withdraw { WITHDRAWN } else { SHOWN };
        let mark = clean_line(&self.mark, MARK_BYTES_MAX);
        let mut text = clean(self.text.trim(), TEXT_BYTES_MAX);
        // Without it nobody would find it again.
        if !mark.is_empty() && !text.contains(&mark) {
            text.push_str(&format!("\n\n<{mark}>"));
        }
        let heads =
            format!("{ACT}{act}\n{SEVERITY}{}\n{SCOPE}{}\n{MARK}{mark}\n", self.severity.word(), self.scope.word());
        Content { subject: clean_line(&self.headline, HEADLINE_BYTES_MAX), body: format!("{heads}\n{text}") }
    }

    /// Reads it back.
    pub fn read(content: &Content) -> Result<Self, String> {
        let mut rest = content.body.as_str();
        let mut head = |name: &str| {
            let missing = || format!("this is no status message: `{}` is missing", name.trim_end());
            let (line, after) = rest.split_once('\n').ok_or_else(missing)?;
            let value = line.strip_prefix(name).ok_or_else(missing)?;
            rest = after;
            Ok::<_, String>(value.to_owned())
        };
        let (act, severity, scope, mark) = (head(ACT)?, head(SEVERITY)?, head(SCOPE)?, head(MARK)?);
        let act = match act.as_str() {
            SHOWN => StatusAct::Show,
            WITHDRAWN => StatusAct::Withdraw,
            other => return Err(format!("this is no status message: it is `{other}`")),
        };
        let unknown = |what: &str, word: &str| format!("this is no status message: unknown {what} `{word}`");
        let known = MessageSeverity::ALL.into_iter().find(|known| known.word() == severity);
        let severity = known.ok_or_else(|| unknown("severity", &severity))?;
        let known = MessageScope::ALL.into_iter().find(|known| known.word() == scope);
        let scope = known.ok_or_else(|| unknown("scope", &scope))?;
        let text = rest.strip_prefix('\n').ok_or("this is no status message: no empty line before its text")?;
        if text.trim().is_empty() || mark.is_empty() {
            return Err("this is no status message: it says nothing".to_owned());
        }
        Ok(Self { act, severity, scope, mark, headline: content.subject.clone(), text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: &str) -> Status {
        Status {
            act: StatusAct::Show,
            severity: MessageSeverity::Red,
            scope: MessageScope::AllUsers,
            mark: "https://bell.example.org/incidents/42".to_owned(),
            headline: "INC-42 suspected (major): Down".to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_status_is_read_back_as_it_was_written() {
        for severity in MessageSeverity::ALL {
            for scope in MessageScope::ALL {
                for act in [StatusAct::Show, StatusAct::Withdraw] {
                    let text = "**Down**\n\nSeverity: green\n\n<https://bell.example.org/incidents/42>";
                    let status = Status { act, severity, scope, ..status(text) };
                    assert_eq!(Status::read(&status.content()).unwrap(), status);
                }
            }
        }
    }

    #[test]
    fn what_it_is_found_by_is_always_in_it_and_it_is_never_empty() {
        let long = "x".repeat(2 * TEXT_BYTES_MAX);
        for text in ["", "\n \n", "words", &long] {
            let read = Status::read(&status(text).content()).unwrap();
            assert!(read.text.ends_with("<https://bell.example.org/incidents/42>"), "{text}");
            assert!(read.text.len() < 65_535);
        }
    }

    #[test]
    fn what_is_no_status_is_said_so() {
        for body in [
            "",
            "words",
            "Message: shown\nSeverity: purple\nScope: all_users\nMark: m\n\nm",
            "Message: shown\nSeverity: red\nScope: nobody\nMark: m\n\nm",
            "Message: hidden\nSeverity: red\nScope: all_users\nMark: m\n\nm",
            "Message: shown\nSeverity: red\nScope: all_users\nMark: m\n\n \n",
            "Message: shown\nSeverity: red\nScope: all_users\nMark: m\nm",
        ] {
            let content = Content { subject: "x".to_owned(), body: body.to_owned() };
            assert!(Status::read(&content).unwrap_err().starts_with("this is no status message: "), "{body}");
        }
    }
}
