//! The loops between the door and the world. The body of each is a step that a test can call.

pub mod chat;
pub mod delivery;
pub mod desk;
pub mod directory;
pub mod engine_loop;
pub mod explain;
pub mod inbox;
pub mod pads;
pub mod questions;
pub mod reconcile;
pub mod replay;
pub mod slack;
pub mod speakers;
pub mod wire;
