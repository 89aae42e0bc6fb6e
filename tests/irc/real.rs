//! Real servers: InspIRCd with Atheme's services, and ngIRCd.

use crate::client::Client;
use crate::networks::{LOGIN, Network};
use crate::{attempt, because, board, class, config, declared, open};
use domain::delivery::Lane;
use domain::notice::NoticeKind;
use earlybell::channels::{Channel, Finding};
use earlybell::config::{IrcConfig, IrcLogin, Secret};

fn over_tls(network: &Network, login: IrcLogin) -> IrcConfig {
    let mut config = config(network.tls, &["#ops"]);
    config.network.tls = true;
    config.network.ca_file = Some(network.file("ca.pem"));
    config.network.nick = LOGIN.0.into();
    config.network.login = login;
    config
}

fn plain(password: &str) -> IrcLogin {
    IrcLogin::Plain { username: LOGIN.0.into(), password: Secret::new(password) }
}

#[tokio::test]
async fn inspircd_lets_us_in_by_password_or_certificate_and_takes_what_we_say() {
    let network = Network::inspircd(10).await;
    let mut anna = Client::connect(network.plain, "anna").await;
    anna.join("#ops").await;
    anna.send("TOPIC #ops :Welcome: be kind").await;
    anna.wait(|line| line.contains(" TOPIC ")).await;
    anna.take_screen();

    // As fast as the kind of server takes it: it would end us otherwise.
    let mut careful = over_tls(&network, plain(LOGIN.1));
    careful.network.flood = None;
    let (channel, ..) = open(&careful);
    let found = channel.look().await;
    assert_eq!(
        found,
        [
            Finding::Well("connected as incbot, logged in as incbot".into()),
            Finding::Well("in #ops".into()),
            Finding::Wrong("the topic of #ops is for operators (+t): give our nick +o, or set `topic: false`".into()),
        ]
    );
    assert_eq!(class(&channel.send(&board("INC-42 suspected (major): web")).await), "sent", "no operator, no loss");
    anna.send("MODE #ops +o incbot").await;
    let long = "ä\u{1F514}".repeat(90);
    let body = format!("{long}\nThree.\nFour.\nFive.");
    let update = attempt(Lane::Post, NoticeKind::Updated, 3, "INC-42 update: web", &body);
    for attempt in [declared(), board("INC-42 suspected (major): web"), update, board("")] {
        assert_eq!(class(&channel.send(&attempt).await), "sent");
    }
    anna.wait(|line| line.ends_with("TOPIC #ops :Welcome: be kind")).await;
    let told: Vec<String> = anna.take_screen().lines().map(|line| line.replace("-incbot- ", "")).collect();
    assert_eq!(
        told[..4],
        [
            "INC-42 suspected (major): web",
            "One.",
            "Two.",
            "*** incbot sets the topic: [INC-42 suspected (major): web] Welcome: be kind",
        ]
    );
    assert_eq!(
        told[4..].concat(),
        format!("INC-42 update: web{long}Three.Four.Five.*** incbot sets the topic: Welcome: be kind")
    );

    anna.send("MODE #ops -o+m incbot").await;
    anna.wait(|line| line.contains("MODE #ops")).await;
    let refused = channel.send(&declared()).await;
    assert_eq!(class(&refused), "misconfigured", "{refused:?}");
    assert!(because(&refused).contains("give our nick voice, or take away +m"), "{refused:?}");
    let found = channel.look().await;
    assert!(
        found.contains(&Finding::Wrong("#ops is moderated (+m), and our nick has no voice: give it +v".into())),
        "{found:?}"
    );
    drop(channel);

    let (channel, ..) = open(&over_tls(&network, plain("wrongpw1")));
    let refused = channel.send(&declared()).await;
    assert_eq!(class(&refused), "misconfigured", "{refused:?}");
    assert!(because(&refused).starts_with("SASL PLAIN as incbot failed: ") && !because(&refused).contains("wrongpw1"));
    let login = IrcLogin::External { cert_file: network.file("bell.pem"), key_file: network.file("bell.key") };
    let mut by_certificate = over_tls(&network, login);
    by_certificate.network.nick = "bell".into();
    let (channel, ..) = open(&by_certificate);
    let found = channel.look().await;
    assert_eq!(found[0], Finding::Well("connected as bell, logged in as incbot".into()), "{found:?}");
    let mut stranger = over_tls(&network, IrcLogin::None);
    stranger.network.ca_file = Some(network.file("bell.pem"));
    let (channel, ..) = open(&stranger);
    let refused = channel.send(&declared()).await;
    assert_eq!(class(&refused), "misconfigured", "a certificate of nobody we believe: {refused:?}");
}

#[tokio::test]
async fn ngircd_has_no_sasl_and_gets_no_line_that_it_would_end_us_for() {
    let network = Network::ngircd();
    let mut anna = Client::connect(network.plain, "anna").await;
    anna.join("#ops").await;
    let mut with_sasl = config(network.plain, &["#ops"]);
    with_sasl.network.login = plain("x");
    let (channel, ..) = open(&with_sasl);
    let refused = channel.send(&declared()).await;
    assert_eq!(because(&refused), "SASL PLAIN as incbot failed: the server offers no SASL");

    let mut encrypted = config(network.tls, &["#ops"]);
    encrypted.network.tls = true;
    encrypted.network.ca_file = Some(network.file("ca.pem"));
    let (channel, ..) = open(&encrypted);
    let long = "ä".repeat(400);
    let attempt = attempt(Lane::Post, NoticeKind::Updated, 3, &long, "The end.");
    assert_eq!(class(&channel.send(&attempt).await), "sent");
    anna.wait(|line| line.contains("The end.")).await;
    assert_eq!(anna.take_screen().replace("-bell- ", "").replace('\n', ""), format!("{long}The end."));
}
