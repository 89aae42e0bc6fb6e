//! Pages for people: the list of incidents and the state document of each.

use actix_web::web::ServiceConfig;

/// Adds the pages: `GET` only, behind [`super::gate`] with [`super::auth::Reader`] as extractor.
pub fn configure(cfg: &mut ServiceConfig) {
    let _ = cfg;
}
