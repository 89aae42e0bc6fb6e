//! NickServ of the real Atheme, on a network without SASL: we log in, get our nick back, and are refused.

use crate::client::Client;
use crate::networks::{LOGIN, Network, Services};
use crate::program::Program;
use crate::{attempt, because, class, config, declared, open};
use domain::delivery::Lane;
use domain::notice::NoticeKind;
use earlybell::channels::{Channel, Finding};
use earlybell::config::{IrcConfig, IrcLogin, Secret};

fn by_nickserv(network: &Network, password: &str) -> IrcConfig {
    let mut config = config(network.plain, &["#ops"]);
    config.network.nick = LOGIN.0.into();
    config.network.login = IrcLogin::NickServ(Secret::new(password));
    config.topic = false;
    config
}

// Somebody who sees what happens, in a channel for those that services know.
async fn anna(network: &Network) -> Client {
    let mut anna = Client::connect(network.plain, "anna").await;
    anna.register("annaspassword").await;
    anna.join("#ops").await;
    anna.send("MODE #ops +R").await;
    anna.wait(|line| line.contains("MODE #ops")).await;
    anna
}

#[tokio::test]
async fn nickserv_knows_us_before_channels_for_the_registered_are_joined() {
    let network = Network::with(100, Services::Ghost).await;
    let mut anna = anna(&network).await;
    let (channel, ..) = open(&by_nickserv(&network, LOGIN.1));
    assert_eq!(class(&channel.send(&declared()).await), "sent");
    anna.wait(|line| line.contains("NOTICE #ops Two.") || line.contains("NOTICE #ops :Two.")).await;
    let found = channel.look().await;
    let logged_in = Finding::Well("connected as incbot, logged in as incbot".into());
    assert_eq!(found, [logged_in, Finding::Well("in #ops".into())]);
}

#[tokio::test]
async fn a_nick_that_a_ghost_has_is_taken_back_by_regain_or_by_ghost() {
    for services in [Services::Regain, Services::Ghost] {
        let network = Network::with(100, services).await;
        let mut anna = anna(&network).await;
        let mut ghost = Client::connect(network.plain, LOGIN.0).await;
        let (channel, ..) = open(&by_nickserv(&network, LOGIN.1));
        assert_eq!(class(&channel.send(&declared()).await), "sent", "a taken nick is no reason to be silent");
        let said = anna.wait(|line| line.contains("Two.")).await;
        assert!(said.contains(":incbot_!"), "{said}");
        anna.wait(|line| line.contains(":incbot_!") && line.contains("NICK :incbot")).await;
        match services {
            Services::Ghost => ghost.wait(|line| line.contains("KILL incbot :")).await,
            _ => ghost.wait(|line| line.contains("NICK :Guest")).await,
        };
        let update = attempt(Lane::Post, NoticeKind::Updated, 3, "INC-42 update: web", "Under our own name.");
        assert_eq!(class(&channel.send(&update).await), "sent");
        let said = anna.wait(|line| line.contains("Under our own name.")).await;
        assert!(said.contains(":incbot!"), "{said}");
        if services == Services::Regain {
            drop(channel);
            // It leaves the channel, or the network at once.
            let leaves = |line: &str| line.contains(" PART ") || line.contains(" QUIT ");
            anna.wait(|line| line.contains(":incbot!") && leaves(line)).await;
            a_nick_that_services_hold_is_taken_back_too(&network, &mut anna).await;
        }
    }
}

// After `REGAIN`, services keep it from everybody for a while: also from us, before they know who we are.
async fn a_nick_that_services_hold_is_taken_back_too(network: &Network, anna: &mut Client) {
    let mut answer = String::new();
    while !answer.contains(" 432 ") {
        anna.send(&format!("NICK {}", LOGIN.0)).await;
        // 433, as long as our last connection is not gone.
        answer = anna.wait(|line| line.contains(" 432 ") || line.contains(" 433 ")).await;
    }
    assert!(answer.contains("reserved"), "{answer}");
    let (channel, ..) = open(&by_nickserv(network, LOGIN.1));
    assert_eq!(class(&channel.send(&declared()).await), "sent");
    let said = anna.wait(|line| line.contains("Two.")).await;
    assert!(said.contains(":incbot_!"), "{said}");
    anna.wait(|line| line.contains(":incbot_!") && line.contains("NICK :incbot")).await;
}

#[tokio::test]
async fn a_password_that_nickserv_does_not_take_ends_the_connection_and_is_told() {
    let network = Network::with(100, Services::Ghost).await;
    let (channel, ..) = open(&by_nickserv(&network, "wrongpw1"));
    let refused = channel.send(&declared()).await;
    assert_eq!(class(&refused), "misconfigured", "{refused:?}");
    let told = "NickServ does not take the password for incbot: Invalid password for incbot.";
    assert_eq!(because(&refused), told);
    assert_eq!(channel.look().await, [Finding::Wrong(told.into())], "without another attempt, which locks accounts");
    let mut nobody = by_nickserv(&network, LOGIN.1);
    nobody.network.nick = "nobody".into();
    let (channel, ..) = open(&nobody);
    let refused = channel.send(&declared()).await;
    assert_eq!(class(&refused), "misconfigured", "{refused:?}");
    assert!(because(&refused).contains("nobody is not a registered nickname"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_known_before_there_is_anything_to_tell() {
    let network = Network::with(100, Services::Ghost).await;
    let yml = |password: &str| {
        format!(
            "route: {{ receivers: [console, team-irc] }}
receivers:
  - {{ name: console, console: {{}} }}
  - name: team-irc
    irc: {{ server: '127.0.0.1:{}', tls: false, nick: {}, nickserv_password: {password}, channel: '#incidents' }}
",
            network.plain, LOGIN.0
        )
    };
    let mut program = Program::start(&yml("wrongpw1"), &[]);
    let connected = r#"earlybell_receiver_connected{integration="irc",receiver="team-irc"}"#;
    let list = |program: &Program| program.verb(&["receiver", "list"], "");
    let told =
        "team-irc is not connected: NickServ does not take the password for incbot: Invalid password for incbot.";
    let listed = program.wait("nobody says that it is not connected", |program| {
        Some(list(program)).filter(|listed| listed.contains(told))
    });
    let row = listed.lines().find(|line| line.starts_with("team-irc ")).unwrap();
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["team-irc", "irc", "not", "connected", "0"], "{listed}");
    assert!(program.get("/metrics").unwrap().contains(&format!("{connected} 0")));
    assert!(program.logged().contains("nothing is told there until that is mended"), "{}", program.logged());
    assert!(!program.logged().contains("wrongpw1"));

    std::fs::write(program.folder.path().join("earlybell.yml"), yml(LOGIN.1)).unwrap();
    program.post("/-/reload", "").unwrap();
    program.wait("the right password does not help", |program| {
        program.metric(connected).filter(|connected| *connected == 1.0)
    });
    assert!(!list(&program).contains("not connected"), "{}", list(&program));
}
