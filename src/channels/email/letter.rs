//! A notice as the bytes of a mail: a function of the delivery and its thread alone, so that no retry can differ.

use crate::config::Secret;
use domain::delivery::{Delivery, Lane};
use domain::text;
use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Body, Mailbox};
use std::time::SystemTime;

/// Longest subject, in bytes; far below the 998 of a line, since encoding may triple it.
const SUBJECT_BYTES_MAX: usize = 300;

/// Longest body, in bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Longest part of a Message-ID that comes from the delivery's key.
const KEY_BYTES_MAX: usize = 150;

/// Longest line of a mail, without its end (RFC 5322, 2.1.1).
const LINE_BYTES_MAX: usize = 998;

/// Who writes to whom.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// `From`.
    pub from: Mailbox,
    /// `To`.
    pub to: Vec<Mailbox>,
    /// What only a mail to a list has.
    pub list: List,
}

/// A list that is written to.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// Where it keeps what was said: HyperKitty's page of it.
    pub archive: Option<String>,
    /// Password of its moderators; it takes the header away.
    pub approved: Option<Secret>,
}

/// A mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its Message-ID, with the angle brackets.
    pub id: String,
    /// Head and body with CRLF line ends, ASCII only; the last line end is left to the transfer.
    pub bytes: Vec<u8>,
}

/// Writes the mail of a delivery. `thread` is the Message-ID of the incident's first mail.
pub fn compose(delivery: &Delivery, thread: Option<&str>, addresses: &Addresses) -> Result<Letter, String> {
    let id = message_id(delivery, addresses.from.email.domain());
    let root = thread.filter(|root| delivery.lane != Lane::Root && is_message_id(root));
    let mut builder = Message::builder()
        .message_id(Some(id.clone()))
        .date(SystemTime::from(delivery.decided_at))
        .from(addresses.from.clone());
    for mailbox in &addresses.to {
        builder = builder.to(mailbox.clone());
    }
    builder = builder.subject(subject(&delivery.content.subject, root.is_some()));
    if let Some(root) = root {
        builder = builder.in_reply_to(root.into()).references(root.into());
    }
    // RFC 3834: vacation programs and other robots don't answer.
    builder = builder.raw_header(header("Auto-Submitted", "auto-generated"));
    if delivery.to.is_none() {
        builder = builder.raw_header(header("Precedence", "list"));
    }
    if let Some(password) = &addresses.list.approved {
        builder = builder.raw_header(header("Approved", password.expose()));
    }
    let thread = addresses.list.archive.as_ref().map(|archive| archived_thread(archive, root.unwrap_or(&id)));
    let thread = thread.map(|url| format!("\n\nAll of it, in the archive:\n{url}\n")).unwrap_or_default();
    let message = builder
        .raw_header(header("X-Incident-Id", &delivery.incident.to_string()))
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        .body(body(&format!("{}{thread}", delivery.content.body.trim_end()))?)
        .map_err(|error| error.to_string())?;
    let mut bytes = message.formatted();
    while bytes.ends_with(b"\r\n") {
        bytes.truncate(bytes.len() - 2);
    }
    Ok(Letter { id, bytes })
}

// Two notices must never share an id, or lists drop the second: the time keeps those of a database that was started
// afresh apart from those of the one before.
fn message_id(delivery: &Delivery, domain: &str) -> String {
    let mut key = String::new();
    for c in delivery.key.chars().take(KEY_BYTES_MAX) {
        let allowed = c.is_ascii_alphanumeric() || c == '-' || c == '_' || (c == '.' && !key.ends_with('.'));
        key.push(if allowed { c } else { '-' });
    }
    format!("<{key}.t{}@{domain}>", delivery.decided_at.timestamp())
}

/// Where HyperKitty shows the thread that a mail began: both name it by the SHA-1 of its Message-ID, as `Message-ID-Hash`.
/// Known before the list has seen the mail.
fn archived_thread(archive: &str, id: &str) -> String {
    let bare = id.trim_start_matches('<').trim_end_matches('>');
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bare.as_bytes());
    format!("{archive}/thread/{}/", base32(digest.as_ref()))
}

// RFC 4648; 20 bytes are 32 signs, without padding.
fn base32(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
    let sign = |at: usize| (at..at + 5).fold(0, |sign, at| sign << 1 | usize::from(bit(at)));
    (0..bytes.len() * 8).step_by(5).map(|at| char::from(SIGNS[sign(at)])).collect()
}

fn is_message_id(text: &str) -> bool {
    text.len() < LINE_BYTES_MAX
        && text.starts_with('<')
        && text.ends_with('>')
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn subject(subject: &str, is_reply: bool) -> String {
    let subject = text::clean_line(subject, SUBJECT_BYTES_MAX);
    let answers_already = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    if is_reply && !answers_already { format!("Re: {subject}") } else { subject }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.into())
}

// Left to itself lettre would choose base64 for some texts, which nobody can read in an archive or a log.
fn body(body: &str) -> Result<Body, String> {
    let body = text::clean(&body.replace("\r\n", "\n"), BODY_BYTES_MAX);
    let body = format!("{}\n", body.trim_end());
    Body::new_with_encoding(body.clone(), ContentTransferEncoding::SevenBit)
        .or_else(|_| Body::new_with_encoding(body, ContentTransferEncoding::QuotedPrintable))
        .map_err(|_| "the text can't be written as mail".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use domain::delivery::Content;
    use domain::ids::{DeliveryId, IncidentId};
    use domain::notice::NoticeKind;

    fn addresses() -> Addresses {
        Addresses {
            from: "Störungen <incidents@example.test>".parse().unwrap(),
            to: vec!["list@lists.test".parse().unwrap(), "Ann <ann@example.test>".parse().unwrap()],
            list: List::default(),
        }
    }

    fn delivery(lane: Lane, subject: &str, body: &str) -> Delivery {
        Delivery {
            id: DeliveryId(3),
            incident: IncidentId(42),
            receiver: "Die Liste".into(),
            lane,
            notice: NoticeKind::Updated,
            key: "inc-42.updated.3.Die Liste".into(),
            to: None,
            content: Content { subject: subject.into(), body: body.into() },
            brief: String::new(),
            calm: false,
            decided_at: DateTime::from_timestamp(1_795_331_460, 999_000_000).unwrap(),
        }
    }

    fn written(delivery: &Delivery, thread: Option<&str>) -> String {
        String::from_utf8(compose(delivery, thread, &addresses()).unwrap().bytes).unwrap()
    }

    #[test]
    fn a_reply_is_written_the_same_way_every_time() {
        let notice =
            delivery(Lane::Post, "[suspected] INC-42: Gateway häuft Fehler", "3 von 7\n.\nUpdate by 08:00 UTC.\n\n");
        let mail = written(&notice, Some("<inc-42.declared.1.x.t1@example.test>"));
        assert_eq!(mail, written(&notice, Some("<inc-42.declared.1.x.t1@example.test>")));
        assert_eq!(
            mail,
            "Message-ID: <inc-42.updated.3.Die-Liste.t1795331460@example.test>\r\n\
             Date: Sun, 22 Nov 2026 07:11:00 +0000\r\n\
             From: =?utf-8?b?U3TDtnJ1bmdlbg==?= <incidents@example.test>\r\n\
             To: list@lists.test, Ann <ann@example.test>\r\n\
             Subject: Re: [suspected] INC-42: Gateway =?utf-8?b?aMOkdWZ0?= Fehler\r\n\
             In-Reply-To: <inc-42.declared.1.x.t1@example.test>\r\n\
             References: <inc-42.declared.1.x.t1@example.test>\r\n\
             Auto-Submitted: auto-generated\r\n\
             Precedence: list\r\n\
             X-Incident-Id: INC-42\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 7bit\r\n\
             \r\n\
             3 von 7\r\n.\r\nUpdate by 08:00 UTC."
        );
    }

    #[test]
    fn a_list_is_told_who_lets_it_through_and_where_it_keeps_the_thread() {
        let list =
            List { archive: Some("https://l.example/list/a".to_owned()), approved: Some(Secret::new("hunter2")) };
        let addresses = Addresses { list, ..addresses() };
        let root = "<inc-42.declared.1.x.t1@example.test>";
        let notice = delivery(Lane::Post, "Down", "words\n\n");
        let mail = String::from_utf8(compose(&notice, Some(root), &addresses).unwrap().bytes).unwrap();
        assert!(mail.contains("\r\nApproved: hunter2\r\n"), "{mail}");
        let (_, body) = mail.split_once("\r\n\r\n").unwrap();
        // The hash is what Python makes of it: base64.b32encode(hashlib.sha1(id).digest()).
        assert_eq!(
            body,
            "words\r\n\r\nAll of it, in the archive:\r\nhttps://l.example/list/a/thread/NKVZQLNF3VABQG2XWKGNME7EE53RHV77/"
        );
    }

    #[test]
    fn only_a_reply_says_that_it_is_one() {
        let root = Some("<root@example.test>");
        for (lane, subject, thread, expected) in [
            (Lane::Root, "Down", None, "Subject: Down\r\n"),
            (Lane::Root, "Down", root, "Subject: Down\r\n"),
            (Lane::Post, "Down", None, "Subject: Down\r\n"),
            (Lane::Post, "Down", root, "Subject: Re: Down\r\nIn-Reply-To: <root@example.test>\r\n"),
            (Lane::Post, "RE: Down", root, "Subject: RE: Down\r\nIn-Reply-To: <root@example.test>\r\n"),
            (Lane::Post, "Reload", root, "Subject: Re: Reload\r\nIn-Reply-To: <root@example.test>\r\n"),
            (Lane::Post, "Down", Some("<a>\r\nBcc: <b>"), "Subject: Down\r\nAuto-Submitted:"),
            (Lane::Post, "Down", Some(""), "Subject: Down\r\nAuto-Submitted:"),
        ] {
            let mail = written(&delivery(lane, subject, "b"), thread);
            assert!(mail.contains(expected), "{lane:?} {subject} {thread:?}:\n{mail}");
        }
    }

    #[test]
    fn no_text_becomes_a_header_or_a_line_that_is_too_long() {
        let hostile = format!("a\r\nBcc: x@y.test\r\n\r\nbody\0\x1b{}", "ä".repeat(2_000));
        let mail = written(&delivery(Lane::Root, &hostile, &"x".repeat(5_000)), None);
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> =
            head.lines().filter(|line| !line.starts_with(' ')).map(|line| line.split(':').next().unwrap()).collect();
        assert_eq!(
            names,
            [
                "Message-ID",
                "Date",
                "From",
                "To",
                "Subject",
                "Auto-Submitted",
                "Precedence",
                "X-Incident-Id",
                "MIME-Version",
                "Content-Type",
                "Content-Transfer-Encoding"
            ]
        );
        assert!(mail.is_ascii() && mail.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        assert!(head.ends_with("quoted-printable"), "{head}");
    }
}
