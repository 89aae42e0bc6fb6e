//! Signing in and out of the pages: by a password of ours, with a token, or at an OIDC provider. `docs/access.md` is what
//! people read about it.

pub mod limit;
pub mod local;
pub mod next;
pub mod out;
pub mod page;
pub mod password;
pub mod people;
pub mod totp;
