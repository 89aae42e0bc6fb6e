//! Every refusal over HTTP: its status code and its sentence. The one place where errors become status codes.

use crate::app::desk::DeskError;
use crate::app::directory::NotChanged;
use crate::app::inbox::CommandError;
use crate::app::questions::NoAnswer;
use crate::app::wire::WireError;
use crate::store::StoreError;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use domain::directory::by_hand::Refused;
use domain::ids::InputSeq;
use domain::incident::Refusal;
use domain::verbs::{Misunderstood, Spelling};
use serde_json::json;

/// Why a request is not done as asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The body is not JSON.
    #[error("{0}")]
    NotJson(String),
    /// JSON, or a parameter, of the wrong shape.
    #[error("{0}")]
    Shape(String),
    /// Nobody we know; a credential is missing or wrong.
    #[error("{0}")]
    Unauthorized(String),
    /// Somebody we know, who may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// No such thing.
    #[error("{0}")]
    NotFound(String),
    /// The thing is there, but not in a state for this.
    #[error("{0}")]
    Conflict(String),
    /// This path has other methods.
    #[error("{text}")]
    Method {
        /// The methods it has.
        allow: String,
        /// What to do instead.
        text: String,
    },
    /// The body takes too long.
    #[error("the body was not complete after {seconds} seconds")]
    Slow {
        /// How long it had.
        seconds: u64,
    },
    /// The body is too large.
    #[error("the body is larger than {bytes_max} bytes; send less at once (`max_alerts`), or raise --web.max-body")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// The body is compressed.
    #[error("the body has Content-Encoding `{0}`; send it as it is, without compression")]
    Encoding(String),
    /// The body ended before it was complete.
    #[error("the body broke off: {0}")]
    Broken(String),
    /// Too much is held in memory already.
    #[error("too many bodies are being read at once; send it again")]
    Busy,
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A part of this program is not there or does not move.
    #[error("{0}")]
    NotReady(String),
    /// Taken, but not decided yet.
    #[error("taken as input {0}, but not decided yet; look at the incident before you repeat it")]
    Undecided(InputSeq),
    /// The engine refused, with its reason.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The same, with commands written as they are where it was said.
    #[error("{text}")]
    RefusedIn {
        /// Why.
        refusal: Refusal,
        /// In words.
        text: String,
    },
    /// A line that is no command.
    #[error("{text}")]
    Misunderstood {
        /// Why.
        trouble: Misunderstood,
        /// In words.
        text: String,
    },
    /// The new configuration is wrong; the one before stays.
    #[error("{0}")]
    BadConfig(String),
    /// A bug, or a machine that does not work.
    #[error("{0}")]
    Internal(String),
}

impl From<super::token::NoRandomness> for Failure {
    fn from(none: super::token::NoRandomness) -> Self {
        Self::Internal(none.to_string())
    }
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::Undecided(_) => StatusCode::ACCEPTED,
            Self::NotJson(_) | Self::Broken(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Slow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Shape(_) | Self::Misunderstood { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Refused(refusal) | Self::RefusedIn { refusal, .. } => refused(refusal),
            Self::BadConfig(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            // Never 429 or another 4xx: Alertmanager repeats only after 5xx (notify/util.go), and only then soon.
            Self::Busy | Self::Store(_) | Self::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn body(&self) -> String {
        let text = match self {
            Self::Refused(refusal) => refusal.words(&Spelling::cli()),
            _ => self.to_string(),
        };
        match self {
            Self::Undecided(input) => json!({"status": "undecided", "input": input, "text": text}),
            Self::Refused(refusal) | Self::RefusedIn { refusal, .. } => {
                json!({"status": "refused", "error": text, "refusal": refusal})
            }
            Self::Misunderstood { trouble, .. } => {
                json!({"status": "misunderstood", "error": text, "misunderstood": trouble})
            }
            _ => json!({"status": "error", "error": text}),
        }
        .to_string()
    }
}

fn refused(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Unknown { .. } | Refusal::NoAlert { .. } | Refusal::NoTodo { .. } => StatusCode::NOT_FOUND,
        Refusal::NotAllowed { .. } | Refusal::RoleNotYours { .. } => StatusCode::FORBIDDEN,
        Refusal::Words { .. } | Refusal::UnknownName { .. } | Refusal::WhichRole { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Refusal::NotOpen { .. }
        | Refusal::Covered { .. }
        | Refusal::StillOpen { .. }
        | Refusal::Already { .. }
        | Refusal::Merged { .. }
        | Refusal::Conflict { .. }
        | Refusal::SectionConflict(_)
        | Refusal::LongOver { .. }
        | Refusal::Apart { .. }
        | Refusal::NoSplit { .. }
        | Refusal::NothingToUndo { .. }
        | Refusal::Lasting { .. }
        | Refusal::MovedOn { .. }
        | Refusal::NotPreExisting { .. }
        | Refusal::StillTrue { .. }
        | Refusal::RoleHeld { .. }
        | Refusal::NoOffer { .. }
        | Refusal::StillFiring { .. } => StatusCode::CONFLICT,
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        match self {
            Self::Unauthorized(_) => {
                // Basic, so that a browser asks for name and token; Bearer works as well.
                response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"earlybell\", charset=\"UTF-8\""));
            }
            Self::Method { allow, .. } => {
                response.insert_header((ALLOW, allow.as_str()));
            }
            Self::Busy | Self::Store(_) => {
                response.insert_header((RETRY_AFTER, "1"));
            }
            // What is left of such a body is not worth reading.
            Self::Slow { .. } | Self::TooLarge { .. } | Self::Encoding(_) => {
                response.force_close();
            }
            _ => {}
        }
        response.insert_header((CONTENT_TYPE, "application/json")).body(self.body())
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        match error {
            WireError::NotJson(_) => Self::NotJson(error.to_string()),
            WireError::Shape(text) => Self::Shape(text),
        }
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Store(error) => Self::Store(error),
            CommandError::Undecided(input) => Self::Undecided(input),
        }
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Store(error) => Self::Store(error),
            DeskError::Command(error) => error.into(),
            DeskError::Explain(error) => error.into(),
        }
    }
}

impl From<NotChanged> for Failure {
    fn from(error: NotChanged) -> Self {
        match error {
            NotChanged::Store(error) => Self::Store(error),
            NotChanged::Refused(Refused::Wrong(text)) => Self::Shape(text),
            NotChanged::Refused(Refused::Conflict(text)) => Self::Conflict(text),
            NotChanged::Refused(Refused::Missing(text)) => Self::NotFound(text),
        }
    }
}

impl From<NoAnswer> for Failure {
    fn from(error: NoAnswer) -> Self {
        match error {
            NoAnswer::Failed => Self::Internal(error.to_string()),
            NoAnswer::Busy | NoAnswer::NotRunning | NoAnswer::Late => Self::NotReady(error.to_string()),
        }
    }
}
