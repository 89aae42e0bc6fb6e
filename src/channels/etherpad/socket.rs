//! socket.io over long polling, as much as a visit needs: both forms that Etherpads speak, told apart by their first answer.

use super::changeset::units;
use super::fault::Fault;
use super::session::Cookies;
use reqwest::header::{CONTENT_TYPE, COOKIE};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde::Deserialize;
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Longest answer read, in bytes: a pad comes with all of its text and who wrote which part of it.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(500);

// Between packets of one answer, in the fourth version.
const SEPARATOR: char = '\u{1e}';

/// How packets are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    // `12:42["message"]`, counted as JavaScript counts; Etherpad before 2.0.
    Counted,
    // `42["message"]`, separated by a control character.
    Separated,
}

/// A connection to one pad.
pub struct Socket {
    http: Client,
    url: Url,
    form: Form,
    cookies: Cookies,
    waiting: VecDeque<Value>,
    until: Instant,
}

#[derive(Deserialize)]
struct Opened {
    sid: String,
}

impl Socket {
    /// Connects; all that follows is over by then.
    pub async fn open(http: &Client, base: &Url, cookies: Cookies, pad: &str, until: Instant) -> Result<Self, Fault> {
        let mut socket = Self {
            http: http.clone(),
            url: base.clone(),
            form: Form::Separated,
            cookies,
            waiting: VecDeque::new(),
            until,
        };
        // Older servers don't look at the number; newer ones that are set up for old clients only, want theirs.
        let first = match socket.hello(base, pad, "4").await {
            Err(Fault::Kicked(_)) => match socket.hello(base, pad, "3").await {
                Err(Fault::Kicked(because)) => return Err(Fault::Refused(because)),
                first => first?,
            },
            first => first?,
        };
        socket.form = if first.starts_with("0{") { Form::Separated } else { Form::Counted };
        let packets = socket.packets(&first)?;
        let opened = packets.iter().find_map(|packet| packet.strip_prefix('0'));
        let opened = opened.and_then(|opened| serde_json::from_str::<Opened>(opened).ok());
        let Opened { sid } =
            opened.ok_or_else(|| Fault::Refused("it does not speak socket.io; is this an Etherpad?".into()))?;
        socket.url.query_pairs_mut().append_pair("sid", &sid);
        if socket.form == Form::Separated {
            socket.post("40").await?;
        }
        Ok(socket)
    }

    async fn hello(&mut self, base: &Url, pad: &str, version: &str) -> Result<String, Fault> {
        self.url = base.join("socket.io/").map_err(|error| Fault::Refused(error.to_string()))?;
        let pairs = [("EIO", version), ("transport", "polling"), ("padId", pad)];
        self.url.query_pairs_mut().clear().extend_pairs(pairs);
        let request = self.http.get(self.url.clone());
        self.ask(request).await
    }

    /// Says something.
    pub async fn say(&mut self, message: &Value) -> Result<(), Fault> {
        self.post(&format!("42{}", Value::from(vec![Value::from("message"), message.clone()]))).await
    }

    /// The next thing that it says.
    pub async fn hear(&mut self) -> Result<Value, Fault> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Ok(message);
            }
            let request = self.http.get(self.url.clone());
            let answer = self.ask(request).await?;
            for packet in self.packets(&answer)? {
                match packet.as_bytes() {
                    b"2" => self.post("3").await?,
                    b"1" | b"41" => return Err(Fault::Kicked("the Etherpad ended the visit".to_owned())),
                    [b'4', b'4', ..] => return Err(Fault::Refused("the Etherpad refuses the connection".to_owned())),
                    [b'4', b'2', ..] => self.waiting.extend(said(&packet[2..])),
                    _ => {}
                }
            }
        }
    }

    /// Says goodbye; whoever does not hear it finds us gone after a while.
    pub async fn close(&mut self) {
        self.until = self.until.min(Instant::now() + GOODBYE);
        // In one breath: out of the pad, and out of the connection.
        let _ = self.post_all(&["41", "1"]).await;
    }

    async fn post(&mut self, packet: &str) -> Result<(), Fault> {
        self.post_all(&[packet]).await
    }

    async fn post_all(&mut self, packets: &[&str]) -> Result<(), Fault> {
        let body = match self.form {
            Form::Separated => packets.join(&SEPARATOR.to_string()),
            Form::Counted => packets.iter().map(|packet| format!("{}:{packet}", units(packet))).collect(),
        };
        let request = self.http.post(self.url.clone()).header(CONTENT_TYPE, "text/plain;charset=UTF-8").body(body);
        self.ask(request).await.map(drop)
    }

    async fn ask(&mut self, mut request: RequestBuilder) -> Result<String, Fault> {
        if let Some(cookies) = self.cookies.header() {
            request = request.header(COOKIE, cookies);
        }
        let until = self.until;
        let exchange = async {
            let response = request.send().await.map_err(|error| Fault::lost(&error))?;
            self.cookies.keep(&response);
            let status = response.status().as_u16();
            if status != 200 {
                return Err(Fault::status(status, "way in for writers (socket.io)"));
            }
            read(response).await
        };
        timeout_at(until, exchange).await.map_err(|_| Fault::late())?
    }

    fn packets(&self, answer: &str) -> Result<Vec<String>, Fault> {
        match self.form {
            Form::Separated => Ok(answer.split(SEPARATOR).map(str::to_owned).collect()),
            Form::Counted => counted(answer).ok_or_else(|| Fault::Down("the Etherpad's answer can't be read".into())),
        }
    }
}

// `2:40` and whatever follows it.
fn counted(mut answer: &str) -> Option<Vec<String>> {
    let mut packets = Vec::new();
    while !answer.is_empty() {
        let (count, rest) = answer.split_once(':')?;
        let mut left: usize = count.parse().ok()?;
        let mut end = 0;
        for c in rest.chars() {
            if left == 0 {
                break;
            }
            left = left.checked_sub(c.len_utf16())?;
            end += c.len_utf8();
        }
        if left > 0 {
            return None;
        }
        packets.push(rest[..end].to_owned());
        answer = &rest[end..];
    }
    Some(packets)
}

// `["message",{…}]`
fn said(packet: &str) -> Option<Value> {
    let mut event: Vec<Value> = serde_json::from_str(packet).ok()?;
    if event.len() < 2 || event[0] != "message" { None } else { Some(event.swap_remove(1)) }
}

/// Reads an answer within its limit.
pub(super) async fn read(mut response: Response) -> Result<String, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Fault::lost(&error))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Fault::Down(format!("the Etherpad's answer is longer than {ANSWER_BYTES_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| Fault::Down("the Etherpad's answer is no text".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{counted, said};

    #[test]
    fn packets_are_counted_as_javascript_counts() {
        assert_eq!(counted("2:404:4\u{1F514}!1:2").unwrap(), ["40", "4\u{1F514}!", "2"]);
        assert_eq!(counted(""), Some(vec![]));
        for bad in ["x", "5:40", "-1:4", "1:\u{1F514}", "99999999999999999999999:4"] {
            assert_eq!(counted(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_no_message_is_passed_over() {
        assert_eq!(said(r#"["message",{"type":"CLIENT_VARS"}]"#).unwrap()["type"], "CLIENT_VARS");
        assert_eq!(said(r#"["other",1]"#), None);
        assert_eq!(said(r#"["message"]"#), None);
        assert_eq!(said("{"), None);
    }
}
