//! The pull requests of a forge, GitHub's or Gitea's way: stateful, strict about what it is asked, able to misbehave.

use super::host::Host;
use super::site::git;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use earlybell::config::{Forge, PullRequests, Secret};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// The token it takes.
pub const TOKEN: &str = "forge-token-hunter2";

/// What it does with a request instead of what it should.
pub enum Misbehave {
    /// Does nothing, and answers with this status, these headers and this body.
    Answers(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// Does what it should, then answers with this status and a page.
    DoesThen(u16),
    /// Does what it should, and never answers.
    DoesThenHangs,
    /// Somebody else makes the same pull request just before.
    IsOvertaken,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq)]
pub struct Pull {
    pub branch: String,
    pub base: String,
    pub title: String,
    pub body: String,
    pub open: bool,
    /// Fixed when it is closed.
    pub commit: Option<String>,
    /// Of a fork, which we have nothing to do with.
    pub fork: bool,
}

/// What it knows.
pub struct World {
    pub pulls: Vec<Pull>,
    pub calls: Vec<String>,
    pub script: VecDeque<(&'static str, Misbehave)>,
    forge: Forge,
    repository: PathBuf,
}

/// The fake; it goes away when it is dropped.
pub struct FakeForge {
    url: String,
    forge: Forge,
    world: Arc<Mutex<World>>,
    _host: Host,
}

impl FakeForge {
    /// Of this repository, on a free port.
    pub fn start(forge: Forge, repository: &Path) -> Self {
        let repository = repository.to_owned();
        let (pulls, calls, script) = (Vec::new(), Vec::new(), VecDeque::new());
        let world = Arc::new(Mutex::new(World { pulls, calls, script, forge, repository }));
        let data = Data::from(world.clone());
        let host = Host::of(move |fake| {
            fake.app_data(data.clone()).default_service(web::to(serve));
        });
        let port = host.port;
        Self { url: format!("http://127.0.0.1:{port}/api/v1"), forge, world, _host: host }
    }

    /// How it is reached.
    pub fn config(&self) -> PullRequests {
        let (owner, name) = ("example".to_owned(), "site".to_owned());
        PullRequests { forge: self.forge, api_url: self.url.clone(), owner, name, token: Secret::new(TOKEN) }
    }

    /// Its inside.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// What it does with the next request of this kind: `GET`, `POST`, `PATCH`.
    pub fn next(&self, method: &'static str, misbehave: Misbehave) {
        self.world().script.push_back((method, misbehave));
    }
}

async fn serve(request: HttpRequest, body: Bytes, world: Data<Mutex<World>>) -> HttpResponse {
    let method = request.method().as_str().to_owned();
    let misbehave = {
        let mut world = world.lock().unwrap();
        world.calls.push(format!("{method} {}", request.uri()));
        let is_next = world.script.front().is_some_and(|(of, _)| *of == method);
        if is_next { world.script.pop_front().map(|(_, misbehave)| misbehave) } else { None }
    };
    if let Some(Misbehave::Answers(status, headers, body)) = misbehave {
        let mut response = HttpResponse::build(status.try_into().unwrap());
        return headers.into_iter().fold(&mut response, |response, header| response.insert_header(header)).body(body);
    }
    if let Some(Misbehave::IsOvertaken) = misbehave {
        let asked: Value = serde_json::from_slice(&body).unwrap();
        let text = |name: &str| asked[name].as_str().unwrap().to_owned();
        let pull = Pull {
            branch: text("head"),
            base: text("base"),
            title: "Mine".into(),
            body: "See #3".into(),
            open: true,
            commit: None,
            fork: false,
        };
        world.lock().unwrap().pulls.push(pull);
    }
    let (status, answer) = world.lock().unwrap().answer(&request, &method, &body);
    match misbehave {
        Some(Misbehave::DoesThen(status)) => HttpResponse::build(status.try_into().unwrap()).body("<html>oops</html>"),
        Some(Misbehave::DoesThenHangs) => std::future::pending().await,
        _ => HttpResponse::build(status.try_into().unwrap()).json(answer),
    }
}

impl World {
    fn answer(&mut self, request: &HttpRequest, method: &str, body: &[u8]) -> (u16, Value) {
        if let Err(refused) = self.check(request) {
            return refused;
        }
        let Some(rest) = request.path().strip_prefix("/api/v1/repos/example/site/pulls") else {
            return (404, json!({ "message": "Not Found" }));
        };
        let asked: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        match (method, rest) {
            ("GET", "") => self.list(request),
            ("POST", "") => self.make(&asked),
            ("PATCH", number) => self.edit(number.trim_start_matches('/'), &asked),
            _ => (405, json!({ "message": "Method Not Allowed" })),
        }
    }

    fn check(&self, request: &HttpRequest) -> Result<(), (u16, Value)> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (expected, accept) = match self.forge {
            Forge::GitHub => (format!("Bearer {TOKEN}"), "application/vnd.github+json"),
            Forge::Gitea => (format!("token {TOKEN}"), "application/json"),
        };
        assert_eq!(header("accept"), accept);
        assert!(header("user-agent").starts_with("earlybell/"), "GitHub refuses who does not say who they are");
        if self.forge == Forge::GitHub {
            assert_eq!(header("x-github-api-version"), "2022-11-28");
        }
        if header("authorization") == expected { Ok(()) } else { Err((401, json!({ "message": "Bad credentials" }))) }
    }

    fn list(&self, request: &HttpRequest) -> (u16, Value) {
        let query =
            web::Query::<std::collections::BTreeMap<String, String>>::from_query(request.query_string()).unwrap();
        let (head, rows) = match self.forge {
            Forge::GitHub => (Some(query["head"].clone()), &query["per_page"]),
            Forge::Gitea => (None, &query["limit"]),
        };
        assert_eq!(query["state"], "all");
        let (rows, page): (usize, usize) = (rows.parse().unwrap(), query["page"].parse().unwrap());
        let here =
            |pull: &&(usize, &Pull)| head.as_ref().is_none_or(|head| *head == format!("example:{}", pull.1.branch));
        let all: Vec<Value> = self
            .pulls
            .iter()
            .enumerate()
            .rev()
            .filter(|pull| here(&pull))
            .map(|(at, pull)| self.show(at, pull))
            .collect();
        (200, all.into_iter().skip((page - 1) * rows).take(rows).collect())
    }

    fn make(&mut self, asked: &Value) -> (u16, Value) {
        let mut keys: Vec<&String> = asked.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["base", "body", "head", "title"]);
        let text = |name: &str| asked[name].as_str().unwrap().to_owned();
        let (branch, base) = (text("head"), text("base"));
        let exists =
            |branch: &str| !git(&self.repository, &["for-each-ref", &format!("refs/heads/{branch}")]).is_empty();
        if !exists(&branch) || !exists(&base) {
            return (if self.forge == Forge::GitHub { 422 } else { 404 }, json!({ "message": "no such branch" }));
        }
        if self.pulls.iter().any(|pull| pull.open && !pull.fork && pull.branch == branch && pull.base == base) {
            return match self.forge {
                Forge::GitHub => {
                    let error = format!("A pull request already exists for example:{branch}.");
                    (422, json!({ "message": "Validation Failed", "errors": [{ "message": error }] }))
                }
                Forge::Gitea => (409, json!({ "message": "pull request already exists for these targets" })),
            };
        }
        if self.commit(&branch) == self.commit(&base) {
            return (422, json!({ "message": "Validation Failed", "errors": [{ "message": "No commits between" }] }));
        }
        let (title, body) = (text("title"), text("body"));
        self.pulls.push(Pull { branch, base, title, body, open: true, commit: None, fork: false });
        let at = self.pulls.len() - 1;
        (201, self.show(at, &self.pulls[at]))
    }

    fn edit(&mut self, number: &str, asked: &Value) -> (u16, Value) {
        let at = number.parse::<usize>().unwrap() - 1;
        for (key, value) in asked.as_object().unwrap() {
            match key.as_str() {
                "title" => self.pulls[at].title = value.as_str().unwrap().to_owned(),
                "body" => self.pulls[at].body = value.as_str().unwrap().to_owned(),
                other => panic!("{other} is not ours to change"),
            }
        }
        (if self.forge == Forge::GitHub { 200 } else { 201 }, self.show(at, &self.pulls[at]))
    }

    fn commit(&self, branch: &str) -> String {
        let all = git(&self.repository, &["for-each-ref", "--format=%(objectname)", &format!("refs/heads/{branch}")]);
        all.trim().to_owned()
    }

    fn show(&self, at: usize, pull: &Pull) -> Value {
        let commit = pull.commit.clone().unwrap_or_else(|| self.commit(&pull.branch));
        let owner = if pull.fork { "stranger" } else { "example" };
        json!({
            "number": at + 1,
            "html_url": format!("https://forge.example/example/site/pulls/{}", at + 1),
            "state": if pull.open { "open" } else { "closed" },
            "title": pull.title,
            "body": if pull.body.is_empty() { Value::Null } else { json!(pull.body) },
            "head": { "ref": pull.branch, "sha": commit, "repo": { "full_name": format!("{owner}/site") } },
            "base": { "ref": pull.base },
            "user": { "login": "somebody" },
        })
    }

    /// Somebody merges or closes it.
    pub fn close(&mut self, at: usize) {
        self.pulls[at].commit = Some(self.commit(&self.pulls[at].branch.clone()));
        self.pulls[at].open = false;
    }
}
