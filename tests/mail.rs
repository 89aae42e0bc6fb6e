//! Mail against a real Postfix and against a server that misbehaves: threads, bytes, refusals, silences.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/attempts.rs"]
mod attempts;
#[path = "support/postfix.rs"]
mod postfix;
#[path = "support/smtp.rs"]
mod smtp;

use attempts::{class, first};
use chrono::{DateTime, TimeDelta};
use domain::delivery::{Addressee, Content, Lane, Outcome};
use domain::notice::NoticeKind;
use earlybell::channels::email::EmailChannel;
use earlybell::channels::{Attempt, Channel, Deadlines, Finding, SEND_SECONDS_MAX};
use earlybell::config::{EmailConfig, Secret, SmtpTls};
use postfix::{LOGIN, Postfix};
use smtp::{At, Does, Smtp};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn config(port: u16, to: &[&str]) -> EmailConfig {
    EmailConfig {
        smarthost: format!("127.0.0.1:{port}"),
        from: "Earlybell <incidents@example.test>".into(),
        envelope_from: None,
        archive: None,
        approved: None,
        to: to.iter().map(|&address| address.into()).collect(),
        hello: Some("earlybell.test".into()),
        auth: None,
        tls: SmtpTls::None,
        ca_file: None,
    }
}

fn channel(config: &EmailConfig) -> EmailChannel {
    EmailChannel::new(config, Deadlines::default()).unwrap()
}

fn attempt(lane: Lane, notice: NoticeKind, number: u64, thread: Option<&str>) -> Attempt {
    let at = DateTime::from_timestamp(1_795_331_460, 0).unwrap();
    let content =
        Content { subject: "[suspected] INC-42: Gateway häuft Fehler".into(), body: "3 of 7 fire.\n.\n\nBye".into() };
    let attempt = first("list", number, (lane, notice), content, at);
    Attempt { first_attempt_at: at + TimeDelta::seconds(1), thread: thread.map(str::to_owned), ..attempt }
}

fn declared() -> Attempt {
    attempt(Lane::Root, NoticeKind::Declared, 1, None)
}

fn sent(id: &str) -> Outcome {
    Outcome::Sent { remote_id: Some(id.into()) }
}

// From the first header that is ours: Postfix writes its own above.
fn ours(mail: &str) -> &str {
    &mail[mail.find("Message-ID:").unwrap()..]
}

fn to(address: &str, number: u64, thread: Option<&str>) -> Attempt {
    let mut attempt = attempt(Lane::Direct, NoticeKind::Role, number, thread);
    attempt.delivery.to = Some(Addressee { person: "anna".into(), address: address.into() });
    attempt
}

#[tokio::test]
async fn a_person_has_a_thread_of_their_own() {
    let postfix = Postfix::shared();
    let channel = channel(&config(postfix.plain, &[]));
    let first = "<inc-42.role.1.list.t1795331460@example.test>";
    assert_eq!(channel.send(&to("anna@lists.test", 1, None)).await, sent(first));
    let second = channel.send(&to("anna@lists.test", 2, Some(first))).await;
    assert_eq!(second, sent("<inc-42.role.2.list.t1795331460@example.test>"));
    let mails = postfix.mail_for("anna@lists.test", 2);
    let head = |mail: &str| ours(mail).split_once("\n\n").unwrap().0.to_owned();
    assert_eq!(
        head(&mails[0]),
        "Message-ID: <inc-42.role.1.list.t1795331460@example.test>\n\
         Date: Sun, 22 Nov 2026 07:11:00 +0000\n\
         From: Earlybell <incidents@example.test>\n\
         To: anna@lists.test\n\
         Subject: [suspected] INC-42: Gateway =?utf-8?b?aMOkdWZ0?= Fehler\n\
         Auto-Submitted: auto-generated\n\
         X-Incident-Id: INC-42\n\
         MIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: 7bit"
    );
    assert!(head(&mails[1]).contains(&format!("Fehler\nIn-Reply-To: {first}\nReferences: {first}\n")), "{}", mails[1]);
    // Written before the receiver became personal: there is nobody it could go to.
    assert_eq!(class(&channel.send(&declared()).await), "fatal");
}

#[tokio::test]
async fn one_address_that_is_not_taken_is_lost_alone_and_not_shown() {
    for (says, expected) in [
        ("550 5.1.1 <Anna@Example.org>: no such user anna@example.org", "fatal"),
        ("554 5.7.1 <anna@example.org>: Recipient address rejected: Access denied", "fatal"),
        ("452 4.2.2 <anna@example.org> mailbox full", "retry"),
        ("530 5.7.0 Authentication required", "misconfigured"),
    ] {
        let smtp = Smtp::start(At::RcptTo, Does::Says(says)).await;
        let outcome = channel(&config(smtp.port, &[])).send(&to("anna@example.org", 1, None)).await;
        assert_eq!(class(&outcome), expected, "{says}");
        assert!(!format!("{outcome:?}").to_lowercase().contains("anna@example.org"), "{outcome:?}");
    }
}

#[tokio::test]
async fn an_incident_is_one_thread_in_the_mailbox() {
    let postfix = Postfix::shared();
    let channel = channel(&config(postfix.plain, &["thread@lists.test"]));
    let root = "<inc-42.declared.1.list.t1795331460@example.test>";
    assert_eq!(channel.send(&declared()).await, sent(root));
    let resolved = attempt(Lane::Post, NoticeKind::Resolved, 2, Some(root));
    assert_eq!(channel.send(&resolved).await, sent("<inc-42.resolved.2.list.t1795331460@example.test>"));
    let mails = postfix.mail_for("thread@lists.test", 2);
    assert_eq!(
        ours(&mails[0]),
        "Message-ID: <inc-42.declared.1.list.t1795331460@example.test>\n\
         Date: Sun, 22 Nov 2026 07:11:00 +0000\n\
         From: Earlybell <incidents@example.test>\n\
         To: thread@lists.test\n\
         Subject: [suspected] INC-42: Gateway =?utf-8?b?aMOkdWZ0?= Fehler\n\
         Auto-Submitted: auto-generated\n\
         Precedence: list\n\
         X-Incident-Id: INC-42\n\
         MIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: 7bit\n\
         \n\
         3 of 7 fire.\n.\n\nBye\n"
    );
    assert!(mails[0].starts_with("Return-Path: <incidents@example.test>\n"), "{}", mails[0]);
    let thread = format!(
        "Subject: Re: [suspected] INC-42: Gateway =?utf-8?b?aMOkdWZ0?= Fehler\nIn-Reply-To: {root}\nReferences: {root}\n"
    );
    assert!(mails[1].contains(&thread), "{}", mails[1]);
}

#[tokio::test]
async fn another_attempt_sends_the_same_bytes() {
    let postfix = Postfix::shared();
    let channel = channel(&config(postfix.plain, &["twice@lists.test"]));
    let mut notice = declared();
    notice.delivery.content.body = "Störung: ".repeat(200);
    channel.send(&notice).await;
    notice.number = 2;
    notice.unsure = true;
    channel.send(&notice).await;
    let mails = postfix.mail_for("twice@lists.test", 2);
    assert_eq!(ours(&mails[0]), ours(&mails[1]));
    assert!(mails[0].contains("quoted-printable"), "{}", mails[0]);
}

#[tokio::test]
async fn tls_and_passwords_are_checked_on_both_sides() {
    let postfix = Postfix::shared();
    let ca = Some(postfix.ca_file.clone());
    let login = |password: &str| Some((LOGIN.0.to_owned(), Secret::new(password)));
    for (tls, port) in [(SmtpTls::StartTls, postfix.starttls), (SmtpTls::Implicit, postfix.implicit)] {
        let good = EmailConfig { tls, auth: login(LOGIN.1), ca_file: ca.clone(), ..config(port, &["tls@lists.test"]) };
        assert_eq!(class(&channel(&good).send(&declared()).await), "sent", "{tls:?}");
        let mut localhost = good.clone();
        localhost.smarthost = format!("localhost:{port}");
        assert_eq!(class(&channel(&localhost).send(&declared()).await), "sent", "{tls:?}");

        let wrong = EmailConfig { auth: login("wrong"), ..good.clone() };
        let because = "AUTH: permanent error (535): 5.7.8 Error: authentication failed: authentication failure".into();
        assert_eq!(channel(&wrong).send(&declared()).await, Outcome::Misconfigured { because });

        let stranger = EmailConfig { ca_file: None, ..good.clone() };
        let because = "TLS: invalid peer certificate: UnknownIssuer".into();
        assert_eq!(channel(&stranger).send(&declared()).await, Outcome::Misconfigured { because }, "{tls:?}");

        let nobody = EmailConfig { auth: None, ..good };
        let because = "RCPT TO: permanent error (554): \
            5.7.1 <tls@lists.test>: Recipient address rejected: Access denied";
        let outcome = channel(&nobody).send(&declared()).await;
        assert_eq!(outcome, Outcome::Misconfigured { because: because.into() }, "{tls:?}");
    }
    let never_plain =
        EmailConfig { tls: SmtpTls::StartTls, ca_file: ca.clone(), ..config(postfix.plain, &["tls@lists.test"]) };
    assert_eq!(class(&channel(&never_plain).send(&declared()).await), "sent");
    let forgotten = config(postfix.starttls, &["tls@lists.test"]);
    let because = "MAIL FROM: permanent error (530): 5.7.0 Must issue a STARTTLS command first".into();
    assert_eq!(channel(&forgotten).send(&declared()).await, Outcome::Misconfigured { because });
    assert_eq!(postfix.mail_for("tls@lists.test", 5).len(), 5);
}

#[tokio::test]
async fn a_server_without_starttls_is_not_trusted_with_plain_text() {
    let server = Smtp::with(|_| None).await;
    let encrypted = EmailConfig { tls: SmtpTls::StartTls, ..config(server.port, &["a@lists.test"]) };
    let because = "TLS: internal client error: STARTTLS is not supported on this server".into();
    assert_eq!(channel(&encrypted).send(&declared()).await, Outcome::Misconfigured { because });
    assert_eq!(*server.heard.lock().unwrap(), ["EHLO earlybell.test"]);
}

#[tokio::test]
async fn postfix_greylists_refuses_and_dislikes_senders() {
    let postfix = Postfix::shared();
    let to = async |address: &str| channel(&config(postfix.plain, &[address])).send(&declared()).await;
    let because = "<grey@lists.test>: RCPT TO: transient error (450): \
        4.2.0 <grey@lists.test>: Recipient address rejected: Greylisted";
    assert_eq!(to("grey@lists.test").await, Outcome::Retry { because: because.into(), after: None, unsure: false });
    let because = "<closed@lists.test>: RCPT TO: permanent error (550): \
        5.7.1 <closed@lists.test>: Recipient address rejected: Only subscribers may post";
    assert_eq!(to("closed@lists.test").await, Outcome::Fatal { because: because.into() });
    let mut huge = declared();
    huge.delivery.content.body = "x\n".repeat(110_000);
    let roomy = channel(&config(postfix.plain, &["huge@lists.test"]));
    assert_eq!(class(&roomy.send(&huge).await), "fatal");
}

#[tokio::test]
async fn a_greylist_lets_in_who_comes_again() {
    let postfix = Postfix::shared();
    let channel = channel(&config(postfix.plain, &["waits@lists.test", "at-once@lists.test"]));
    let mut notice = declared();
    let Outcome::Retry { because, after: None, unsure: false } = channel.send(&notice).await else {
        panic!("it was not put off")
    };
    let expected = "<waits@lists.test>: RCPT TO: transient error (450): \
        4.2.0 <waits@lists.test>: Recipient address rejected: Greylisted, see http";
    assert!(because.starts_with(expected), "{because}");
    notice.number = 2;
    let started = Instant::now();
    let mut outcome = channel.send(&notice).await;
    while class(&outcome) == "retry" && started.elapsed() < Duration::from_secs(30) {
        outcome = channel.send(&notice).await;
    }
    assert_eq!(outcome, sent("<inc-42.declared.1.list.t1795331460@example.test>"));
    assert_eq!(channel.missed(&notice.delivery), None);
    // The same mail, once to each.
    let [waited, at_once] = ["waits@lists.test", "at-once@lists.test"].map(|address| postfix.mail_for(address, 1));
    assert_eq!(waited.iter().map(|mail| ours(mail)).collect::<Vec<_>>(), [ours(&at_once[0])]);
    assert_eq!(at_once.len(), 1);
}

// Whether somebody who knows nothing of us finds the signature of `example.test` good, by this record of its key.
fn verifies(mail: &str, record: &str) -> bool {
    const VERIFY: &str = "import dkim, sys
asked = []
record = lambda name, timeout=0: asked.append(name) or sys.argv[1].encode()
good = dkim.verify(sys.stdin.buffer.read(), dnsfunc=record)
print(good, *asked)";
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/servers/mailman/bin/python");
    assert!(python.exists(), "{} is missing: `tests/all` installs the servers that tests need", python.display());
    let mut child = Command::new(python)
        .args(["-c", VERIFY, record.trim()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(mail.replace('\n', "\r\n").as_bytes()).unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.ends_with(" b'bell._domainkey.example.test.'\n"), "{said}");
    said.starts_with("True ")
}

#[tokio::test]
async fn a_server_that_signs_our_mails_signs_them_well() {
    let postfix = Postfix::shared();
    let auth = Some((LOGIN.0.to_owned(), Secret::new(LOGIN.1)));
    let (tls, ca_file) = (SmtpTls::StartTls, Some(postfix.ca_file.clone()));
    let signed = EmailConfig { tls, auth, ca_file, ..config(postfix.starttls, &["signed@lists.test"]) };
    let mut notice = declared();
    notice.delivery.content.body = format!("{}\n. \n\nStörung: {}\n", "x".repeat(2_000), "ä ".repeat(200));
    assert_eq!(class(&channel(&signed).send(&notice).await), "sent");
    let mail = &postfix.mail_for("signed@lists.test", 1)[0];
    let record = postfix.dkim_record();
    assert!(verifies(mail, &record), "{mail}");
    assert!(!verifies(&mail.replace("INC-42:", "INC-43:"), &record), "whoever changes it is found out");
}

async fn look(config: &EmailConfig) -> Vec<String> {
    let said = |finding| match finding {
        Finding::Well(words) => format!("well: {words}"),
        Finding::Wrong(words) => format!("wrong: {words}"),
    };
    let found = channel(config).look().await.into_iter().map(said);
    found.map(|words| words.replace(&config.smarthost, "HERE")).collect()
}

#[tokio::test]
async fn looking_tells_nobody_and_says_what_would_happen() {
    let postfix = Postfix::shared();
    let to = ["looked@lists.test", "grey@lists.test", "closed@lists.test"];
    let login = Some((LOGIN.0.to_owned(), Secret::new(LOGIN.1)));
    let ca_file = Some(postfix.ca_file.clone());
    let envelope_from = Some("bounces@example.test".to_owned());
    let good =
        EmailConfig { tls: SmtpTls::StartTls, auth: login, ca_file, envelope_from, ..config(postfix.starttls, &to) };
    let expected = [
        "well: HERE takes mail from <bounces@example.test>",
        "well: <looked@lists.test> is taken; a list whose member <bounces@example.test> is not may still hold it",
        "wrong: <grey@lists.test>: RCPT TO: transient error (450): 4.2.0 <grey@lists.test>: Recipient address rejected: \
         Greylisted; a mail is tried again for a day: look again in some minutes",
        "wrong: <closed@lists.test>: RCPT TO: permanent error (550): 5.7.1 <closed@lists.test>: Recipient address rejected: \
         Only subscribers may post; if it is a list, make <bounces@example.test> a member of it, or set `approved`",
    ];
    assert_eq!(look(&good).await, expected);
    let wrong = EmailConfig { auth: Some((LOGIN.0.to_owned(), Secret::new("wrong"))), ..good.clone() };
    let expected =
        "wrong: HERE: AUTH: permanent error (535): 5.7.8 Error: authentication failed: authentication failure";
    assert_eq!(look(&wrong).await, [expected]);
    let sender = EmailConfig { envelope_from: Some("stranger@example.test".to_owned()), ..good.clone() };
    let found = look(&sender).await;
    assert!(found.iter().any(|words| words.contains("Not your address")), "{found:?}");
    // The envelope is ours, the head says who writes; and of all this looking nothing arrived but that.
    let sent_mail = channel(&EmailConfig { to: vec!["looked@lists.test".to_owned()], ..good }).send(&declared()).await;
    assert_eq!(class(&sent_mail), "sent");
    let mails = postfix.mail_for("looked@lists.test", 1);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].starts_with("Return-Path: <bounces@example.test>\n"), "{}", mails[0]);
    assert!(mails[0].contains("\nFrom: Earlybell <incidents@example.test>\n"), "{}", mails[0]);
}

#[tokio::test]
async fn who_is_refused_does_not_keep_the_mail_from_the_others() {
    let postfix = Postfix::shared();
    let some = channel(&config(postfix.plain, &["others@lists.test", "closed@lists.test"]));
    assert_eq!(class(&some.send(&declared()).await), "sent");
    let because = "it reached 1 of 2 recipients, but not <closed@lists.test>: RCPT TO: permanent error (550): \
        5.7.1 <closed@lists.test>: Recipient address rejected: Only subscribers may post";
    assert_eq!(some.missed(&declared().delivery).as_deref(), Some(because));
    assert_eq!(some.missed(&declared().delivery), None, "said once");

    // Who was put off gets it later, and the others get it once.
    let waiting = channel(&config(postfix.plain, &["once@lists.test", "grey@lists.test"]));
    let mut notice = declared();
    for number in 1..8 {
        notice.number = number;
        assert_eq!(class(&waiting.send(&notice).await), "retry", "attempt {number}");
    }
    notice.number = 8;
    assert_eq!(class(&waiting.send(&notice).await), "sent");
    channel(&config(postfix.plain, &["others@lists.test", "once@lists.test"])).send(&declared()).await;
    assert_eq!(postfix.mail_for("others@lists.test", 2).len(), 2);
    assert_eq!(postfix.mail_for("once@lists.test", 2).len(), 2);
}

#[tokio::test]
async fn nobody_listens() {
    let gone = Smtp::with(|_| None).await.port;
    tokio::task::yield_now().await;
    let outcome = channel(&config(gone, &["a@lists.test"])).send(&declared()).await;
    let because = "connecting: Connection refused (os error 111)".into();
    assert_eq!(outcome, Outcome::Retry { because, after: None, unsure: false });
}

#[tokio::test(start_paused = true)]
async fn every_answer_at_every_stage_means_one_thing() {
    use At::{Auth, Data, Ehlo, FinalDot, Greeting, MailFrom, RcptTo};
    use Does::{Closes, Drips, Hangs, Says};
    let stages = [Greeting, Ehlo, Auth, MailFrom, RcptTo, Data, FinalDot];
    let about_us = [Greeting, Ehlo, Auth, MailFrom];
    let mut table = Vec::new();
    for at in stages {
        for says in ["421 4.3.2 closing", "450 4.2.0 later", "451 4.3.0 oops", "452 4.3.1 full", "454 4.7.0 later"] {
            table.push((at, Says(says), "retry"));
        }
        let refused = if about_us.contains(&at) { "misconfigured" } else { "fatal" };
        for says in ["500 what", "503 order", "550 5.7.1 no", "552 5.3.4 big", "554 5.7.1 spam"] {
            table.push((at, Says(says), refused));
        }
        for says in ["530 5.7.0 who", "534 5.7.9 weak", "535 5.7.8 wrong"] {
            table.push((at, Says(says), "misconfigured"));
        }
        let silence = if at == FinalDot { "unsure" } else { "retry" };
        for does in [Says("nonsense"), Says("250"), Hangs, Drips("250-slow as it gets, and never at an end"), Closes] {
            // Two bare words that are an answer all the same: the server is terse, not broken.
            if does != Says("250") {
                table.push((at, does, silence));
            }
        }
    }
    for (at, does, expected) in table {
        let server = Smtp::start(at, does).await;
        let login = Some(("user".to_owned(), Secret::new("secret")));
        let mail = channel(&EmailConfig { auth: login, ..config(server.port, &["a@lists.test"]) });
        let started = tokio::time::Instant::now();
        let outcome = mail.send(&declared()).await;
        assert_eq!(class(&outcome), expected, "{at:?} {does:?}: {outcome:?}");
        assert!(
            started.elapsed() < Duration::from_secs(SEND_SECONDS_MAX),
            "{at:?} {does:?} took {:?}",
            started.elapsed()
        );
    }
}

#[tokio::test]
async fn what_is_said_on_the_wire() {
    let server = Smtp::with(|_| None).await;
    let mail = channel(&config(server.port, &["a@lists.test", "b@lists.test"]));
    let mut hostile = attempt(Lane::Root, NoticeKind::Declared, 7, Some("<x>\r\nBcc: <all@lists.test>"));
    hostile.delivery.content.subject = "down\r\nBcc: all@lists.test\r\n\r\nhello".into();
    hostile.delivery.content.body = "one\r\n.\r\nMAIL FROM:<evil@lists.test>".into();
    mail.send(&hostile).await;
    let heard = server.heard.lock().unwrap().clone();
    let body = "one\r\n..\r\nMAIL FROM:<evil@lists.test>\r\n.";
    assert_eq!(
        [&heard[..5], &heard[6..]].concat(),
        [
            "EHLO earlybell.test",
            "MAIL FROM:<incidents@example.test>",
            "RCPT TO:<a@lists.test>",
            "RCPT TO:<b@lists.test>",
            "DATA",
            "QUIT"
        ]
    );
    assert!(heard[5].ends_with(&format!("\r\n\r\n{body}")), "{}", heard[5]);
    assert!(!heard[5].contains("\nBcc"), "{}", heard[5]);
    assert!(heard[5].contains("\r\nSubject: down  Bcc: all@lists.test    hello\r\n"), "{}", heard[5]);
}

#[tokio::test]
async fn no_mail_waits_for_a_delayed_acknowledgement() {
    let postfix = Postfix::shared();
    let channel = channel(&config(postfix.plain, &["quick@lists.test"]));
    let mut fastest = Duration::MAX;
    for _ in 0..10 {
        let started = Instant::now();
        assert_eq!(class(&channel.send(&declared()).await), "sent");
        fastest = fastest.min(started.elapsed());
    }
    // With Nagle's algorithm it is never below 40 ms.
    assert!(fastest < Duration::from_millis(35), "{fastest:?}");
}

#[test]
fn addresses_are_checked_when_the_configuration_is_read() {
    let says = |from: &str, to: &[&str]| {
        EmailChannel::new(&EmailConfig { from: from.into(), ..config(25, to) }, Deadlines::default()).err()
    };
    assert_eq!(says("a@example.test", &["b@example.test", "C D <c@example.test>"]), None);
    // Each person is written to.
    assert_eq!(says("a@example.test", &[]), None);
    for (from, to, expected) in [
        ("nobody", "b@example.test", "`from`: `nobody` is not a mail address: "),
        ("a@example.test", "b@example.test\r\nBcc: x", "`to`: `b@example.test\\r\\nBcc: x` is not a mail address: "),
        ("ä@example.test", "b@example.test", "`from`: `ä@example.test` is not a mail address: it must be ASCII"),
    ] {
        let error = says(from, &[to]).unwrap();
        assert!(error.starts_with(expected), "{error}");
    }
}
