//! Signing in at an OpenID Connect provider: the code flow with PKCE, `state` and `nonce`.
//!
//! `flow` are the two pages of ours, `sealed` what a browser keeps between them, `provider` what the provider publishes
//! and answers, `keys` and `jwt` who signed an ID token and what it must say, `person` who it is about.

pub mod flow;
pub mod jwt;
pub mod keys;
pub mod person;
pub mod provider;
pub mod sealed;
