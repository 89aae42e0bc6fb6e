//! What goes wrong on a network, from a server that does it on purpose.

use crate::scripted::Scripted;
use crate::{again, attempt, because, board, class, config, declared, open};
use domain::delivery::{Lane, Outcome};
use domain::notice::NoticeKind;
use earlybell::channels::{Channel, Finding};
use earlybell::config::{IrcConfig, IrcLogin, IrcNetwork, Secret};
use tokio::join;

fn with_login(config: IrcConfig, login: IrcLogin) -> IrcConfig {
    IrcConfig { network: IrcNetwork { login, ..config.network }, ..config }
}

fn sasl(port: u16) -> IrcConfig {
    let login = IrcLogin::Plain { username: "incbot".into(), password: Secret::new("hunter2pw") };
    with_login(config(port, &["#ops"]), login)
}

#[tokio::test]
async fn words_are_told_once_the_server_answers_behind_them() {
    let server = Scripted::start().await;
    let (channel, ..) = open(&config(server.port, &["#ops"]));
    let serve = async {
        let mut talk = server.welcome(&["#ops"]).await;
        talk.pong().await;
        talk
    };
    let attempt = declared();
    let (outcome, talk) = join!(channel.send(&attempt), serve);
    assert_eq!(outcome, Outcome::Sent { remote_id: None });
    assert_eq!(talk.told(), ["NOTICE #ops :INC-42 suspected (major): web", "NOTICE #ops One.", "NOTICE #ops Two."]);
}

#[tokio::test]
async fn a_connection_cut_before_the_answer_leaves_a_doubt_and_the_next_attempt_says_so() {
    let server = Scripted::start().await;
    let (channel, ..) = open(&config(server.port, &["#ops"]));
    let attempt = declared();
    let cut = async {
        let mut talk = server.welcome(&["#ops"]).await;
        talk.expect("NOTICE").await;
    };
    let (outcome, ()) = join!(channel.send(&attempt), cut);
    assert_eq!(class(&outcome), "unsure", "{outcome:?}");
    let serve = async {
        let mut talk = server.welcome(&["#ops"]).await;
        talk.pong().await;
        talk
    };
    let second = again(&attempt);
    let sends = async {
        // The connection may just be waiting for its turn.
        loop {
            let outcome = channel.send(&second).await;
            if class(&outcome) != "retry" {
                return outcome;
            }
            tokio::task::yield_now().await;
        }
    };
    let (outcome, talk) = join!(sends, serve);
    assert_eq!(class(&outcome), "sent", "{outcome:?}");
    assert_eq!(talk.told()[0], "NOTICE #ops :(again) INC-42 suspected (major): web");
}

#[tokio::test]
async fn a_network_without_anybody_there_is_out_of_reach_and_asks_nobody_to_wait() {
    let server = Scripted::start().await;
    let port = server.port;
    drop(server);
    let (channel, ..) = open(&config(port, &["#ops"]));
    for _ in 0..3 {
        let Outcome::Retry { because, after, unsure } = channel.send(&declared()).await else { panic!("it was told") };
        assert!(because.starts_with(&format!("connecting to 127.0.0.1:{port}: ")), "{because}");
        assert_eq!((after, unsure), (None, false), "it would pass for well, and wait longer than it must");
    }
}

#[tokio::test]
async fn a_failed_login_disconnects_and_is_said_to_everybody_who_asks() {
    let server = Scripted::start().await;
    let (channel, ..) = open(&sasl(server.port));
    let refuse = async {
        let mut talk = server.accept().await;
        talk.expect("USER").await;
        talk.say(":irc.test CAP * LS :sasl=PLAIN").await;
        talk.expect("CAP REQ sasl").await;
        talk.say(":irc.test CAP * ACK :sasl").await;
        talk.expect("AUTHENTICATE PLAIN").await;
        talk.say("AUTHENTICATE :+").await;
        talk.expect("AUTHENTICATE ").await;
        talk.say(":irc.test 904 bell :SASL authentication failed for hunter2pw").await;
        while talk.next().await.is_some() {}
        talk.heard
    };
    let attempt = declared();
    let (first, heard) = join!(channel.send(&attempt), refuse);
    let expected = "SASL PLAIN as incbot failed: SASL authentication failed for <secret>";
    assert_eq!(first, Outcome::Misconfigured { because: expected.into() });
    assert!(!heard.iter().any(|line| line.starts_with("CAP END") || line.starts_with("JOIN")), "{heard:?}");
    assert_eq!(channel.send(&again(&attempt)).await, first, "without another connection");
    assert_eq!(channel.look().await, [Finding::Wrong(expected.into())]);
}

#[tokio::test]
async fn without_sasl_nickserv_is_asked_before_channels_are_joined() {
    let server = Scripted::start().await;
    let login = || IrcLogin::NickServ(Secret::new("hunter2pw"));
    let (channel, ..) = open(&with_login(config(server.port, &["#ops"]), login()));
    let serve = async {
        let mut talk = server.accept().await;
        talk.register("").await;
        assert_eq!(talk.next().await.unwrap(), "PRIVMSG NickServ :IDENTIFY bell hunter2pw");
        talk.say(":NickServ!s@services NOTICE bell :This nickname is registered. Please choose another.").await;
        talk.say(":NickServ!s@services NOTICE bell :You are now identified for bell.").await;
        talk.join("#ops", "").await;
        talk.pong().await;
    };
    let attempt = declared();
    let (outcome, ()) = join!(channel.send(&attempt), serve);
    assert_eq!(class(&outcome), "sent");

    let (channel, ..) = open(&with_login(config(server.port, &["#ops"]), login()));
    let refuse = async {
        let mut talk = server.accept().await;
        talk.register("").await;
        talk.say(":NickServ!s@services NOTICE bell :Invalid password for bell (hunter2pw).").await;
        while talk.next().await.is_some() {}
    };
    let (outcome, ()) = join!(channel.send(&attempt), refuse);
    let expected = "NickServ does not take the password for bell: Invalid password for bell (<secret>).";
    assert_eq!(outcome, Outcome::Misconfigured { because: expected.into() });
}

#[tokio::test]
async fn a_taken_nick_is_no_reason_to_be_silent_and_is_taken_back() {
    let server = Scripted::start().await;
    let (channel, ..) = open(&config(server.port, &["#ops"]));
    let serve = async {
        let mut talk = server.accept().await;
        talk.expect("USER").await;
        talk.say(":irc.test 433 * bell :Nickname is already in use").await;
        talk.expect("NICK bell_").await;
        talk.say(":irc.test CAP * LS :").await;
        talk.expect("CAP END").await;
        talk.let_in("bell_").await;
        talk.expect("JOIN #ops").await;
        talk.say(":bell_!b@h JOIN #ops").await;
        talk.say(":irc.test 366 bell_ #ops :End").await;
        talk.pong().await;
        // A split takes whoever had it.
        talk.say(":bell!x@elsewhere QUIT :a.test b.test").await;
        talk.expect("NICK bell").await;
        talk.say(":bell_!b@h NICK bell").await;
        talk.say(":bell!b@h PRIVMSG bell_ :nobody").await;
    };
    let attempt = declared();
    let (outcome, ()) = join!(channel.send(&attempt), serve);
    assert_eq!(class(&outcome), "sent");
}

#[tokio::test]
async fn a_netsplit_and_a_ping_are_nothing_special() {
    let server = Scripted::start().await;
    let (channel, ..) = open(&config(server.port, &["#ops"]));
    let serve = async {
        let mut talk = server.welcome(&["#ops"]).await;
        talk.expect("NOTICE").await;
        for number in 0..200 {
            talk.say(&format!(":user{number}!u@h QUIT :a.test b.test")).await;
        }
        talk.say("PING :irc.test").await;
        talk.expect("PONG irc.test").await;
        talk.heard.extend(["PING".to_owned()]);
        talk.say(":irc.test PONG irc.test :eb1").await;
    };
    let attempt = declared();
    let (outcome, ()) = join!(channel.send(&attempt), serve);
    assert_eq!(class(&outcome), "sent", "{outcome:?}");
}

#[tokio::test]
async fn a_ban_is_told_and_not_tried_again_soon() {
    let server = Scripted::start().await;
    let (channel, ..) = open(&config(server.port, &["#ops"]));
    let ban = async {
        let mut talk = server.accept().await;
        talk.expect("USER").await;
        talk.say("ERROR :Closing Link: 127.0.0.1 (K-Lined: no robots)").await;
    };
    let attempt = declared();
    let (outcome, ()) = join!(channel.send(&attempt), ban);
    let expected = "the server ends the connection: Closing Link: 127.0.0.1 (K-Lined: no robots)";
    assert_eq!(outcome, Outcome::Misconfigured { because: expected.into() });
    assert_eq!(channel.send(&attempt).await, outcome, "without another connection");
}

#[tokio::test]
async fn what_the_server_refuses_was_not_told() {
    let server = Scripted::start().await;
    let (channel, ..) = open(&config(server.port, &["#ops", "#users"]));
    let serve = async {
        let mut talk = server.accept().await;
        talk.register("").await;
        talk.join("#ops", "").await;
        talk.expect("JOIN #users").await;
        talk.say(":irc.test 477 bell #users :You need to identify to a registered nick").await;
        talk.expect("PING").await;
        for _ in 0..3 {
            talk.say(":irc.test 404 bell #ops :Cannot send to channel").await;
        }
        talk.say(":irc.test PONG irc.test :eb1").await;
        // Once we have voice, the next one gets there, and the other channel keeps nobody back.
        talk.pong().await;
        talk
    };
    let attempts = async {
        let first = channel.send(&declared()).await;
        (first, channel.send(&declared()).await)
    };
    let ((first, second), _) = join!(attempts, serve);
    assert_eq!(class(&first), "misconfigured", "{first:?}");
    assert_eq!(class(&second), "sent", "{second:?}");
}

#[tokio::test]
async fn a_filter_that_swallows_words_is_found_by_the_missing_echo() {
    let server = Scripted::start().await;
    let (channel, ..) = open(&config(server.port, &["#ops"]));
    let serve = async {
        let mut talk = server.accept().await;
        talk.register("echo-message").await;
        talk.join("#ops", "").await;
        talk.pong().await;
        talk.expect("PING").await;
        for line in ["INC-42 suspected (major): web", "One.", "Two."] {
            talk.say(&format!(":bell!bell@127.0.0.1 NOTICE #ops :{line}")).await;
        }
        talk.say(":irc.test PONG irc.test eb2").await;
    };
    let attempts = async {
        let first = channel.send(&declared()).await;
        (first, channel.send(&declared()).await)
    };
    let ((first, second), ()) = join!(attempts, serve);
    assert_eq!(because(&first), "#ops took the words and passed none on: a filter?");
    assert_eq!(class(&second), "sent", "{second:?}");
}

#[tokio::test]
async fn garbage_and_drips_are_survived() {
    let server = Scripted::start().await;
    let (channel, ..) = open(&config(server.port, &["#ops"]));
    let serve = async {
        let mut talk = server.accept().await;
        talk.raw(b"\xff\xfe\0\r\n\r\n:\r\n@\r\n:x\r\n").await;
        talk.raw(&b"y".repeat(100_000)).await;
        talk.raw(b"\r\n").await;
        talk.expect("USER").await;
        for byte in b":irc.test CAP * LS :\r\n" {
            talk.raw(&[*byte]).await;
            tokio::task::yield_now().await;
        }
        talk.expect("CAP END").await;
        talk.let_in("bell").await;
        talk.join("#ops", "").await;
        talk.raw(b":x 353\r\n:x 332 bell\r\n:x MODE\r\n:x KICK #ops\r\n:x 404\r\nPONG\r\n:x 005\r\nTOPIC #ops\r\n")
            .await;
        talk.pong().await;
    };
    let attempt = declared();
    let (outcome, ()) = join!(channel.send(&attempt), serve);
    assert_eq!(class(&outcome), "sent", "{outcome:?}");
}

#[tokio::test]
async fn lines_stay_short_and_whole_whatever_is_told() {
    let server = Scripted::start().await;
    let (channel, ..) = open(&config(server.port, &["#ops"]));
    let long = "ä\u{1F514} ".repeat(120);
    let attempt = attempt(Lane::Post, NoticeKind::Updated, 3, &long, &format!("a\r\nQUIT :b\0\n{long}"));
    let serve = async {
        let mut talk = server.welcome(&["#ops"]).await;
        talk.pong().await;
        talk
    };
    let (outcome, talk) = join!(channel.send(&attempt), serve);
    assert_eq!(class(&outcome), "sent", "{outcome:?}");
    // As others get it: with our name before it.
    let sent: Vec<String> = talk.told().iter().map(|line| format!(":bell!bell@127.0.0.1 {line}\r\n")).collect();
    assert!(sent.len() >= 6 && sent.iter().all(|line| line.len() <= 512), "{sent:?}");
    assert!(!talk.heard.iter().any(|line| line.starts_with("QUIT") || line.contains('\u{FFFD}')), "{:?}", talk.heard);
}

#[tokio::test]
async fn a_topic_is_marked_and_restored_and_never_taken_from_anybody() {
    let server = Scripted::start().await;
    let (channel, ..) = open(&config(server.port, &["#ops"]));
    let serve = async {
        let mut talk = server.accept().await;
        talk.register("").await;
        talk.join("#ops", "Welcome: be kind").await;
        let mut topics = Vec::new();
        for _ in 0..3 {
            let topic = talk.expect("TOPIC").await;
            talk.say(&format!(":bell!b@h {topic}")).await;
            topics.push(topic);
            talk.pong().await;
        }
        talk.say(":anna!a@h TOPIC #ops :Party at nine").await;
        talk.pong().await;
        // We are no operator any more.
        let topic = talk.expect("TOPIC").await;
        talk.say(":irc.test 482 bell #ops :You're not a channel operator").await;
        talk.pong().await;
        (topics, topic)
    };
    let sends = async {
        let mut classes = Vec::new();
        let end = attempt(Lane::Post, NoticeKind::Updated, 5, "x", "");
        for put in [
            board("INC-42 suspected (major): web"),
            board("INC-42 suspected (major): web"),
            board("INC-42 confirmed (critical): web"),
            board(""),
            // Somebody writes a topic while this is told.
            end,
            board("INC-42 reopened (critical): web"),
        ] {
            classes.push(class(&channel.send(&put).await));
        }
        classes
    };
    let (classes, (topics, last)) = join!(sends, serve);
    assert_eq!(classes, ["sent"; 6], "a topic that can't be set is no loss");
    assert_eq!(
        topics,
        [
            "TOPIC #ops :[INC-42 suspected (major): web] Welcome: be kind",
            "TOPIC #ops :[INC-42 confirmed (critical): web] Welcome: be kind",
            "TOPIC #ops :Welcome: be kind",
        ]
    );
    assert_eq!(last, "TOPIC #ops :[INC-42 reopened (critical): web] Party at nine");
}

#[tokio::test]
async fn receivers_of_one_network_share_a_connection_and_leave_with_their_channels() {
    let server = Scripted::start().await;
    let (first, networks, folder) = open(&config(server.port, &["#ops"]));
    let second = earlybell::channels::irc::IrcChannel::new(
        "others",
        &config(server.port, &["#Ops", "#users"]),
        &networks,
        folder.path(),
        earlybell::channels::Deadlines::default(),
    )
    .unwrap();
    let serve = async {
        let mut talk = server.accept().await;
        talk.register("").await;
        talk.join("#ops", "").await;
        talk.join("#users", "").await;
        for _ in 0..3 {
            talk.pong().await;
        }
        talk
    };
    let sends = async { (class(&first.send(&declared()).await), class(&second.send(&declared()).await)) };
    let (classes, mut talk) = join!(sends, serve);
    assert_eq!(classes, ("sent", "sent"));
    drop(second);
    talk.expect("PART #users").await;
    drop(first);
    talk.expect("QUIT").await;
}
