//! Inputs as bytes: what stands in the inbox, and what it means.

use crate::store::{InputKind, StoredInput};
use domain::engine::Input;
pub mod alertmanager;
mod fields;
mod lossy;
pub mod observed;
pub mod poll;
pub mod push;
pub mod recorder;
mod time;

/// Why a body can't be understood; a sentence for whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Not JSON at all.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// JSON, but not this message.
    #[error("{0}")]
    Shape(String),
}

/// Reads a stored input back. What was accepted once is always understood later; an error is a bug or a broken disk.
pub fn decode(stored: &StoredInput) -> Result<Input, WireError> {
    let shape = |e: serde_json::Error| WireError::Shape(e.to_string());
    Ok(match stored.kind {
        InputKind::Webhook => Input::Alerts(alertmanager::batch(&stored.source, &stored.body)?),
        InputKind::Push => Input::Alerts(push::batch(&stored.source, &stored.body, stored.at)?),
        InputKind::Events => Input::Events(recorder::events(&stored.source, &stored.body)?),
        InputKind::Poll => Input::Poll(push::poll(&stored.source, &stored.body)?),
        InputKind::Command => Input::Command(serde_json::from_slice(&stored.body).map_err(shape)?),
        InputKind::Outcome => Input::Outcome(serde_json::from_slice(&stored.body).map_err(shape)?),
        InputKind::Policy => Input::Policy(serde_json::from_slice(&stored.body).map_err(shape)?),
        InputKind::Directory => Input::Directory(serde_json::from_slice(&stored.body).map_err(shape)?),
        InputKind::Acted => Input::Acted(serde_json::from_slice(&stored.body).map_err(shape)?),
        InputKind::Tick => Input::Tick,
        InputKind::Started => Input::Started,
    })
}

#[cfg(test)]
mod tests;
