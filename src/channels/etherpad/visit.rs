//! One visit to a pad: its text, one change to it, a mark in its history, goodbye.

use super::NAME;
use super::changeset::changeset;
use super::fault::Fault;
use super::session::Cookies;
use super::socket::Socket;
use domain::pad::Edit;
use reqwest::{Client, Url};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Our colour in the list of people.
const COLOUR: &str = "#ffb3b3";

/// Most messages of others that are passed over while we wait for ours.
const MESSAGES_MAX: usize = 10_000;

/// How long a mark in the history may take.
const ANSWER_WAIT: Duration = Duration::from_secs(2);

/// A visit. It ends with [`Visit::leave`].
pub struct Visit {
    /// The text as it was when we came.
    pub text: String,
    /// How often it had been changed by then.
    pub revision: u64,
    pad: String,
    socket: Socket,
    author: String,
}

impl Visit {
    /// Enters, as a person with no more rights than any other.
    pub(super) async fn begin(
        http: &Client,
        base: &Url,
        cookies: Cookies,
        pad: &str,
        until: Instant,
    ) -> Result<Self, Fault> {
        let mut socket = Socket::open(http, base, cookies, pad, until).await?;
        match Self::enter(&mut socket, pad).await {
            Ok((text, revision, author)) => Ok(Self { text, revision, pad: pad.to_owned(), socket, author }),
            Err(fault) => {
                socket.close().await;
                Err(fault)
            }
        }
    }

    async fn enter(socket: &mut Socket, pad: &str) -> Result<(String, u64, String), Fault> {
        let ready = json!({
            "component": "pad",
            "type": "CLIENT_READY",
            "padId": pad,
            "sessionID": "null",
            "password": null,
            "token": token()?,
            "protocolVersion": 2,
            "userInfo": { "colorId": COLOUR, "name": NAME },
        });
        socket.say(&ready).await?;
        let vars = hear(socket, |message| message["type"] == "CLIENT_VARS").await?;
        let data = &vars["data"];
        let collab = &data["collab_client_vars"];
        let text = collab["initialAttributedText"]["text"].as_str();
        let known = text.zip(collab["rev"].as_u64()).zip(data["userId"].as_str());
        let ((text, revision), author) =
            known.ok_or_else(|| Fault::Down("the Etherpad shows its pad in a form we don't know".to_owned()))?;
        if data["readonly"] == true {
            return Err(Fault::Refused("the pad can only be read".to_owned()));
        }
        Ok((text.to_owned(), revision, author.to_owned()))
    }

    /// Makes these changes, in the order of the text, to the text as it was when we came; the server carries it over what others typed since. Returns when
    /// it has said that it did.
    pub async fn change(&mut self, edits: &[Edit]) -> Result<(), Fault> {
        let Some(changeset) = changeset(&self.text, edits) else { return Ok(()) };
        let message = json!({
            "component": "pad",
            "type": "COLLABROOM",
            "data": {
                "type": "USER_CHANGES",
                "baseRev": self.revision,
                "changeset": changeset,
                // Who wrote it; without that, newer servers refuse it.
                "apool": { "numToAttrib": { "0": ["author", self.author] }, "nextNum": 1 },
            },
        });
        self.socket.say(&message).await?;
        let is_taken = |message: &Value| message["type"] == "COLLABROOM" && message["data"]["type"] == "ACCEPT_COMMIT";
        let taken = hear(&mut self.socket, is_taken).await?;
        self.revision = taken["data"]["newRev"].as_u64().unwrap_or(self.revision + 1);
        self.text = edits.iter().rev().fold(std::mem::take(&mut self.text), |text, edit| edit.apply(&text));
        Ok(())
    }

    /// Marks the pad as it is now, to be found again in its history.
    pub async fn save_revision(&mut self) -> Result<(), Fault> {
        let save = json!({ "component": "pad", "type": "COLLABROOM", "data": { "type": "SAVE_REVISION" } });
        self.socket.say(&save).await?;
        // That is not answered, and is forgotten if we are gone too soon. So we ask for what is answered, and takes longer.
        let ask = json!({
            "component": "pad",
            "type": "CHANGESET_REQ",
            "padId": self.pad,
            "data": { "start": 0, "granularity": 1, "requestID": 1 },
        });
        self.socket.say(&ask).await?;
        let answered = hear(&mut self.socket, |message| message["type"] == "CHANGESET_REQ");
        match timeout(ANSWER_WAIT, answered).await {
            // A server that does not know the question was given its time.
            Ok(Ok(_)) | Err(_) => Ok(()),
            Ok(Err(fault)) => Err(fault),
        }
    }

    /// Goes.
    pub async fn leave(mut self) {
        self.socket.close().await;
    }
}

async fn hear(socket: &mut Socket, wanted: impl Fn(&Value) -> bool) -> Result<Value, Fault> {
    for _ in 0..MESSAGES_MAX {
        let message = socket.hear().await?;
        if wanted(&message) {
            return Ok(message);
        }
        if let Some(status) = message["accessStatus"].as_str() {
            return Err(Fault::Refused(format!("the pad is not open to us ({})", word(status))));
        }
        if let Some(because) = message["disconnect"].as_str() {
            return Err(Fault::Kicked(format!("the Etherpad ended the visit ({})", word(because))));
        }
    }
    Err(Fault::Kicked("the Etherpad said too much else".to_owned()))
}

// One word of theirs: what it says goes to logs and pages.
fn word(said: &str) -> String {
    said.chars().filter(char::is_ascii_alphanumeric).take(40).collect()
}

// Whoever has the same one is the same person.
fn token() -> Result<String, Fault> {
    let mut bytes = [0; 10];
    let random = SystemRandom::new().fill(&mut bytes);
    random.map_err(|_| Fault::Down("this machine has no random numbers".to_owned()))?;
    Ok(bytes.iter().fold("t.".to_owned(), |token, byte| format!("{token}{byte:02x}")))
}
