//! What an answer of Slack's Web API, or its absence, means for a notice.

use crate::channels::fault::Fault as Plain;
use crate::channels::peer::{QUOTE_BYTES_MAX, WAIT_MAX};
use domain::delivery::Outcome;
use domain::text;
use std::time::Duration;

/// Something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// As with anybody.
    Plain(Plain),
    /// Slack understood, and says no with this word.
    Refused {
        /// The word.
        error: String,
        /// In words.
        because: String,
    },
}

impl From<Plain> for Fault {
    fn from(fault: Plain) -> Self {
        Self::Plain(fault)
    }
}

/// The parts of an answer that decide, apart from its JSON.
#[derive(Debug, Clone)]
pub struct Answered<'a> {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After`, if it is a number.
    pub retry_after_seconds: Option<u64>,
    /// `error` of an answer with `ok: false`.
    pub error: Option<&'a str>,
    /// `needed` of `missing_scope`.
    pub needed: Option<&'a str>,
}

impl Answered<'_> {
    /// What an answer means that is not a success.
    pub fn fault(&self) -> Fault {
        let after = self.retry_after_seconds.map(|seconds| Duration::from_secs(seconds).min(WAIT_MAX));
        let because = self.words();
        let plain = match (self.status, self.error) {
            (429, _) | (_, Some("ratelimited" | "rate_limited" | "message_limit_exceeded")) => {
                Plain::NotDone { because, after }
            }
            (500.., _) => Plain::Unknown(because),
            (_, Some(error)) => return Fault::Refused { error: error.to_owned(), because },
            (425, None) => Plain::NotDone { because, after },
            // A proxy says 408 when it does not know either; a 2xx that is not JSON comes from somebody in between.
            (0..300 | 408, None) => Plain::Unknown(because),
            (413 | 414 | 431, None) => Plain::Never(because),
            (_, None) => Plain::Setup(because),
        };
        plain.into()
    }

    fn words(&self) -> String {
        let status = self.status;
        let said = match (self.error, self.needed) {
            (Some(error), Some(needed)) => format!("Slack says {error} (needed: {needed})"),
            (Some(error), None) => format!("Slack says {error}"),
            (None, _) if (200..300).contains(&status) => format!("Slack answers {status} without an answer"),
            (None, _) => format!("Slack answers {status}"),
        };
        text::clean_line(&said, QUOTE_BYTES_MAX)
    }
}

impl Fault {
    /// What went wrong.
    pub fn words(&self) -> &str {
        match self {
            Self::Plain(fault) => fault.because(),
            Self::Refused { because, .. } => because,
        }
    }

    /// What it means for the notice.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Plain(fault) => fault.outcome(),
            Self::Refused { error, because } => match class(&error) {
                Class::Later { unsure } => Outcome::Retry { because, after: None, unsure },
                Class::Setup => Outcome::Misconfigured { because },
                Class::Never => Outcome::Fatal { because },
            },
        }
    }

    /// The same about one person: that they can't be reached is no mistake in the configuration of everybody.
    pub fn of_person(self) -> Self {
        match self {
            Self::Refused { error, because } if class(&error) == Class::Setup && !is_about_us(&error) => {
                Plain::Never(because).into()
            }
            other => other,
        }
    }

    /// Whether the thread, or the message to edit, is not there any more or does not take it.
    pub fn is_lost_message(&self) -> bool {
        let words = [
            "thread_not_found",
            "message_not_found",
            "invalid_thread_ts",
            "cannot_reply_to_message",
            "cant_update_message",
            "edit_window_closed",
        ];
        matches!(self, Self::Refused { error, .. } if words.contains(&error.as_str()))
    }

    /// The same, or the channel of the thread takes nothing any longer.
    pub fn is_lost_thread(&self) -> bool {
        // An edit is refused with another word than a new message where the channel is archived.
        let gone = ["is_archived", "is_inactive", "channel_not_found", "not_in_channel"];
        self.is_lost_message() || matches!(self, Self::Refused { error, .. } if gone.contains(&error.as_str()))
    }

    /// Whether we are not allowed to look, or not there: then nobody can tell what an earlier attempt left.
    pub fn is_blind(&self) -> bool {
        let Self::Refused { error, .. } = self else { return false };
        !matches!(class(error), Class::Later { .. }) && !is_about_token(error)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Later { unsure: bool },
    Setup,
    Never,
}

// What is not named here is taken for a mistake in the configuration: kept, tried again now and then, shown at once.
fn class(error: &str) -> Class {
    match error {
        // "It's possible some aspect of the operation succeeded before the error was raised."
        "internal_error" | "fatal_error" => Class::Later { unsure: true },
        "request_timeout" | "service_unavailable" | "team_added_to_org" => Class::Later { unsure: false },
        "no_text" | "msg_too_long" | "msg_blocks_too_long" | "too_many_attachments" | "json_not_object" => Class::Never,
        "missing_post_type" => Class::Never,
        "invalid_auth" => Class::Setup,
        _ if error.starts_with("invalid_") || error.starts_with("metadata_") => Class::Never,
        _ => Class::Setup,
    }
}

// The token, its scopes, or the whole workspace.
pub(super) fn is_about_us(error: &str) -> bool {
    is_about_token(error)
        || matches!(
            error,
            "missing_scope"
                | "not_allowed_token_type"
                | "no_permission"
                | "access_denied"
                | "org_login_required"
                | "ekm_access_denied"
                | "team_access_not_granted"
                | "two_factor_setup_required"
                | "enterprise_is_restricted"
                | "unknown_method"
        )
}

fn is_about_token(error: &str) -> bool {
    matches!(error, "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired")
}
