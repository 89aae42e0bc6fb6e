//! The pages of a server in a real browser: deep condition trees, long names, many alerts.

use crate::browser::look;
use crate::explain::Engine;
use crate::wire::Request;
use domain::incident::{Act, CallOffCode};
use serde_json::json;

// A name without a place to break, one of many words, and one that is written from right to left.
const LONG: &str = "HAProxyHighHttp5xxErrorRateBackendOfTheWholeBuildServiceInAllRegionsAndZones";
const WORDS: &str = "Several hosts of one service are slow, and users of the build service see errors again and again";
const ARABIC: &str = "خدمة البناء لا تستجيب للطلبات منذ عشر دقائق على جميع الخوادم";

fn rules() -> String {
    let deep = json!({"any": [
        {"alerts": ["alertname = Down"], "at_least": 3, "distinct": ["instance"]},
        {"all": [
            {"alerts": [format!("alertname = {LONG}"), "severity =~ \"critical|page\""]},
            {"any": [
                {"alerts": ["alertname = Slow", format!("job = \"{WORDS}\"")], "for": "2m"},
                {"all": [{"alerts": ["alertname = Slow"], "at_least": 7}, {"alerts": [format!("alertname = \"{ARABIC}\"")]}]},
            ]},
        ]},
    ]});
    json!({"groups": [{"name": "everything", "rules": [
        {"incident": LONG, "when": {"alerts": ["alertname = Down"]}},
        {"incident": WORDS, "when": deep},
        {"incident": ARABIC, "correlate_by": ["instance"], "when": {"alerts": ["alertname = Slow"]}, "mode": "shadow"},
    ]}]})
    .to_string()
}

#[tokio::test]
async fn pages_can_be_read() {
    let engine = Engine::with_rules(&rules()).await;
    let empty = page(&engine, "/").await;
    for number in 0..14 {
        let instance = if number == 3 { LONG.to_owned() } else { format!("web{number}.example.org:9100") };
        engine.fires(&json!({"alertname": "Down", "severity": "critical", "instance": instance, "job": WORDS})).await;
        engine.clock.advance(chrono::TimeDelta::minutes(7));
    }
    engine.fires(&json!({"alertname": "Slow", "instance": LONG, ARABIC: ARABIC})).await;
    engine.act(1, Act::Note { text: LONG.repeat(4) }).await;
    engine.act(1, Act::Confirm { text: WORDS.to_owned() }).await;
    engine.act(2, Act::CallOff { code: CallOffCode::Flapping, reason: format!("{WORDS}\n{ARABIC}") }).await;
    let people = [
        json!({"name": "a".repeat(64), "full_name": WORDS, "email": format!("{}@example.org", "b".repeat(60))}),
        json!({"name": "bert", "full_name": ARABIC, "slack": "U0BERT", "time_zone": "America/Argentina/ComodRivadavia"}),
    ];
    for person in people {
        let added = engine.site.call(Request::post("/api/v1/people", person.to_string())).await;
        assert_eq!(added.status, 201, "{}", added.body);
    }
    let squad = json!({"name": "S".repeat(64), "members": ["bert", "a".repeat(64)]});
    assert_eq!(engine.site.call(Request::post("/api/v1/squads", squad.to_string())).await.status, 201);
    let encoded: String = ARABIC.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let ask = "/rules?labels=%7Balertname%3D%22Slow%22%2Cjob%3D%22x%22%7D";
    let mut pages = vec![("empty-list", empty)];
    for (name, path) in [
        ("list", "/"),
        ("incident", "/incidents/1"),
        ("called-off", "/incidents/2"),
        ("rules", "/rules"),
        ("question", ask),
        ("rule", &format!("/rules/{LONG}")),
        ("trial", &format!("/rules/{encoded}")),
        ("people", "/people"),
        ("receivers", "/receivers"),
        ("deliveries", "/deliveries"),
        ("quarantine", "/quarantine"),
        ("lost", "/nowhere"),
    ] {
        pages.push((name, page(&engine, path).await));
    }
    for (name, path) in [("rule", "declared"), ("trial", "would have declared")] {
        let page = &pages.iter().find(|(page, _)| *page == name).unwrap().1;
        assert!(page.contains(&format!(">{path}</text>")) && page.contains("<rect class=\"real\""), "{name}: {page}");
    }
    let problems = tokio::task::spawn_blocking(move || look(&pages)).await.unwrap();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    engine.stop().await;
}

// As it is answered, with the style sheet in it: the browser is given one file.
async fn page(engine: &Engine, path: &str) -> String {
    let body = engine.site.call(Request::get(path)).await.body;
    let sheet = engine.site.call(Request::get("/assets/earlybell.css")).await.body;
    let (before, after) = body.split_once("<link rel=\"stylesheet\"").unwrap_or_else(|| panic!("{path}: {body}"));
    let after = after.split_once('>').unwrap().1;
    format!("{before}<style>{sheet}</style>{after}")
}
