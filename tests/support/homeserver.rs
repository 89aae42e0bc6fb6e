//! A homeserver of Matrix with one room, as far as Earlybell uses it: it knows a transaction again, and no event that is not there.

use super::hooks::{Heard, Says, World};
use serde_json::{Value, json};

/// The token it takes.
pub const TOKEN: &str = "syt_a_secret_token";

/// The room that everybody is let into.
pub const ROOM: &str = "!room:bell.test";

/// Takes messages and edits; each with its transaction.
pub fn homeserver(world: &mut World, heard: &Heard) -> Says {
    let says = |status: u16, said: Value| (status, vec![], said.to_string());
    if heard.header("authorization") != format!("Bearer {TOKEN}") {
        return says(401, json!({"errcode": "M_UNKNOWN_TOKEN", "error": "Invalid access token passed."}));
    }
    let Some(body) = heard.json() else { return says(400, json!({"errcode": "M_NOT_JSON", "error": "no JSON"})) };
    let sending = format!("/_matrix/client/v3/rooms/{ROOM}/send/m.room.message/");
    match (heard.method.as_str(), heard.path.strip_prefix(&sending)) {
        ("POST", None) if heard.path.starts_with("/_matrix/client/v3/join/") => says(200, json!({"room_id": ROOM})),
        ("PUT", Some(transaction)) => {
            let place = |world: &World| world.messages.iter().position(|known| known["transaction"] == transaction);
            let related = body["m.relates_to"]["event_id"].as_str();
            let is_known = |id: &str| (0..world.messages.len()).any(|at| id == event(at));
            if place(world).is_none() && related.is_some_and(|id| !is_known(id)) {
                let error = "Can't send a relation to unknown event";
                return says(400, json!({"errcode": "M_UNKNOWN", "error": error}));
            }
            let at = place(world).unwrap_or_else(|| {
                world.messages.push(json!({"transaction": transaction, "content": body}));
                world.messages.len() - 1
            });
            says(200, json!({"event_id": event(at)}))
        }
        _ => says(404, json!({"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"})),
    }
}

fn event(at: usize) -> String {
    format!("$event{at}")
}
