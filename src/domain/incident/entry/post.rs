//! What happens to a post mortem on its way to a blog.

use crate::ids::DeliveryId;
use serde::{Deserialize, Serialize};

/// A step of a post mortem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "post", rename_all = "snake_case")]
pub enum PostFact {
    /// Somebody carries it to a blog.
    Sent {
        /// Which receiver.
        receiver: String,
        /// Where it goes there.
        path: String,
        /// Its title.
        title: String,
    },
    /// It is there.
    Arrived {
        /// Which receiver.
        receiver: String,
        /// The delivery that brought it.
        delivery: DeliveryId,
        /// Where people read it, or the branch it is on.
        address: String,
        /// People were told this address before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
    },
}
