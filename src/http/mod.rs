//! The HTTP surface: webhook, API, pages, metrics, health. Handlers translate; they decide nothing.

pub mod api;
mod audited;
pub mod auth;
pub mod body;
pub mod cookie;
pub mod csrf;
pub mod error;
pub mod form;
pub mod gate;
pub mod health;
pub mod login;
pub mod logins;
pub mod oidc;
pub mod openapi;
pub mod pages;
pub mod proxy;
pub mod routes;
pub mod server;
pub mod session;
pub mod site;
pub mod slack;
pub mod token;
pub mod tokens;
pub mod webhook;
pub mod who;

pub use server::{Bound, Running, ServeError, refuse_unprotected, serve};
pub use site::{Limits, Parts, Reload, Site};
