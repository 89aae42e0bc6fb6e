//! An HTTP server that takes what is posted to it: strict by the rules it is given, and able to misbehave on demand.

use super::host::Host;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

/// What it was asked.
#[derive(Debug, Clone)]
pub struct Heard {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Heard {
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body, if it is JSON that is named so.
    pub fn json(&self) -> Option<Value> {
        let named = matches!(self.header("content-type"), "application/json" | "application/json; charset=utf-8");
        serde_json::from_str(&self.body).ok().filter(|_| named)
    }
}

/// What it answers: a status, headers, a body.
pub type Says = (u16, Vec<(&'static str, String)>, String);

/// What it does with a request instead of what it should.
#[derive(Debug, Clone)]
pub enum Misbehave {
    /// Does nothing and answers this.
    Answers(u16, Vec<(&'static str, String)>, String),
    /// Does what it should; the connection breaks before the answer is whole.
    DoesThenBreaks,
    /// Does what it should and never answers.
    DoesThenHangs,
    /// Does what it should and answers 200 with this many bytes of blanks.
    DoesThenTalks(usize),
}

/// What it knows, and what it is told to do wrong.
#[derive(Default)]
pub struct World {
    /// Requests, whatever became of them.
    pub heard: Vec<Heard>,
    /// What it took: messages as they stand.
    pub messages: Vec<Value>,
    /// What to do with the next requests; what is empty behaves.
    pub script: VecDeque<Misbehave>,
}

/// How one product takes a request.
pub type Product = fn(&mut World, &Heard) -> Says;

/// The server; it goes away when it is dropped.
pub struct Hooks {
    /// Where it is, without a slash at its end.
    pub url: String,
    world: Arc<Mutex<World>>,
    _host: Host,
}

impl Hooks {
    /// Starts it on a free port, on a thread of its own.
    pub fn start(product: Product) -> Self {
        let world = Arc::new(Mutex::new(World::default()));
        let data = Data::from(world.clone());
        let host = Host::of(move |fake| {
            let limit = web::PayloadConfig::new(4 * 1024 * 1024);
            fake.app_data(data.clone()).app_data(Data::new(product)).app_data(limit).default_service(web::to(serve));
        });
        let port = host.port;
        Self { url: format!("http://127.0.0.1:{port}"), world, _host: host }
    }

    /// Its inside, to look at or to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Does this with the next request, after those it was told before.
    pub fn next(&self, misbehave: Misbehave) {
        self.world().script.push_back(misbehave);
    }
}

async fn serve(request: HttpRequest, body: Bytes, world: Data<Mutex<World>>, product: Data<Product>) -> HttpResponse {
    let headers = request.headers().iter();
    let heard = Heard {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        query: request.query_string().to_owned(),
        headers: headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let (misbehave, (status, headers, said)) = {
        let mut world = world.lock().unwrap();
        world.heard.push(heard.clone());
        match world.script.pop_front() {
            Some(Misbehave::Answers(status, headers, said)) => (None, (status, headers, said)),
            misbehave => (misbehave, product(&mut world, &heard)),
        }
    };
    let mut response = HttpResponse::build(status.try_into().unwrap());
    headers.into_iter().fold(&mut response, |response, header| response.insert_header(header));
    match misbehave {
        Some(Misbehave::DoesThenBreaks) => {
            let broken = stream::once(async { Ok(Bytes::from_static(b"{")) });
            HttpResponse::Ok().streaming(broken.chain(stream::once(async { Err(std::io::Error::other("cut")) })))
        }
        Some(Misbehave::DoesThenHangs) => std::future::pending().await,
        Some(Misbehave::DoesThenTalks(bytes)) => HttpResponse::Ok().body(" ".repeat(bytes)),
        _ => response.body(said),
    }
}
