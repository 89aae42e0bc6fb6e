//! The pages, as a browser gets them: what each reader sees, and that nothing anyone wrote becomes markup.

use crate::elements::ELEMENTS;
use crate::site::TestSite;
use crate::wire::{Answer, Request};
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::{Alert, AlertKey, AlertState, Fingerprint, Pairs, ResolvedBecause};
use domain::delivery::pace::Pace;
use domain::delivery::{Content, Delivery, DeliveryState, Lane, Outcome};
use domain::engine::{Changes, Evidence};
use domain::ids::{AlertId, DeliveryId, IncidentId, InputSeq};
use domain::incident::explanation::{Explanation, Mark};
use domain::incident::{Actor, CallOffCode, Entry, Fact, Severity, Surface, Tally, apply};
use domain::notice::NoticeKind;
use domain::policy::ReceiverKind;
use earlybell::store::{Claim, Finish, NewQuarantined, Role, Store};

pub const EVIL: &str = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7*7 }} & <b>";

fn time(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn alert(id: u64, name: &str, summary: &str, state: AlertState) -> Alert {
    let labels = Pairs::labels([("alertname", name), ("instance", "web1")]);
    Alert {
        id: AlertId(id),
        key: AlertKey { source: "default".into(), fingerprint: Fingerprint::of(&labels) },
        labels,
        annotations: Pairs::new([("summary", summary)]),
        generator_url: "".into(),
        state,
        starts_at: time(-5),
        claimed_starts_at: None,
        last_seen: time(0),
        group: None,
        expires_at: None,
        episodes: 1,
        pre_existing: false,
        past: Vec::new(),
    }
}

// Commits an incident with these facts after its declaration, one a minute.
pub async fn incident(site: &TestSite, number: u64, title: &str, facts: Vec<Fact>) {
    let part = Explanation { verdict: Mark::Met, text: format!("1 alert: {title}"), parts: vec![] };
    let declared = Fact::Declared {
        title: title.to_owned(),
        impact: String::new(),
        severity: Severity::Major,
        confirmed: false,
        rule: None,
        correlation: Pairs::default(),
        labels: Pairs::default(),
        receivers: vec!["team".to_owned()],
        first_alert_at: Some(time(-5)),
        because: format!("because of {title}"),
        explanation: Some(Explanation { verdict: Mark::Holding, text: "any of".to_owned(), parts: vec![part] }),
        storm: false,
        drill: false,
        squad: String::new(),
        next_by: None,
    };
    let mut changes = Changes { position: InputSeq(number), at: Some(time(0)), ..Changes::default() };
    let mut made = None;
    for (at, fact) in (0..).zip([declared].into_iter().chain(facts)) {
        let entry = Entry {
            incident: IncidentId(number),
            number: u32::try_from(at).unwrap() + 1,
            at: time(at),
            input: InputSeq(number),
            actor: Actor::person("adrian", Surface::Cli),
            fact,
        };
        match &mut made {
            Some(incident) => apply::apply(incident, &entry),
            None => made = apply::declared(&entry),
        }
        changes.entries.push(entry);
    }
    let mut incident = made.unwrap();
    incident.tally = Tally { firing: 1, alerts: 2, ..Tally::default() };
    let over = AlertState::Resolved { ends_at: time(3), because: ResolvedBecause::Reported, contested_until: None };
    for (id, state) in [(number * 10, AlertState::Firing), (number * 10 + 1, over)] {
        changes.alerts.insert(AlertId(id), Some(alert(id, &format!("Alert{id}"), title, state)));
        changes.evidence.push(Evidence { incident: IncidentId(number), alert: AlertId(id), counted: true });
    }
    changes.deliveries.push(Delivery {
        id: DeliveryId(number),
        incident: IncidentId(number),
        receiver: "team".to_owned(),
        lane: Lane::Root,
        notice: NoticeKind::Declared,
        key: format!("inc-{number}.declared.1.team"),
        to: None,
        content: Content { subject: title.to_owned(), body: title.to_owned() },
        brief: String::new(),
        calm: false,
        decided_at: time(0),
    });
    changes.incidents.insert(incident.id, incident);
    site.store.commit(changes).await.unwrap();
}

// The first delivery is given up, with this error.
async fn give_up(site: &TestSite, because: &str) {
    let now = time(1);
    let claim = Claim {
        receiver: "team".to_owned(),
        now,
        lease_until: now + TimeDelta::seconds(30),
        max: 1,
        pace: Pace::All,
        kind: ReceiverKind::Slack,
    };
    let claimed = site.store.claim(claim).await.unwrap().remove(0);
    let finish = Finish {
        id: claimed.delivery.id,
        attempt: claimed.attempt,
        state: DeliveryState::Dead,
        next_at: None,
        outcome: Outcome::Fatal { because: because.to_owned() },
        now,
    };
    assert!(site.store.finish(finish).await.unwrap());
}

async fn get(site: &TestSite, path: &str) -> Answer {
    site.call(Request::get(path)).await
}

// Our own elements, and nothing that came from outside: every `<` starts a tag that the templates know.
pub fn assert_only_our_markup(body: &str) {
    for tag in body.split('<').skip(1) {
        let name: String =
            tag.trim_start_matches('/').chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '!').collect();
        // Beside those: the first line, comments, and words that were corrected.
        let ours = ELEMENTS.contains(&name.as_str()) || ["!doctype", "!", "s"].contains(&name.as_str());
        assert!(ours, "<{}", tag.chars().take(60).collect::<String>());
    }
    assert!(!body.contains("onerror=alert(2)>"), "{body}");
    assert_eq!(body.matches("<img").count(), 1, "only the bell");
}

#[tokio::test]
async fn what_others_wrote_is_text_on_every_page() {
    let site = TestSite::open().await;
    let facts = vec![
        Fact::Confirmed { because: EVIL.to_owned(), next_by: None },
        Fact::Updated { text: EVIL.to_owned(), impact: Some(EVIL.to_owned()), next_by: Some(time(30)), promised: None },
        Fact::Edited { part: domain::incident::room::Part::Summary, text: EVIL.to_owned() },
        Fact::Noted { text: EVIL.to_owned() },
    ];
    incident(&site, 1, EVIL, facts).await;
    incident(&site, 2, EVIL, vec![Fact::CalledOff { code: CallOffCode::Test, reason: EVIL.to_owned() }]).await;
    give_up(&site, EVIL).await;
    let refused = NewQuarantined {
        at: time(0),
        source: "default".to_owned(),
        path: EVIL.to_owned(),
        because: EVIL.to_owned(),
        bytes: 3,
        body: b"{".to_vec(),
    };
    site.store.quarantine(refused).await.unwrap();
    for path in ["/", "/incidents/1", "/incidents/2", "/deliveries", "/quarantine", "/nothing%3Cscript%3E{{7*7}}"] {
        let answer = get(&site, path).await;
        assert_only_our_markup(&answer.body);
        assert!(answer.body.contains("7*7"), "nothing is run: {}", answer.body);
        assert!(answer.body.len() < 60_000, "{path} has {} bytes", answer.body.len());
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!answer.body.contains("style=") && !answer.body.contains("<script"), "{path}");
    }
    let markdown = get(&site, "/incidents/1.md").await.body;
    assert!(!markdown.contains("<script>") && !markdown.contains("{{"), "{markdown}");
    site.stop().await;
}

#[tokio::test]
async fn an_alert_without_a_single_label_has_its_line() {
    let site = TestSite::open().await;
    incident(&site, 1, "Bare", vec![]).await;
    let bare = Alert { labels: Pairs::default(), ..alert(10, "", "Nothing is known of it", AlertState::Firing) };
    let changes = Changes {
        position: InputSeq(2),
        at: Some(time(1)),
        alerts: [(AlertId(10), Some(bare))].into(),
        ..Changes::default()
    };
    site.store.commit(changes).await.unwrap();
    let page = get(&site, "/incidents/1").await;
    assert!(page.status == 200 && page.body.contains("Nothing is known of it"), "{}", page.body);
    site.stop().await;
}

#[tokio::test]
async fn the_document_says_everything_the_team_needs() {
    let site = TestSite::open().await;
    let facts = vec![
        Fact::Confirmed { because: "users complain".to_owned(), next_by: None },
        Fact::Noted { text: "the queue again".to_owned() },
        Fact::Updated {
            text: "We restart it.".to_owned(),
            impact: Some("All users".to_owned()),
            next_by: Some(time(30)),
            promised: None,
        },
    ];
    incident(&site, 7, "Pages are slow", facts).await;
    give_up(&site, "550 no such user").await;
    let page = get(&site, "/incidents/7").await;
    assert_eq!(page.status, 200, "{}", page.body);
    for part in [
        "<title>INC-7: Pages are slow · Earlybell</title>",
        "<span class=\"state confirmed\"><span class=\"sign\" aria-hidden=\"true\">!</span> confirmed</span>",
        "1 of 2 alerts still fires",
        "<strong>The next update was due</strong> at <time datetime=\"2023-11-14T22:43:20Z\">2023-11-14 22:43</time> UTC, and is late",
        "All users",
        "<blockquote>We restart it.</blockquote>",
        "<rect class=\"bar firing\"",
        "<code>instance=web1</code>",
        "given up<span class=\"detail\">550 no such user (attempt 1)</span>",
        "<li class=\"d1\"><span class=\"mark\" aria-hidden=\"true\">[x]</span> 1 alert: Pages are slow",
        "(holds, but not long enough yet)",
        "<span class=\"mark\">team only</span> <span class=\"said\">note: the queue again</span>",
        "earlybell incident calloff 7",
        "href=\"/incidents/7.md\"",
    ] {
        assert!(page.body.contains(part), "{part} is not in\n{}", page.body);
    }
    let json = get(&site, "/incidents/7.json").await.json();
    assert_eq!(
        (&json["stage"], &json["alerts"][0]["state"], &json["timeline"][1]["private"]),
        (&"confirmed".into(), &"firing".into(), &true.into())
    );
    let markdown = get(&site, "/incidents/7.md").await;
    assert_eq!(markdown.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert!(
        markdown.body.starts_with("# INC-7: Pages are slow\n\n- Status: **confirmed**, major\n"),
        "{}",
        markdown.body
    );
    let list = get(&site, "/").await.body;
    assert!(list.contains("<a href=\"/incidents/7\">INC-7: Pages are slow</a>"), "{list}");
    assert!(list.contains("1 notice could not be delivered. <a href=\"&#x2f;deliveries\">Look</a>"), "{list}");
    let lists = get(&site, "/deliveries").await.body;
    assert!(lists.contains("550 no such user") && lists.contains("given up (attempt 1)"), "{lists}");
    // Decided long ago and not tried yet: what it waits for is no time.
    incident(&site, 8, "Behind another", Vec::new()).await;
    let lists = get(&site, "/deliveries").await.body;
    assert!(
        lists.contains(">waiting</td>") && lists.contains("<td data-name=\"Next try\">in its turn</td>"),
        "{lists}"
    );
    site.stop().await;
}

#[tokio::test]
async fn the_public_sees_confirmed_incidents_only_and_nothing_private() {
    let site = TestSite::open().await;
    let token = site.token("ada", Role::Viewer).await;
    incident(&site, 1, "only suspected", vec![Fact::Noted { text: "secret".to_owned() }]).await;
    let facts =
        vec![Fact::Confirmed { because: String::new(), next_by: None }, Fact::Noted { text: "secret".to_owned() }];
    incident(&site, 2, "it is real", facts).await;
    let facts = vec![Fact::CalledOff { code: CallOffCode::Flapping, reason: "it was nothing".to_owned() }];
    incident(&site, 3, "never real", facts).await;
    let list = get(&site, "/").await;
    assert!(list.body.contains("it is real") && list.body.contains("Sign in"), "{}", list.body);
    assert!(!list.body.contains("only suspected") && !list.body.contains("never real"), "{}", list.body);
    for (path, status) in [
        ("/incidents/1", 404),
        ("/incidents/1.md", 404),
        ("/incidents/1.json", 404),
        ("/incidents/3", 404),
        ("/incidents/9", 404),
        ("/incidents/2", 200),
        ("/incidents/INC-2", 200),
        ("/incidents/x", 404),
        ("/receivers", 401),
        ("/deliveries", 401),
        ("/quarantine", 401),
    ] {
        assert_eq!(get(&site, path).await.status, status, "{path}");
        let team = site.call(Request::get(path).bearer(&token)).await.status;
        assert_eq!(team, if path.contains('9') || path.contains('x') { 404 } else { 200 }, "{path}");
    }
    for path in ["/incidents/2", "/incidents/2.md", "/incidents/2.json"] {
        let body = get(&site, path).await.body;
        for hidden in ["secret", "adrian", "web1", "any of", "because of", "calloff"] {
            assert!(!body.contains(hidden), "{hidden} in {path}: {body}");
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn an_empty_site_a_lost_page_and_the_style_sheet() {
    let site = TestSite::open().await;
    let list = get(&site, "/").await;
    assert!(list.body.contains("No incident is open.") && list.body.contains("earlybell alert add"), "{}", list.body);
    let lost = get(&site, "/nowhere").await;
    assert_eq!(lost.status, 404);
    assert!(
        lost.body.contains("there is nothing at &#x2f;nowhere") && lost.body.contains("list of incidents"),
        "{}",
        lost.body
    );
    let style = get(&site, "/assets/earlybell.css").await;
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert!(style.body.len() < 12_000 && style.header("cache-control") == Some("public, max-age=86400"));
    assert_eq!(get(&site, "/assets/earlybell.svg").await.status, 200);
    assert_eq!(get(&site, "/api/v1/nowhere").await.error(), "there is nothing at /api/v1/nowhere");
    site.stop().await;
}

#[tokio::test]
async fn a_draft_is_there_once_it_is_over_and_the_teams_alone() {
    let site = TestSite::open().await;
    let token = site.token("grafana", Role::Viewer).await;
    let over = Fact::Resolved { because: "The disk was swapped.".to_owned() };
    incident(&site, 1, EVIL, vec![Fact::Noted { text: "the queue again".to_owned() }, over]).await;
    incident(&site, 2, "Still going on", Vec::new()).await;
    let read = |path: &'static str| site.call(Request::get(path).bearer(&token));
    let draft = read("/api/v1/incidents/1/postmortem").await.json();
    assert_eq!(draft["file"]["path"], "_posts/deployments/2023-11-14-post-mortem-inc-1.md");
    assert_eq!(draft["unfilled"][0]["section"], "the beginning");
    let file = read("/api/v1/incidents/1/postmortem.md").await;
    assert_eq!(file.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert!(file.body.contains("The disk was swapped.") && !file.body.contains("the queue again"), "{}", file.body);
    assert!(!file.body.replace("\\<", "").contains("<script") && !file.body.contains("{{"), "{}", file.body);
    let early = read("/api/v1/incidents/2/postmortem").await;
    assert_eq!(early.error(), "INC-2 has no post mortem before its end; resolve it first");
    assert_eq!(read("/api/v1/incidents/3/postmortem").await.status, 404);
    site.stop().await;
}

#[tokio::test]
async fn long_lists_and_timelines_have_pages() {
    let site = TestSite::open().await;
    let notes = (0..250).map(|at| Fact::Noted { text: format!("note {at}") }).collect();
    incident(&site, 1, "long", notes).await;
    for number in 2..40 {
        let over = Fact::CalledOff { code: CallOffCode::Test, reason: "t".to_owned() };
        incident(&site, number, "over", vec![over]).await;
    }
    let first = get(&site, "/incidents/1").await.body;
    assert!(first.contains("note 249") && !first.contains("note 10<"), "{}", first.len());
    assert!(first.contains("/incidents/1?before=52#timeline"), "{}", &first[first.len() - 900..]);
    let second = get(&site, "/incidents/1?before=52").await.body;
    assert!(second.contains("note 10<") && second.contains("declared “long”") && !second.contains("Older entries"));
    let list = get(&site, "/").await.body;
    assert_eq!(list.matches("INC-").count(), 31, "one open and a page of closed ones");
    assert!(list.contains("/?before=10\""), "{list}");
    let older = get(&site, "/?before=10").await.body;
    assert_eq!(older.matches("INC-").count(), 8);
    site.stop().await;
}
