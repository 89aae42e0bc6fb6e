//! An Etherpad behind a proxy that wants user and password, with a certificate of a private CA.

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
    assert!(wrong(&refused.look().await).contains("`basic_auth` if something before it wants one"));
    let nobody = pads(&format!("url: '{}', ca_file: '{}'", front.url, front.ca_file().display()));
    assert!(wrong(&nobody.look().await).contains("not open to us (HTTP 401)"));
    let stranger = pads(&format!("url: '{}'", front.url));
    assert!(wrong(&stranger.look().await).contains("certificate"), "{:?}", stranger.look().await);
}
