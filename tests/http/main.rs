//! The HTTP surface against a real server on loopback and a real store: what is let in, what is refused and how.

mod access;
mod api;
mod intake;
mod observe;
mod site;
mod wire;
