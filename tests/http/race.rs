//! Two people at the same time, on two surfaces, in front of one running engine: one wins, and the other is told who.

use crate::explain::Engine;
use crate::session::FORM;
use crate::site::Session;
use crate::wire::{Answer, Request};
use earlybell::store::Role;
use serde_json::{Value, json};

const ROUNDS: u64 = 1_000;
const OTHER_ROUNDS: u64 = 50;

struct Two {
    engine: Engine,
    web: Session,
    api: String,
}

impl Two {
    // Bea clicks, Carl types.
    async fn start() -> Self {
        let engine = Engine::start().await;
        let web = engine.site.session("bea", Role::Manager).await;
        let api = engine.site.token("carl", Role::Manager).await;
        Self { engine, web, api }
    }

    async fn declared(&self, title: &str) -> u64 {
        let body = json!({"title": title}).to_string();
        let answer = self.engine.site.call(Request::post("/api/v1/incidents", body).bearer(&self.api)).await;
        let id = answer.json()["incident"].as_u64();
        id.unwrap_or_else(|| panic!("{}", answer.body))
    }

    async fn clicks(&self, incident: u64, verb: &str, fields: &str) -> Answer {
        let body = format!("{fields}&key=K{incident}&csrf={}", self.web.csrf);
        let request = Request::post(&format!("/incidents/{incident}/do/{verb}"), body).header("Content-Type", FORM);
        self.engine.site.call(request.header("Cookie", &self.web.cookie).header("Accept", "text/html")).await
    }

    async fn types(&self, line: &str) -> Answer {
        let body = json!({"line": line}).to_string();
        self.engine.site.call(Request::post("/api/v1/command", body).bearer(&self.api)).await
    }

    async fn incident(&self, incident: u64) -> Value {
        let request = Request::get(&format!("/api/v1/incidents/{incident}")).bearer(&self.api);
        self.engine.site.call(request).await.json()["incident"].clone()
    }
}

// Who won; both or neither is wrong.
fn winner(clicked: &Answer, typed: &Answer) -> &'static str {
    match (clicked.status, typed.status) {
        (303, 409) => "bea",
        (409, 200) => "carl",
        (clicked_status, typed_status) => {
            panic!("{clicked_status} and {typed_status}:\n{}\n{}", clicked.body, typed.body)
        }
    }
}

#[tokio::test]
async fn of_two_who_take_the_lead_at_once_one_has_it_and_the_other_is_told_who() {
    let two = Two::start().await;
    let mut won = [0, 0];
    for round in 0..ROUNDS {
        let id = two.declared(&format!("It burns, {round}")).await;
        let line = format!("take #{id} incident_manager");
        let (clicked, typed) = tokio::join!(two.clicks(id, "take", "role=incident_manager"), two.types(&line));
        let winner = winner(&clicked, &typed);
        let told = if winner == "bea" { &typed.body } else { &clicked.body };
        assert!(told.contains(winner) && told.contains("since"), "round {round}: {told}");
        assert_eq!(two.incident(id).await["roles"]["held"]["incident_manager"]["person"], winner, "round {round}");
        won[usize::from(winner == "carl")] += 1;
    }
    println!("bea won {} times, carl {}", won[0], won[1]);
    two.engine.stop().await;
}

#[tokio::test]
async fn an_incident_ends_once_however_many_end_it() {
    let two = Two::start().await;
    for round in 0..OTHER_ROUNDS {
        let id = two.declared(&format!("It burns, {round}")).await;
        let line = format!("resolve #{id} it is over");
        let (clicked, typed) = tokio::join!(two.clicks(id, "calloff", "code=test&reason=we+tried"), two.types(&line));
        let stage = if winner(&clicked, &typed) == "bea" { "called off" } else { "resolved" };
        assert_eq!(two.incident(id).await["stage"], stage);
        let told = if stage == "resolved" { &clicked.body } else { &typed.body };
        assert!(told.contains(stage), "{told}");
    }
    two.engine.stop().await;
}

#[tokio::test]
async fn a_hand_over_that_is_accepted_while_it_is_taken_back_has_one_holder() {
    let two = Two::start().await;
    for round in 0..OTHER_ROUNDS {
        let id = two.declared(&format!("It burns, {round}")).await;
        assert_eq!(two.types(&format!("take #{id} operations")).await.status, 200);
        assert_eq!(two.types(&format!("handover #{id} operations bea")).await.status, 200);
        let undo = format!("undo #{id}");
        let (clicked, typed) = tokio::join!(two.clicks(id, "accept", "role=operations"), two.types(&undo));
        let holder = two.incident(id).await["roles"]["held"]["operations"]["person"].clone();
        assert_eq!(holder, winner(&clicked, &typed), "round {round}");
    }
    two.engine.stop().await;
}
