//! An Etherpad that wants people to log in, by itself or by a proxy before it with a certificate of a private CA.

use crate::etherpad::{API_KEY, Etherpad};
use crate::front::Front;
use domain::pad::Edit;
use earlybell::channels::etherpad::{Etherpad as Pads, Fault};
use earlybell::channels::{Deadlines, Finding};
use earlybell::config::{Config, Named, Overrides, parse};
use std::path::Path;

fn config(keys: &str) -> Config {
    let content = format!("etherpad: {{ {keys} }}\n");
    let named = Named { name: "front".to_owned(), content };
    let overrides = Overrides { external_url: "https://bell.example.org".to_owned() };
    parse(&named, Path::new(""), &overrides).unwrap_or_else(|error| panic!("{error}"))
}

fn pads(keys: &str) -> Pads {
    Pads::new(&config(keys).etherpad.unwrap(), Deadlines::default()).unwrap()
}

fn wrong(found: &[Finding]) -> String {
    let Some(Finding::Wrong(said)) = found.first() else { panic!("{found:?}") };
    said.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn user_and_password_lead_past_a_proxy_to_pads_and_to_the_api() {
    let server = Etherpad::shared();
    let front = Front::of(&server.url, Some("bell:s3cret,pw"));
    let keys = |password: &str| {
        format!(
            "url: '{}', api_key: {API_KEY}, ca_file: '{}', basic_auth: {{ username: bell, password: '{password}' }}",
            front.url,
            front.ca_file().display()
        )
    };
    let ours = pads(&keys("s3cret,pw"));
    let found = ours.look().await;
    assert!(found.len() == 2 && found.iter().all(|finding| matches!(finding, Finding::Well(_))), "{found:?}");
    let pad = "incident-7-behind-a-proxy";
    let mut visit = ours.visit(pad).await.unwrap();
    let end = visit.text.len();
    visit.change(&[Edit { from: 0, to: end - 1, text: "past it".to_owned() }]).await.unwrap();
    visit.leave().await;
    assert_eq!(server.text(pad).unwrap(), "past it\n");
    assert_eq!(ours.read(pad).await.unwrap().text, "past it\n");

    let refused = pads(&keys("wrongpw1"));
    let fault = refused.visit(pad).await.map(drop).unwrap_err();
    assert!(matches!(&fault, Fault::Refused(said) if said.contains("401") && !said.contains("wrongpw1")), "{fault:?}");
    assert!(wrong(&refused.look().await).contains("`basic_auth` if it wants people to log in"));
    let nobody = pads(&format!("url: '{}', ca_file: '{}'", front.url, front.ca_file().display()));
    assert!(wrong(&nobody.look().await).contains("not open to us (HTTP 401)"));
    let stranger = pads(&format!("url: '{}'", front.url));
    assert!(wrong(&stranger.look().await).contains("certificate"), "{:?}", stranger.look().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_visitors_must_log_in_we_write_along_as_one_who_did() {
    let mut server = Etherpad::closed("bell", "s3cretpw");
    let login = |password: &str| {
        pads(&format!("url: '{}', basic_auth: {{ username: bell, password: '{password}' }}", server.url))
    };
    let (ours, refused) = (login("s3cretpw"), login("wrongpw1"));
    let nobody = pads(&format!("url: '{}'", server.url));
    let with_key = pads(&format!("url: '{}', api_key: {API_KEY}", server.url));
    let pad = "incident-7-behind-a-login";
    for words in ["logged in", "logged in, and known again", "after a restart of the server, too"] {
        if words.contains("restart") {
            server.kill();
            server.run();
        }
        let mut visit = ours.visit(pad).await.unwrap();
        let end = visit.text.len();
        visit.change(&[Edit { from: 0, to: end - 1, text: words.to_owned() }]).await.unwrap();
        visit.leave().await;
        assert_eq!(server.api("getText", &format!("padID={pad}"))["data"]["text"], format!("{words}\n"));
    }
    assert!(matches!(&ours.look().await[..], [Finding::Well(_)]));
    for stranger in [&refused, &nobody] {
        let fault = stranger.visit(pad).await.map(drop).unwrap_err();
        assert!(matches!(&fault, Fault::Refused(_)), "{fault:?}");
        let said = wrong(&stranger.look().await);
        assert!(said.starts_with("no pad can be written: its page is not open to us (HTTP 401)"), "{said}");
    }
    let said: Vec<String> = with_key.look().await.iter().map(|finding| format!("{finding:?}")).collect();
    let no_visitor = r#"Well("no visitor may write: its page is not open to us (HTTP 401)")"#;
    assert_eq!(said, [no_visitor, r#"Well("its API takes our key")"#]);
}
