//! What people type in chats: from a line in a channel to the desk, and its answer back.

pub mod irc;
mod pace;
