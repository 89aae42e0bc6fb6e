//! Every route against everybody who might ask: each role on each way in, and all that is wrong with a credential. What
//! is expected comes from the rule that the route declares, so a new route needs no test of its own.

use crate::clock::TestClock;
use crate::session::FORM;
use crate::site::{TestSite, config, spoilt};
use crate::wire::{Answer, Request};
use actix_web::http::Method;
use arc_swap::ArcSwap;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::TimeDelta;
use earlybell::config::{Access as AccessConfig, Config, Grants, Network, Proxy};
use earlybell::http::gate::Access;
use earlybell::http::routes::{Endpoint, ROUTES};
use earlybell::store::{AccessStore, LoginChange, Role, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

const HUMANS: [Role; 4] = [Role::Viewer, Role::Responder, Role::Manager, Role::Admin];

// How somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Bearer,
    Basic,
    Session,
    Proxy,
}

struct World {
    site: TestSite,
    clock: Arc<TestClock>,
    tokens: BTreeMap<Role, String>,
}

// Every role is a group of the proxy, which connects from here.
async fn world(trusted: &str) -> World {
    let clock = TestClock::at("2026-11-22T10:00:00Z");
    let ours = clock.clone();
    let roles = HUMANS.map(|role| (role.word().to_owned(), role)).into();
    let proxy = Proxy {
        header: "x-forwarded-user".to_owned(),
        trusted: vec![Network::parse(trusted).unwrap()],
        groups_header: Some("x-forwarded-groups".to_owned()),
        grants: Grants { roles, default: None },
    };
    let access = AccessConfig { local: true, oidc: None, proxy: Some(proxy), chat: Grants::default() };
    let site = TestSite::with(|parts| {
        parts.clock = ours;
        parts.config = Arc::new(ArcSwap::from_pointee(Config { access, ..config() }));
    });
    let site = site.await;
    let mut tokens = BTreeMap::new();
    for role in Role::ALL {
        tokens.insert(role, site.token("default", role).await);
    }
    World { site, clock, tokens }
}

fn path(endpoint: &Endpoint) -> String {
    let path = endpoint.path.replace("{number}", "1").replace("{source}", "default");
    // Whatever else is named is something that is not there.
    let mut rest = path.as_str();
    let mut filled = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        filled += "none";
        rest = after.split_once('}').unwrap().1;
    }
    filled + rest
}

fn request(endpoint: &Endpoint) -> Request {
    Request::new(endpoint.method.as_str(), &path(endpoint))
}

// Whether somebody passed the gate; what the handler says then is another matter.
fn passed(answer: &Answer) -> bool {
    !matches!(answer.status, 401 | 403)
}

fn allowed(access: Access, role: Option<Role>) -> bool {
    match access {
        Access::Anyone | Access::Reader => true,
        Access::Ingest => matches!(role, Some(Role::Ingest | Role::Admin)),
        // Nobody is Slack but Slack.
        Access::Slack => false,
        Access::AtLeast(least) => role.is_some_and(|role| role >= least),
    }
}

fn changes(endpoint: &Endpoint) -> bool {
    !endpoint.method.is_safe()
}

impl World {
    // Somebody of this role, and what a form of theirs would carry. Sessions are begun anew each time: one may just have
    // been ended.
    async fn somebody(&self, way: Way, role: Role, request: Request) -> (Request, Option<String>) {
        let forms = &self.site.running.site.forms;
        let name = format!("a-{}", role.word());
        match way {
            Way::Bearer => (request.bearer(&self.tokens[&role]), None),
            Way::Basic => {
                let pair = BASE64_STANDARD.encode(format!("default:{}", self.tokens[&role]));
                (request.header("Authorization", &format!("Basic {pair}")), Some(forms.token("basic:default")))
            }
            Way::Session => {
                let session = self.site.session(&name, role).await;
                (request.header("Cookie", &session.cookie), Some(session.csrf))
            }
            Way::Proxy => {
                let request = request.header("X-Forwarded-User", &name).header("X-Forwarded-Groups", role.word());
                (request, Some(forms.token(&format!("proxy:{name}"))))
            }
        }
    }
}

fn roles(way: Way) -> Vec<Role> {
    match way {
        Way::Bearer | Way::Basic => Role::ALL.to_vec(),
        Way::Session | Way::Proxy => HUMANS.to_vec(),
    }
}

#[tokio::test]
async fn each_role_passes_where_its_route_says_so_and_nowhere_else() {
    let world = world("127.0.0.1").await;
    for endpoint in ROUTES {
        let what = format!("{} {}", endpoint.method, endpoint.path);
        let nobody = world.site.call(request(endpoint)).await;
        assert_eq!(passed(&nobody), allowed(endpoint.access, None), "nobody: {what}");
        for way in [Way::Bearer, Way::Basic, Way::Session, Way::Proxy] {
            for role in roles(way) {
                let (request, csrf) = world.somebody(way, role, request(endpoint)).await;
                let request = csrf.iter().fold(request, |request, csrf| request.header("X-CSRF-Token", csrf));
                let answer = world.site.call(request).await;
                let who = format!("{way:?} {}: {what}", role.word());
                assert_eq!(passed(&answer), allowed(endpoint.access, Some(role)), "{who}: {}", answer.body);
                if !matches!(endpoint.access, Access::Anyone | Access::Slack) {
                    assert_ne!(answer.status, 401, "{who} is somebody");
                }
            }
        }
    }
    world.site.stop().await;
}

#[tokio::test]
async fn nothing_changes_without_a_token_of_our_page_or_from_a_page_of_others() {
    let world = world("127.0.0.1").await;
    // Slack shows no token but its signature.
    for endpoint in ROUTES.iter().filter(|endpoint| changes(endpoint) && endpoint.access != Access::Slack) {
        let what = format!("{} {}", endpoint.method, endpoint.path);
        let anyone = endpoint.access == Access::Anyone;
        for way in [Way::Session, Way::Proxy] {
            for (header, value) in
                [("X-CSRF-Token", "0".repeat(64)), ("X-CSRF-Token", String::new()), ("Accept", "*/*".to_owned())]
            {
                let (request, _) = world.somebody(way, Role::Admin, request(endpoint)).await;
                let answer = world.site.call(request.header(header, &value)).await;
                assert_eq!(answer.status == 403, !anyone, "{way:?} without a token: {what}: {}", answer.status);
            }
            // A form that carries another's, or none.
            let other = world.site.session("other", Role::Admin).await;
            for body in ["x=1".to_owned(), "csrf=".to_owned(), format!("csrf={}", other.csrf)] {
                let posted = Request::post(&path(endpoint), body).header("Content-Type", FORM);
                if endpoint.method == Method::POST {
                    let (request, _) = world.somebody(way, Role::Admin, posted).await;
                    assert_eq!(world.site.call(request).await.status == 403, !anyone, "{way:?} with a form: {what}");
                }
            }
        }
        for way in [Way::Basic, Way::Session, Way::Proxy] {
            for (header, value) in [
                ("Origin", "https://evil.example"),
                ("Origin", "null"),
                ("Sec-Fetch-Site", "cross-site"),
                ("Sec-Fetch-Site", "same-site"),
            ] {
                let (request, csrf) = world.somebody(way, Role::Admin, request(endpoint)).await;
                let request = csrf.iter().fold(request, |request, csrf| request.header("X-CSRF-Token", csrf));
                let answer = world.site.call(request.header(header, value)).await;
                assert_eq!(answer.status, 403, "{way:?} from {header}: {value}: {what}");
            }
        }
    }
    world.site.stop().await;
}

#[tokio::test]
async fn what_is_wrong_expired_revoked_or_shut_out_opens_nothing() {
    let world = world("127.0.0.1").await;
    let site = &world.site;
    let admin = &world.tokens[&Role::Admin];
    let revoked = site.token("gone", Role::Admin).await;
    let row = site.store.tokens().await.unwrap().into_iter().find(|row| row.name == "gone").unwrap();
    assert!(site.store.revoke_token(&row.id, chrono::DateTime::UNIX_EPOCH).await.unwrap());
    let short = Request::post("/api/v1/tokens", r#"{"name":"short","role":"admin","expires_in":"1m"}"#).bearer(admin);
    let expired = site.call(short).await.json()["token"].as_str().unwrap().to_owned();
    let ended = site.session("ended", Role::Admin).await;
    site.store.end_sessions("ended").await.unwrap();
    let idle = site.session("idle", Role::Admin).await;
    world.clock.advance(TimeDelta::hours(2));
    let shut_out = site.session("shut-out", Role::Admin).await;
    site.store.change_login("shut-out", LoginChange::Disabled(Some(chrono::DateTime::UNIX_EPOCH))).await.unwrap();
    site.running.site.tokens.refresh(site.store.as_ref()).await.unwrap();
    site.running.site.logins.refresh(site.store.as_ref()).await.unwrap();
    let basic = |user: &str, token: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{token}")));
    let spoilt_cookie = spoilt(&idle.cookie);
    let credentials = [
        ("a wrong token", "Authorization", format!("Bearer {}", spoilt(admin))),
        ("a revoked token", "Authorization", format!("Bearer {revoked}")),
        ("an expired token", "Authorization", format!("Bearer {expired}")),
        ("nonsense", "Authorization", "Bearer nonsense".to_owned()),
        ("another scheme", "Authorization", format!("Digest {admin}")),
        ("a name that does not fit", "Authorization", basic("somebody", admin)),
        ("a wrong password", "Authorization", basic("default", &spoilt(admin))),
        ("a wrong cookie", "Cookie", spoilt_cookie),
        ("an empty cookie", "Cookie", "__Host-earlybell=".to_owned()),
        ("a session that was ended", "Cookie", ended.cookie),
        ("an idle session", "Cookie", idle.cookie),
        ("the session of who was shut out", "Cookie", shut_out.cookie),
        ("a cookie that any page of this domain can set", "Cookie", shut_out.csrf),
    ];
    for endpoint in ROUTES {
        for (what, header, value) in &credentials {
            let answer = site.call(request(endpoint).header(header, value)).await;
            let may = match endpoint.access {
                Access::Anyone => true,
                // A browser whose session is over reads what anybody reads.
                Access::Reader => *header == "Cookie",
                Access::Ingest | Access::Slack | Access::AtLeast(_) => false,
            };
            assert_eq!(answer.status == 401, !may, "{what}: {} {}: {}", endpoint.method, endpoint.path, answer.status);
        }
    }
    world.site.stop().await;
}

#[tokio::test]
async fn a_proxys_word_counts_from_its_network_only() {
    let elsewhere = world("192.0.2.0/24").await;
    for endpoint in ROUTES {
        let forged = request(endpoint).header("X-Forwarded-For", "192.0.2.7").header("X-Real-IP", "192.0.2.7");
        let (forged, _) = elsewhere.somebody(Way::Proxy, Role::Admin, forged).await;
        let answer = elsewhere.site.call(forged).await;
        assert_eq!(passed(&answer), allowed(endpoint.access, None), "{} {}", endpoint.method, endpoint.path);
    }
    assert!(
        elsewhere.site.metric("earlybell_auth_failures_total{reason=\"untrusted\",source=\"unknown\"}").await > 30.0
    );
    elsewhere.site.stop().await;

    let world = world("127.0.0.0/8").await;
    let said = |headers: &[(&str, &str)]| {
        let request = Request::get("/api/v1/status");
        world.site.call(headers.iter().fold(request, |request, (name, value)| request.header(name, value)))
    };
    let (user, groups) = ("X-Forwarded-User", "X-Forwarded-Groups");
    for (headers, status, text) in [
        (vec![(user, "ada"), (groups, "x, viewer")], 200, ""),
        (vec![(user, "ada"), (groups, "x"), (groups, "viewer")], 200, ""),
        (vec![(user, "ada")], 403, "ada is in no group that may do anything here"),
        (vec![(user, "ada"), (groups, "Viewer,ingest")], 403, "ada is in no group"),
        (vec![(user, "ada"), (user, "root"), (groups, "admin")], 401, "the header x-forwarded-user stands twice"),
        (vec![(user, "a b"), (groups, "admin")], 401, "in the header x-forwarded-user: a name has 1 to 64 letters"),
        (vec![(user, ""), (groups, "admin")], 401, "this needs a token"),
        (vec![(groups, "admin")], 401, "this needs a token"),
        // What such proxies send along by themselves is none of ours, and does not get into the way.
        (vec![(user, "ada"), (groups, "viewer"), ("Authorization", "Basic YWRhOg==")], 200, ""),
        (vec![(user, "ada"), (groups, "viewer"), ("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")], 200, ""),
    ] {
        let answer = said(&headers).await;
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.body);
        assert!(answer.body.contains(text), "{headers:?}: {}", answer.body);
    }
    // Somebody who was shut out here is shut out behind the proxy too.
    world.site.session("ada", Role::Viewer).await;
    let disable = Request::post("/api/v1/logins/ada/disable", "").bearer(&world.tokens[&Role::Admin]);
    assert_eq!(world.site.call(disable).await.status, 200);
    assert_eq!(said(&[(user, "ada"), (groups, "viewer")]).await.status, 403);
    // A page says who the proxy says it is; there is no session to end.
    let (page, csrf) = world.somebody(Way::Proxy, Role::Manager, Request::get("/rules")).await;
    let page = world.site.call(page).await.body;
    assert!(page.contains("<span>a-manager (manager)</span>") && !page.contains("Sign out"), "{page}");
    let (note, _) =
        world.somebody(Way::Proxy, Role::Manager, Request::post("/api/v1/incidents/1/note", r#"{"text":"x"}"#)).await;
    let answer = world.site.call(note.header("X-CSRF-Token", &csrf.unwrap())).await;
    assert_eq!(answer.json()["text"], "noted by a-manager");
    world.site.stop().await;
}

// All that a request could have changed, but for when something was last seen.
async fn kept(site: &TestSite) -> String {
    let logins = site.store.logins().await.unwrap();
    let mut sessions = Vec::new();
    for login in &logins {
        sessions.extend(site.store.sessions(&login.name).await.unwrap().into_iter().map(|session| session.id));
    }
    let tokens: Vec<String> = site.store.tokens().await.unwrap().into_iter().map(|row| row.id).collect();
    let deliveries = site.store.deliveries(Default::default()).await.unwrap();
    let refused = site.store.quarantined(1000).await.unwrap();
    format!("{:?} {logins:?} {sessions:?} {tokens:?} {deliveries:?} {refused:?}", site.inputs().await.len())
}

#[tokio::test]
async fn reading_changes_nothing() {
    let world = world("127.0.0.1").await;
    let session = world.site.session("ada", Role::Admin).await;
    let before = kept(&world.site).await;
    for endpoint in ROUTES {
        let reads = ROUTES.iter().any(|other| other.path == endpoint.path && other.method == Method::GET);
        for method in ["GET", "HEAD"] {
            for query in ["", "?name=ada&role=admin&password=x&code=1&state=2&text=x&csrf=y", "?_method=POST"] {
                let request = Request::new(method, &format!("{}{query}", path(endpoint)));
                let request = request.header("Cookie", &session.cookie).header("X-HTTP-Method-Override", "POST");
                let answer = world.site.call(request.header("X-CSRF-Token", &session.csrf)).await;
                let what = format!("{method} {}{query}", endpoint.path);
                assert_eq!(answer.status == 405, !reads, "{what}: {}", answer.status);
            }
        }
    }
    for page in ["/", "/rules", "/incidents/1", "/receivers", "/deliveries", "/quarantine", "/nowhere"] {
        world.site.call(Request::get(page).header("Cookie", &session.cookie)).await;
    }
    assert_eq!(kept(&world.site).await, before);
    world.site.stop().await;
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_browsers_safe() {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
        frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'";
    let world = world("127.0.0.1").await;
    let pages = ["/", "/rules", "/incidents/1", "/incidents/1.json", "/nowhere", "/assets/earlybell.css"];
    let pages = pages.map(Request::get).into_iter().chain([Request::new("PUT", "/nowhere")]);
    let asked: Vec<Request> = ROUTES.iter().map(request).chain(pages).collect();
    for request in asked {
        for who in [None, Some(Role::Viewer), Some(Role::Admin)] {
            let request = match who {
                Some(role) => world.somebody(Way::Session, role, request.clone()).await.0,
                None => request.clone(),
            };
            let answer = world.site.call(request).await;
            let is_asset = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/css"));
            for (name, value) in [
                ("content-security-policy", policy),
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "same-origin"),
                ("strict-transport-security", "max-age=31536000"),
                ("cache-control", if is_asset { "public, max-age=86400" } else { "no-store" }),
            ] {
                assert_eq!(answer.header(name), Some(value), "{}", answer.head);
            }
            assert_eq!(answer.header("access-control-allow-origin"), None, "nobody else's script reads us");
            assert_eq!(answer.header("server"), None, "{}", answer.head);
        }
    }
    world.site.stop().await;
}
