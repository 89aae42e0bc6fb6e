//! The JSON API, one file per noun. Exact shapes stand in `docs/api.md`.

pub mod actions;
pub mod audit;
pub mod bodies;
pub mod commands;
pub mod drills;
pub mod explain;
pub mod incidents;
pub mod logins;
pub mod outbox;
pub mod past;
pub mod people;
pub mod postmortem;
pub mod quarantine;
pub mod receivers;
pub mod review;
pub mod search;
pub mod shape;
pub mod squads;
pub mod stats;
pub mod status;
pub mod strict;
pub mod tokens;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use serde_json::Value;

/// Items of a list, unless `limit` says otherwise.
pub const PAGE: usize = 50;

/// Most items of a list.
pub const PAGE_MAX: usize = 500;

fn answer(status: StatusCode, value: &Value) -> HttpResponse {
    HttpResponse::build(status).insert_header((CONTENT_TYPE, "application/json")).body(value.to_string())
}

fn ok(value: &Value) -> HttpResponse {
    answer(StatusCode::OK, value)
}
