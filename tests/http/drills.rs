//! Drills over HTTP: alerts of nothing, which come in, declare, end, and are counted nowhere.

use crate::explain::Engine;
use crate::site::WEBHOOK;
use crate::wire::{Answer, Request};
use chrono::TimeDelta;
use domain::drill::ALERTS_MAX;
use domain::ids::InputSeq;
use earlybell::clock::Clock;
use earlybell::store::{AuditFilter, AuditFrom, Role, Store};
use serde_json::{Value, json};

struct Drill {
    engine: Engine,
    token: String,
}

impl Drill {
    async fn start() -> Self {
        let engine = Engine::start().await;
        let token = engine.site.token("mona", Role::Manager).await;
        Self { engine, token }
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        let answer = self.engine.site.call(Request::post(path, body.to_owned()).bearer(&self.token)).await;
        if let Some(input) = answer.json()["input"].as_u64() {
            self.engine.decided(InputSeq(input)).await;
        }
        answer
    }

    async fn send(&self, alert: Value) -> Answer {
        self.post("/api/v1/drills", &json!({"name": "march", "alerts": [alert]}).to_string()).await
    }

    async fn get(&self, path: &str) -> Value {
        self.engine.site.call(Request::get(path).bearer(&self.token)).await.json()
    }

    // What goes on: drills with what fires and which incidents are open.
    async fn standing(&self) -> String {
        let drills = self.get("/api/v1/drills").await;
        let rows = drills["drills"].as_array().unwrap().iter();
        rows.map(|row| format!("{} {} {}", row["name"].as_str().unwrap(), row["firing"], row["incidents"]))
            .collect::<Vec<_>>()
            .join("; ")
    }
}

#[tokio::test]
async fn alerts_of_a_drill_declare_an_incident_that_is_one() {
    let drill = Drill::start().await;
    let down = json!({"labels": {"alertname": "Down"}, "annotations": {"summary": "no answer"}});
    let sent = drill.send(down.clone()).await;
    assert_eq!((sent.status, sent.json()["text"].as_str().unwrap()), (200, "drill march begins 1 alert"));
    let incident = drill.get("/api/v1/incidents/1").await;
    assert_eq!((&incident["incident"]["drill"], &incident["incident"]["rule"]), (&json!(true), &json!("Down")));
    assert_eq!(incident["incident"]["labels"]["earlybell_drill"], "march");
    assert_eq!(
        (&incident["alerts"][0]["source"], &incident["alerts"][0]["state"]),
        (&json!("drill"), &json!("firing"))
    );
    assert_eq!(drill.standing().await, "march 1 [1]");
    // Said again it is the same alert; over, it is over.
    drill.send(down.clone()).await;
    let incident = drill.get("/api/v1/incidents/1").await;
    assert_eq!((&incident["incident"]["alerts"], &incident["incident"]["firing"]), (&json!(1), &json!(1)));
    let over = drill.send(json!({"labels": {"alertname": "Down"}, "over": true})).await;
    assert_eq!(over.json()["text"], "drill march ends 1 alert");
    assert_eq!(drill.standing().await, "march 0 [1]");
    // And begins anew.
    drill.send(down).await;
    assert_eq!(drill.standing().await, "march 1 [1]");
    drill.engine.stop().await;
}

#[tokio::test]
async fn a_drill_that_everybody_forgot_ends_by_itself() {
    let drill = Drill::start().await;
    drill.send(json!({"labels": {"alertname": "Down"}})).await;
    drill.send(json!({"labels": {"alertname": "Down", "instance": "b"}, "for": "10m"})).await;
    let mut seen = Vec::new();
    for minutes in [9, 1, 49, 1] {
        drill.engine.clock.advance(TimeDelta::minutes(minutes));
        // Time passes by the next input, whatever it is.
        drill.send(json!({"labels": {"alertname": "Other"}, "over": true})).await;
        seen.push(drill.standing().await);
    }
    assert_eq!(seen, ["march 2 [1]", "march 1 [1]", "march 1 [1]", "march 0 [1]"]);
    drill.engine.stop().await;
}

#[tokio::test]
async fn a_drill_is_stopped_by_its_name_and_no_other_is() {
    let drill = Drill::start().await;
    drill.send(json!({"labels": {"alertname": "Down"}, "annotations": {"summary": "no answer"}})).await;
    drill.post("/api/v1/drills", r#"{"name": "april", "alerts": [{"labels": {"alertname": "Down"}}]}"#).await;
    let source = drill.engine.site.token("default", Role::Ingest).await;
    let alert = json!({"status": "firing", "labels": {"alertname": "Down"}, "startsAt": drill.engine.clock.now()});
    let body = json!({"version": "4", "alerts": [alert]}).to_string();
    let real = drill.engine.site.call(Request::post(WEBHOOK, body).bearer(&source)).await;
    drill.engine.decided(InputSeq(real.json()["input"].as_u64().unwrap())).await;
    assert_eq!(drill.standing().await, "april 1 [2]; march 1 [1]");
    let stopped = drill.post("/api/v1/drills/march/stop", "").await;
    assert_eq!((stopped.status, &stopped.json()["text"]), (200, &json!("drill march ends 1 alert")));
    assert_eq!(drill.standing().await, "april 1 [2]; march 0 [1]");
    let again = drill.post("/api/v1/drills/march/stop", "").await;
    assert_eq!((again.status, &again.json()["text"]), (200, &json!("nothing of drill march fires")));
    assert_eq!(drill.post("/api/v1/drills/m%2Fx/stop", "").await.status, 404);
    // What is real fires on.
    let real = drill.get("/api/v1/incidents/3").await;
    assert_eq!((&real["incident"]["drill"], &real["incident"]["firing"]), (&json!(false), &json!(1)));
    drill.engine.stop().await;
}

#[tokio::test]
async fn what_is_sent_must_make_sense_and_leaves_a_record() {
    let drill = Drill::start().await;
    let alert =
        |alert: &str| format!(r#"{{"name": "march", "alerts": [{{"labels": {{"alertname": "Down"}}}}, {alert}]}}"#);
    let many = vec![json!({"labels": {"alertname": "Down"}}); ALERTS_MAX + 1];
    let labels: String = (0..65).map(|at| format!(r#""l{at}": "x","#)).collect();
    let wrong = [
        (r#"{"name": "a b", "alerts": []}"#.to_owned(), "`a b` is no name of a drill"),
        (r#"{"name": "march", "alerts": []}"#.to_owned(), "alerts: are 0; send 1 to 100 at once"),
        (json!({"name": "march", "alerts": many}).to_string(), "alerts: are 101; send 1 to 100 at once"),
        (r#"{"name": "march", "alrets": []}"#.to_owned(), "did you mean `alerts`?"),
        (alert(r#"{"labels": {}}"#), "alerts[1]: labels: are missing"),
        (alert(r#"{"labels": {"alertname": ""}}"#), "alerts[1]: labels: are missing"),
        (alert(&format!(r#"{{"labels": {{{labels} "a": "b"}}}}"#)), "alerts[1]: has more than 64 labels"),
        (alert(r#"{"labels": {"a": "b", "earlybell_drill": "x"}}"#), "set by the name of the drill; leave it out"),
        (alert(r#"{"labels": {"a": "b"}, "for": "0s"}"#), "alerts[1]: for: is 0s; write up to 1d"),
        (alert(r#"{"labels": {"a": "b"}, "for": "2d"}"#), "alerts[1]: for: is 2d; write up to 1d"),
        (alert(r#"{"labels": {"a": "b"}, "for": "1m", "over": true}"#), "leave one out"),
    ];
    for (body, said) in wrong {
        let refused = drill.post("/api/v1/drills", &body).await;
        assert!(matches!(refused.status, 400 | 422) && refused.error().contains(said), "{body}: {}", refused.body);
    }
    drill.send(json!({"labels": {"alertname": "Down"}})).await;
    drill.post("/api/v1/drills/march/stop", "").await;
    let filter = AuditFilter { incident: None, since: None, from: AuditFrom::After(0), max: 10 };
    let records = drill.engine.site.store.audit().records(filter).await.unwrap();
    let said: Vec<String> = records.iter().map(|one| format!("{}: {}", one.record.actor, one.record.what)).collect();
    assert_eq!(said, ["mona: drill march begins 1 alert", "mona: drill march ends 1 alert"]);
    drill.engine.stop().await;
}

#[tokio::test]
async fn practice_is_in_no_figure() {
    let drill = Drill::start().await;
    let figures = async || drill.engine.site.store.figures(drill.engine.clock.now()).await.unwrap();
    let before = figures().await;
    drill.send(json!({"labels": {"alertname": "Down"}})).await;
    let after = figures().await;
    assert_eq!((after.open_alerts, &after.incidents, &after.roles_open), (0, &before.incidents, &before.roles_open));
    assert_eq!(after.last_seen, before.last_seen, "a drill is no source that could fall silent");
    drill.engine.stop().await;
}

#[tokio::test]
async fn a_drill_that_is_over_has_its_score_on_its_page() {
    let drill = Drill::start().await;
    drill.send(json!({"labels": {"alertname": "Down"}})).await;
    let page = async |path: &str, token: Option<&str>| {
        let request = Request::get(path);
        let request = if let Some(token) = token { request.bearer(token) } else { request };
        drill.engine.site.call(request).await
    };
    let token = Some(drill.token.as_str());
    assert!(
        !page("/incidents/1", token).await.body.contains("How the drill went"),
        "while it goes on nobody looks at it"
    );
    drill.engine.clock.advance(TimeDelta::seconds(90));
    drill.post("/api/v1/incidents/1/take", "{}").await;
    let body = r#"{"code": "test", "reason": "enough"}"#;
    assert_eq!(drill.post("/api/v1/incidents/1/calloff", body).await.status, 200);
    let score = &drill.get("/api/v1/incidents/1/score").await["score"];
    assert_eq!((&score["claims"][0]["after_seconds"], &score["end"]["by"]), (&json!(90), &json!("mona")));
    let html = page("/incidents/1", token).await.body;
    assert!(html.contains("How the drill went") && html.contains("mona after 1m30s"), "{html}");
    let markdown = page("/incidents/1.md", token).await.body;
    assert!(markdown.contains("- incident manager: mona after 1m30s\n"), "{markdown}");
    assert_eq!(page("/incidents/1.json", token).await.json()["score"], *score);
    // What is real is not scored.
    drill.post("/api/v1/incidents", r#"{"title": "The disk dies"}"#).await;
    let refused = page("/api/v1/incidents/2/score", token).await;
    assert_eq!((refused.status, refused.error().as_str()), (409, "INC-2 is no drill; only practice is scored"));
    assert_eq!(page("/api/v1/incidents/9/score", token).await.status, 404);
    drill.engine.stop().await;
}
