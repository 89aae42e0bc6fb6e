//! Forms of pages: what they send, what comes of it, and what is refused.

use crate::session::FORM;
use crate::site::{Session, TestSite};
use crate::wire::{Answer, Request};
use domain::incident::{Act, Actor, Command, Surface};
use earlybell::store::{InputKind, Role};

fn form(session: &Session, path: &str, fields: &str) -> Request {
    let body = format!("{fields}&csrf={}", session.csrf);
    let request = Request::post(path, body).header("Content-Type", FORM).header("Cookie", &session.cookie);
    request.header("Sec-Fetch-Site", "same-origin").header("Accept", "text/html")
}

async fn commands(site: &TestSite) -> Vec<Command> {
    let inputs = site.inputs().await;
    let commands = inputs.iter().filter(|input| input.kind == InputKind::Command);
    commands.map(|input| serde_json::from_slice(&input.body).unwrap()).collect()
}

async fn posted(site: &TestSite, session: &Session, path: &str, fields: &str) -> Answer {
    site.call(form(session, path, fields)).await
}

#[tokio::test]
async fn a_form_does_what_its_verb_does_and_leads_back() {
    let site = TestSite::open().await;
    let ada = site.session("ada", Role::Manager).await;
    let answer =
        posted(&site, &ada, "/incidents/7/do/update", "key=K&text=We+restart%0D%0Ait&impact=&next_in=20m").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/incidents/7?done=update")));
    let answer = posted(&site, &ada, "/incidents/7/do/split", "key=K&title=Two&alerts=3&alerts=5").await;
    assert_eq!(answer.status, 303);
    let answer =
        posted(&site, &ada, "/declare", "key=K&title=It+burns&severity=critical&labels=team%3Dweb&drill=yes").await;
    assert_eq!(answer.header("location"), Some("/incidents/1?done=declare"));
    let said: Vec<(Actor, Act)> = commands(&site).await.into_iter().map(|said| (said.actor, said.act)).collect();
    assert!(said.iter().all(|(actor, _)| *actor == Actor::person("ada", Surface::Web)));
    let acts: Vec<String> = said.iter().map(|(_, act)| serde_json::to_string(act).unwrap()).collect();
    assert_eq!(
        acts,
        [
            r#"{"verb":"update","text":"We restart\nit","next_in":"20m"}"#,
            r#"{"verb":"split","title":"Two","matchers":[],"alerts":[3,5]}"#,
            r#"{"verb":"declare","title":"It burns","severity":"critical","labels":{"team":"web"},"drill":true}"#,
        ]
    );
    site.stop().await;
}

#[tokio::test]
async fn a_second_click_has_the_key_of_the_first_and_other_words_have_another() {
    let site = TestSite::open().await;
    let ada = site.session("ada", Role::Manager).await;
    for text in ["a", "a", "b"] {
        posted(&site, &ada, "/incidents/7/do/note", &format!("key=K&text={text}")).await;
    }
    let keys: Vec<String> = commands(&site).await.into_iter().filter_map(|said| said.key).collect();
    assert!(keys[0].starts_with("ada/web/K/") && keys[0] == keys[1] && keys[1] != keys[2], "{keys:?}");
    site.stop().await;
}

#[tokio::test]
async fn what_is_refused_is_shown_with_all_that_was_typed() {
    let site = TestSite::open().await;
    crate::pages::incident(&site, 7, "Queue <full>", vec![]).await;
    let ada = site.session("ada", Role::Manager).await;
    let answer = posted(&site, &ada, "/incidents/7/do/note", "key=K&text=refuse%3A+words").await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("<strong>Not done:</strong> text is missing"), "{}", answer.body);
    assert!(answer.body.contains(">\nrefuse: words</textarea>") && answer.body.contains("Queue &lt;full&gt;"));
    let answer = posted(&site, &ada, "/incidents/7/do/update", "key=K&text=Kept+%3Cb%3E&next_in=soon").await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("Kept &lt;b&gt;</textarea>") && answer.body.contains("value=\"soon\""),
        "{}",
        answer.body
    );
    let answer = posted(&site, &ada, "/declare", "key=K&title=Mine&severity=awful").await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("value=\"Mine\""), "{}", answer.body);
    assert_eq!(commands(&site).await.len(), 1, "what is no act is no input");
    site.stop().await;
}

#[tokio::test]
async fn nobody_else_can_press_these_buttons() {
    let site = TestSite::open().await;
    let (ada, eve) = (site.session("ada", Role::Viewer).await, site.session("eve", Role::Responder).await);
    assert_eq!(posted(&site, &ada, "/incidents/7/do/note", "key=K&text=x").await.status, 403);
    let foreign = Session { cookie: eve.cookie.clone(), csrf: ada.csrf.clone() };
    assert_eq!(posted(&site, &foreign, "/incidents/7/do/note", "key=K&text=x").await.status, 403);
    let forged = Request::post("/incidents/7/do/note", format!("text=x&csrf={}", eve.csrf));
    let forged =
        forged.header("Content-Type", FORM).header("Cookie", &eve.cookie).header("Origin", "https://evil.example");
    assert_eq!(site.call(forged).await.status, 403);
    let read = site.call(Request::get("/incidents/7/do/note?text=x").header("Cookie", &eve.cookie)).await;
    assert_eq!(read.status, 405);
    for path in ["/incidents/7/do/show", "/incidents/7/do/declare", "/incidents/7/do/nothing", "/incidents/x/do/note"] {
        assert_eq!(posted(&site, &eve, path, "key=K").await.status, 404, "{path}");
    }
    assert_eq!(commands(&site).await.len(), 0);
    site.stop().await;
}

#[tokio::test]
async fn pages_offer_what_makes_sense_to_whoever_may() {
    let site = TestSite::open().await;
    crate::pages::incident(&site, 7, "Queue full", vec![]).await;
    let read = async |session: &Session| {
        site.call(Request::get("/incidents/7?done=confirm").header("Cookie", &session.cookie)).await.body
    };
    let manager = read(&site.session("ada", Role::Manager).await).await;
    let to = |verb: &str| format!("action=\"&#x2f;incidents&#x2f;7&#x2f;do&#x2f;{verb}\"");
    for part in [&to("confirm"), &to("calloff"), &to("take"), "/incidents/7/edit", "confirm."] {
        assert!(manager.contains(part), "{part}: {manager}");
    }
    assert!(!manager.contains(&to("reopen")) && !manager.contains(&to("accept")), "{manager}");
    let viewer = read(&site.session("vera", Role::Viewer).await).await;
    assert!(!viewer.contains("do&#x2f;") && !viewer.contains("/edit\""), "{viewer}");
    let word = site.call(Request::get("/incidents/7?done=%3Cb%3Ehacked")).await.body;
    assert!(!word.contains("<strong>Done"), "only words of ours are shown: {word}");
    site.stop().await;
}

#[tokio::test]
async fn the_editor_shows_every_part_with_its_version() {
    let site = TestSite::open().await;
    crate::pages::incident(&site, 7, "Queue full", vec![]).await;
    let ada = site.session("ada", Role::Responder).await;
    let page = site.call(Request::get("/incidents/7/edit").header("Cookie", &ada.cookie)).await;
    assert_eq!(page.status, 200);
    for part in ["summary", "impact", "exit-criteria", "links"] {
        assert!(page.body.contains(&format!("name=\"part\" value=\"{part}\"")), "{part}: {}", page.body);
    }
    assert!(page.body.contains("name=\"version\" value=\"0\""));
    let lost = site.call(Request::get("/incidents/8/edit").header("Cookie", &ada.cookie)).await;
    assert_eq!(lost.status, 404);
    site.stop().await;
}
