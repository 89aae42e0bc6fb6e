//! The status messages of an Open Build Service, in the two versions that were recorded (`tests/fixtures/obs`): stateful, as
//! strict as they are, and able to misbehave on demand. `tests/obs/recorded.rs` holds it to the recordings.

use super::host::Host;
use actix_web::http::header::HeaderMap;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use earlybell::clock::{Clock, SystemClock};
use futures_util::{StreamExt, stream};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};

/// Everybody's password.
pub const PASSWORD: &str = "opensuse-hunter2";

/// What the proxy in front of build.opensuse.org answers while it is in maintenance.
pub const MAINTENANCE: &str = "<status code=\"maintainance\"><summary>We are moving house</summary><details/></status>";

const MESSAGE_BYTES_MAX: usize = 65_535;
const SEVERITIES: [&str; 5] = ["information", "green", "yellow", "red", "announcement"];
const SCOPES: [&str; 5] = ["all_users", "logged_in_users", "admin_users", "in_beta_users", "in_rollout_users"];

/// Which one it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 2.10.50: Admins only, no PUT, a POST says no number.
    Old,
    /// Of July 2025.
    New,
}

/// What it does with a request instead of what it should.
#[derive(Debug, Clone)]
pub enum Misbehave {
    /// Does nothing, and answers with this.
    Answers(u16, Vec<(&'static str, &'static str)>, String),
    /// Does what it should, then answers with this.
    DoesThenAnswers(u16, String),
    /// Does what it should; the connection breaks before the answer is whole.
    DoesThenBreaks,
    /// Does what it should, and never answers.
    DoesThenHangs,
    /// Does what it should, and answers with this many bytes of blanks.
    DoesThenTalks(usize),
}

/// A message as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub id: u64,
    pub text: String,
    pub user: String,
    pub severity: String,
    pub scope: String,
    pub created_at: DateTime<Utc>,
}

/// The fake; it goes away when it is dropped.
pub struct Obs {
    /// For `api_url`.
    pub url: String,
    world: Arc<Mutex<World>>,
    _host: Host,
}

/// What it knows, and what it is told to do wrong.
pub struct World {
    pub version: Version,
    pub messages: Vec<Message>,
    /// `POST /status/messages`, in order.
    pub calls: Vec<String>,
    /// What to do with the next requests of a method.
    pub script: VecDeque<(&'static str, Misbehave)>,
    /// Whether the proxy in front of it answers everything.
    pub in_maintenance: bool,
    /// How far its clock is from ours.
    pub skew: TimeDelta,
    /// Where that proxy wants signatures: the realm, and who may sign, as OpenSSH writes it.
    pub signatures: Option<(&'static str, PathBuf)>,
    last_id: u64,
}

impl Obs {
    /// Starts it on a free port, on a thread of its own.
    pub fn start(version: Version) -> Self {
        let world = Arc::new(Mutex::new(World {
            version,
            messages: Vec::new(),
            calls: Vec::new(),
            script: VecDeque::new(),
            in_maintenance: false,
            skew: TimeDelta::zero(),
            signatures: None,
            last_id: 0,
        }));
        let data = Data::from(world.clone());
        let host = Host::of(move |fake| {
            fake.app_data(data.clone()).default_service(web::to(serve));
        });
        let port = host.port;
        Self { url: format!("http://127.0.0.1:{port}"), world, _host: host }
    }

    /// Its inside, to look at or to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Does this with the next request of this method, after those it was told before.
    pub fn next(&self, method: &'static str, misbehave: Misbehave) {
        self.world().script.push_back((method, misbehave));
    }
}

/// An answer before it is sent.
struct Answer {
    status: u16,
    errorcode: Option<String>,
    challenge: Option<String>,
    content_type: &'static str,
    body: String,
}

impl Answer {
    fn xml(status: u16, body: String) -> Self {
        let content_type = "application/xml; charset=utf-8";
        Self { status, errorcode: None, challenge: None, content_type, body }
    }

    fn ok() -> Self {
        Self::xml(200, "<status code=\"ok\">\n  <summary>Ok</summary>\n</status>\n".to_owned())
    }

    fn no(status: u16, code: &str, summary: &str) -> Self {
        let body = format!("<status code=\"{code}\">\n  <summary>{}</summary>\n</status>\n", escaped(summary));
        Self { errorcode: Some(code.to_owned()), ..Self::xml(status, body) }
    }

    // What Rails says where the application says nothing.
    fn rails(status: u16, error: &str) -> Self {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hash>\n  <status type=\"integer\">";
        Self::xml(status, format!("{head}{status}</status>\n  <error>{error}</error>\n</hash>\n"))
    }

    fn send(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status.try_into().unwrap());
        response.content_type(self.content_type);
        if let Some(code) = self.errorcode {
            response.insert_header(("x-opensuse-errorcode", code));
        }
        if let Some(challenge) = self.challenge {
            response.insert_header(("www-authenticate", challenge));
        }
        response.body(self.body)
    }
}

async fn serve(request: HttpRequest, body: Bytes, world: Data<Mutex<World>>) -> HttpResponse {
    let method = request.method().as_str().to_owned();
    let misbehave = {
        let mut world = world.lock().unwrap();
        world.calls.push(format!("{method} {}", request.uri()));
        if world.in_maintenance {
            return HttpResponse::ServiceUnavailable().content_type("text/xml").body(MAINTENANCE);
        }
        let place = world.script.iter().position(|(of, _)| *of == method);
        place.and_then(|place| world.script.remove(place)).map(|(_, misbehave)| misbehave)
    };
    if let Some(Misbehave::Answers(status, headers, body)) = misbehave {
        let mut response = HttpResponse::build(status.try_into().unwrap());
        return headers.into_iter().fold(&mut response, |response, header| response.insert_header(header)).body(body);
    }
    let answer = world.lock().unwrap().answer(&request, &body);
    match misbehave {
        Some(Misbehave::DoesThenAnswers(status, body)) => HttpResponse::build(status.try_into().unwrap()).body(body),
        Some(Misbehave::DoesThenBreaks) => {
            let start = answer.body.as_bytes()[..10].to_vec();
            let broken = stream::once(async { Ok(Bytes::from(start)) });
            HttpResponse::Ok().streaming(broken.chain(stream::once(async { Err(std::io::Error::other("cut")) })))
        }
        Some(Misbehave::DoesThenHangs) => std::future::pending().await,
        Some(Misbehave::DoesThenTalks(bytes)) => HttpResponse::Ok().body(" ".repeat(bytes)),
        _ => answer.send(),
    }
}

impl World {
    fn answer(&mut self, request: &HttpRequest, body: &[u8]) -> Answer {
        let accept = header(request.headers(), "accept").unwrap_or("*/*");
        // The constraint of its API routes looks at the format that is asked for.
        if accept.contains("html") {
            let body = "<!DOCTYPE html>\n<head>\n  <title>Error 404</title>\n</head>\n".to_owned();
            return Answer { content_type: "text/html; charset=utf-8", ..Answer::xml(404, body) };
        }
        let answer = self.act(request, body).unwrap_or_else(|no| no);
        if accept.contains("json") {
            let body = "{\"status\":500,\"error\":\"Internal Server Error\"}".to_owned();
            return Answer { content_type: "application/json; charset=utf-8", ..Answer::xml(500, body) };
        }
        answer
    }

    fn act(&mut self, request: &HttpRequest, body: &[u8]) -> Result<Answer, Answer> {
        let path = request.path().trim_end_matches('/');
        let id = path.strip_prefix("/status/messages/").and_then(|id| id.parse::<u64>().ok());
        let new = self.version == Version::New;
        match (request.method().as_str(), path, id) {
            ("GET", "/about", _) => Ok(about()),
            ("GET", "/status/messages" | "/status_message", _) => {
                self.user(request)?;
                Ok(Answer::xml(200, self.list(request.query_string())))
            }
            ("GET", _, Some(id)) => {
                self.user(request)?;
                Ok(Answer::xml(200, shown(self.message(id)?, "")))
            }
            ("POST", "/status/messages", _) => {
                // Newer ones look at the body before they look at who sent it.
                let early = if new { Some(validate(body, self.version)?) } else { None };
                let user = self.writer(request, "create")?;
                let fields = early.map_or_else(|| validate(body, self.version), Ok)?;
                self.create(user, fields)
            }
            ("PUT", _, Some(id)) if new => {
                let fields = validate(body, self.version)?;
                self.user(request)?;
                self.message(id)?;
                let user = self.writer(request, "update")?;
                self.update(id, user, fields)
            }
            ("DELETE", _, Some(id)) => {
                self.user(request)?;
                if !new {
                    self.writer(request, "delete")?;
                }
                self.message(id)?;
                self.writer(request, "delete")?;
                self.messages.retain(|message| message.id != id);
                Ok(Answer::ok())
            }
            _ => Err(Answer::rails(404, "Not Found")),
        }
    }

    // Who asks; everybody may read, who is confirmed.
    fn user(&self, request: &HttpRequest) -> Result<String, Answer> {
        let proof = header(request.headers(), "authorization");
        let denied = |code, summary: &str| {
            let challenge = match &self.signatures {
                Some((realm, _)) => format!("Signature realm=\"{realm}\",headers=\"(created)\""),
                None => "basic realm=\"API login\"".to_owned(),
            };
            Answer { challenge: Some(challenge), ..Answer::no(401, code, summary) }
        };
        let Some(proof) = proof else {
            return Err(denied("anonymous_user", "Anonymous user is not allowed here - please login"));
        };
        let user = match &self.signatures {
            Some((realm, signers)) => signer(proof, realm, signers),
            None => with_password(proof),
        };
        let wrong =
            |name: &str| denied("authentication_required", &format!("Unknown user '{name}' or invalid password"));
        let user = user.map_err(|name| wrong(&name))?;
        let registered = "User is registered but not";
        match user.as_str() {
            "lockeduser" => Err(Answer::no(
                403,
                "inactive_user",
                &format!(
                    "{registered} in confirmed state. Your account is a registered account, but it is in a not active state."
                ),
            )),
            "unconf" => Err(Answer::no(
                403,
                "unconfirmed_user",
                &format!(
                    "{registered} yet approved. Your account is a registered account, but it is not yet approved for the OBS by admin."
                ),
            )),
            "Admin" | "staffer" | "plain" => Ok(user),
            other => Err(wrong(other)),
        }
    }

    // Who writes; few may.
    fn writer(&self, request: &HttpRequest, what: &str) -> Result<String, Answer> {
        let user = self.user(request)?;
        let new = self.version == Version::New;
        match user.as_str() {
            "Admin" => Ok(user),
            "staffer" if new => Ok(user),
            _ if new => Err(Answer::no(
                403,
                &format!("{what}_status_message_not_authorized"),
                &format!("Sorry, you are not authorized to {what} this status message."),
            )),
            _ => Err(Answer::no(403, "put_request_no_permission", "Requires admin privileges")),
        }
    }

    fn message(&self, id: u64) -> Result<&Message, Answer> {
        let found = self.messages.iter().find(|message| message.id == id);
        found.ok_or_else(|| Answer::no(404, "not_found", &format!("Couldn't find StatusMessage with 'id'={id}")))
    }

    fn create(&mut self, user: String, fields: Fields) -> Result<Answer, Answer> {
        let text = self.text(&fields)?;
        let (severity, scope) = looks(&fields)?;
        self.last_id += 1;
        let created_at = SystemClock.now() + self.skew;
        let user = fields.user.unwrap_or(user);
        let message = Message { id: self.last_id, text, user, severity, scope, created_at };
        self.messages.push(message.clone());
        Ok(if self.version == Version::New { Answer::xml(200, shown(&message, "")) } else { Answer::ok() })
    }

    fn update(&mut self, id: u64, user: String, fields: Fields) -> Result<Answer, Answer> {
        let text = self.text(&fields)?;
        let (severity, scope) = looks(&fields)?;
        let message = self.messages.iter_mut().find(|message| message.id == id).unwrap();
        *message = Message { text, user: fields.user.unwrap_or(user), severity, scope, ..message.clone() };
        Ok(Answer::xml(200, shown(message, "")))
    }

    // Newer ones have a hash where a text should be, if it is empty or CDATA.
    fn text(&self, fields: &Fields) -> Result<String, Answer> {
        let text = match self.version {
            Version::New if fields.text.is_empty() || fields.is_cdata => "{}".to_owned(),
            Version::Old if fields.text.is_empty() => {
                return Err(Answer::no(400, "invalid_record", "Message can't be blank"));
            }
            _ => fields.text.clone(),
        };
        if text.len() > MESSAGE_BYTES_MAX { Err(Answer::rails(500, "Internal Server Error")) } else { Ok(text) }
    }

    // The newest first; within one second in any order.
    fn list(&self, query: &str) -> String {
        let mut messages: Vec<&Message> = self.messages.iter().collect();
        messages.sort_by_key(|message| std::cmp::Reverse((message.created_at, message.id)));
        if let Some(limit) = query.strip_prefix("limit=") {
            messages.truncate(limit.parse().unwrap());
        }
        messages.sort_by_key(|message| (std::cmp::Reverse(message.created_at.timestamp()), message.id));
        let all: String = messages.iter().map(|message| shown(message, "  ")).collect();
        format!("<status_messages count=\"{}\">\n{all}</status_messages>\n", messages.len())
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn with_password(proof: &str) -> Result<String, String> {
    let plain = proof.strip_prefix("Basic ").and_then(|basic| STANDARD.decode(basic).ok());
    let plain = plain.and_then(|plain| String::from_utf8(plain).ok()).unwrap_or_default();
    let (user, password) = plain.split_once(':').unwrap_or_default();
    if password == PASSWORD { Ok(user.to_owned()) } else { Err(user.to_owned()) }
}

// As the proxy does: OpenSSH says whether the signature is one of the user's keys.
fn signer(proof: &str, realm: &str, signers: &std::path::Path) -> Result<String, String> {
    let part = |name: &str| {
        let (_, rest) = proof.split_once(&format!("{name}=")).unwrap_or_default();
        let end = rest.find(',').unwrap_or(rest.len());
        rest[..end].trim_matches('"').to_owned()
    };
    let (user, created, signature) = (part("keyId"), part("created"), part("signature"));
    let named = proof.starts_with("Signature ") && part("algorithm") == "ssh" && part("headers") == "(created)";
    let age = SystemClock.now().timestamp() - created.parse::<i64>().unwrap_or(0);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("signature");
    let lines: Vec<&str> = signature.as_bytes().chunks(70).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let armored = format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"));
    std::fs::write(&file, armored).unwrap();
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "verify", "-n", realm, "-I", &user, "-f"]).arg(signers).arg("-s").arg(&file);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), format!("(created): {created}").as_bytes()).unwrap();
    drop(child.stdin.take());
    let verified = child.wait().unwrap().success();
    if named && verified && (0..300).contains(&age) { Ok(user) } else { Err(user) }
}

/// What a request says.
#[derive(Default)]
struct Fields {
    text: String,
    is_cdata: bool,
    user: Option<String>,
    severity: String,
    scope: Option<String>,
}

fn looks(fields: &Fields) -> Result<(String, String), Answer> {
    let scope = fields.scope.clone().unwrap_or_else(|| "all_users".to_owned());
    // Nothing checks these but an enum, whose error nobody expects.
    if SEVERITIES.contains(&fields.severity.as_str()) && SCOPES.contains(&scope.as_str()) {
        return Ok((fields.severity.clone(), scope));
    }
    Err(Answer::rails(500, "Internal Server Error"))
}

// The schema: a sequence, so the order is fixed. Older ones know neither `user` nor `created_at`.
fn validate(body: &[u8], version: Version) -> Result<Fields, Answer> {
    let wrong = |because: String| Answer::no(400, "validation_failed", &because);
    let body = std::str::from_utf8(body).map_err(|error| wrong(error.to_string()))?;
    if body.trim().is_empty() {
        return Err(wrong("Document is empty, not allowed for status_message".to_owned()));
    }
    let invalid = |because: String| wrong(format!("status_message validation error: {because}"));
    let cut = || invalid(format!("1:{}: FATAL: Premature end of data in tag status_message line 1", body.len() + 1));
    let inner = body.trim().strip_prefix("<status_message>").and_then(|rest| rest.strip_suffix("</status_message>"));
    let mut rest = inner.ok_or_else(cut)?;
    let mut fields = Fields::default();
    let mut due: &[&str] = match version {
        Version::Old => &["message", "severity", "scope"],
        Version::New => &["message", "user", "severity", "scope", "created_at"],
    };
    while let Some(tag) = rest.trim_start().strip_prefix('<') {
        let (name, after) = tag.split_once('>').ok_or_else(cut)?;
        let (content, after) = after.split_once(&format!("</{name}>")).ok_or_else(cut)?;
        // What may be left out is passed over, up to what may not.
        let must = due.iter().position(|due| matches!(*due, "message" | "severity")).unwrap_or(due.len() - 1);
        let Some(place) = due.iter().take(must + 1).position(|due| *due == name) else {
            let expected = due.get(must).copied().unwrap_or_default();
            return Err(invalid(format!(
                "1:0: ERROR: Element '{name}': This element is not expected. Expected is ( {expected} )."
            )));
        };
        due = &due[place + 1..];
        let cdata = content.strip_prefix("<![CDATA[").and_then(|rest| rest.strip_suffix("]]>"));
        let value = cdata.map_or_else(|| unescaped(content).ok_or_else(cut), |cdata| Ok(cdata.to_owned()))?;
        match name {
            "message" => (fields.text, fields.is_cdata) = (value, cdata.is_some()),
            "user" => fields.user = Some(value),
            "severity" => fields.severity = value,
            "scope" => fields.scope = Some(value),
            _ => {}
        }
        rest = after;
    }
    if !rest.trim().is_empty() || fields.severity.is_empty() { Err(cut()) } else { Ok(fields) }
}

fn unescaped(text: &str) -> Option<String> {
    if text.contains('<') || text.contains("]]>") || text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return None;
    }
    let all = text.matches('&').count();
    let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"].map(|entity| text.matches(entity).count());
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    (all == known.iter().sum::<usize>()).then(|| plain.replace("&amp;", "&"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn shown(message: &Message, indent: &str) -> String {
    let Message { id, text, user, severity, scope, created_at } = message;
    let line = |name: &str, value: &str| format!("{indent}  <{name}>{}</{name}>\n", escaped(value));
    let at = created_at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    format!(
        "{indent}<status_message id=\"{id}\">\n{}{}{}{}{}{indent}</status_message>\n",
        line("message", text),
        line("user", user),
        line("severity", severity),
        line("scope", scope),
        line("created_at", &at)
    )
}

fn about() -> Answer {
    let line = |name: &str, value: &str| format!("  <{name}>{value}</{name}>\n");
    let lines = [
        line("title", "Open Build Service API"),
        line("description", "API to the Open Build Service"),
        line("revision", "2.10.50"),
    ];
    Answer::xml(200, format!("<about>\n{}</about>\n", lines.concat()))
}
