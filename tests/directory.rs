//! Who is there: the configuration, what is added by hand, and calendars in virtual time, read from files and over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/clock.rs"]
mod clock;

use chrono::{DateTime, TimeDelta, Utc};
use clock::TestClock;
use domain::audit::AdminAct;
use domain::directory::by_hand::{Change, Edit};
use domain::directory::{Directory, Person, Shift, Squad};
use domain::ids::InputSeq;
use domain::incident::{Actor, Surface};
use earlybell::app::directory::{Changed, Keeper, NotChanged, Shared};
use earlybell::app::inbox::Inbox;
use earlybell::channels::http_client;
use earlybell::clock::Clock;
use earlybell::config::{self, Config, Named, Overrides};
use earlybell::store::Role;
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{InputKind, Store};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const PEOPLE: &str = "people:\n  - { name: anna, email: anna@example.org }\n  - { name: bert, slack: U0BERT }\n";

struct Office {
    store: Arc<SqliteStore>,
    inbox: Arc<Inbox>,
    clock: Arc<TestClock>,
    folder: tempfile::TempDir,
}

impl Office {
    fn open() -> Self {
        let store = Arc::new(SqliteStore::open_in_memory().unwrap());
        let clock = TestClock::at("2026-04-01T06:00:00Z");
        let inbox = Arc::new(Inbox::new(store.clone(), clock.clone()));
        Self { store, inbox, clock, folder: tempfile::tempdir().unwrap() }
    }

    fn config(&self, text: &str) -> Config {
        let file = Named { name: "earlybell.yml".to_owned(), content: text.to_owned() };
        config::parse(&file, self.folder.path(), &Overrides::default()).unwrap()
    }

    fn keeper(&self, config: &str, told: Directory) -> Keeper {
        let shared = Shared {
            store: self.store.clone(),
            inbox: self.inbox.clone(),
            clock: self.clock.clone(),
            client: http_client::client().unwrap(),
        };
        Keeper::new(shared, &self.config(config), told)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn pass(&self, minutes: i64) {
        self.clock.advance(TimeDelta::minutes(minutes));
    }

    fn wait_until(&self, at: DateTime<Utc>) {
        self.clock.advance(at - self.clock.now());
    }

    /// What the engine was told, in order: `anna bert | Squad: anna | Squad anna until 08:00`.
    async fn told(&self) -> Vec<String> {
        let inputs = self.store.inputs_after(InputSeq(0), 1000, usize::MAX).await.unwrap();
        let told = inputs.iter().filter(|input| input.kind == InputKind::Directory);
        told.map(|input| words(&serde_json::from_slice(&input.body).unwrap())).collect()
    }
}

fn words(directory: &Directory) -> String {
    let people: Vec<&str> = directory.people.iter().map(|person| person.name.as_str()).collect();
    let squads: Vec<String> =
        directory.squads.iter().map(|squad| format!("{}: {}", squad.name, squad.members.join(" "))).collect();
    let shift = |shift: &Shift| format!("{} {} until {}", shift.squad, shift.person, shift.until.format("%H:%M"));
    let on_duty: Vec<String> = directory.on_duty.iter().map(shift).collect();
    [people.join(" "), squads.join(", "), on_duty.join(", ")].join(" | ")
}

fn calendar(shifts: &[(&str, &str, &str)]) -> String {
    let event = |(who, from, to): &(&str, &str, &str)| {
        let (start, end) = (format!("DTSTART:20260401T{from}Z"), format!("DTEND:20260401T{to}Z"));
        format!("BEGIN:VEVENT\r\nUID:{from}\r\nSUMMARY:{who}\r\n{start}\r\n{end}\r\nEND:VEVENT\r\n")
    };
    let events: String = shifts.iter().map(event).collect();
    format!("BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n")
}

fn squad(on_duty: &str) -> String {
    format!("{PEOPLE}squads:\n  - name: S\n    members: [anna, bert]\n    on_duty: {on_duty}\n")
}

fn person(name: &str, slack: Option<&str>) -> Person {
    Person { name: name.to_owned(), slack: slack.map(str::to_owned), ..Person::default() }
}

fn members(name: &str, members: &[&str]) -> Squad {
    Squad { name: name.to_owned(), members: members.iter().map(|name| (*name).to_owned()).collect() }
}

#[tokio::test]
async fn shifts_change_when_the_calendar_says_so() {
    let office = Office::open();
    let both = [("bert", "080000", "160000"), ("Anna", "160000", "220000"), ("anna", "220000", "230000")];
    office.write("duty.ics", &calendar(&both));
    let keeper = office.keeper(&squad("{ file: duty.ics, refresh_every: 24h }"), Directory::default());
    let (mut steps, mut told) = (0, Vec::new());
    while office.clock.now() < "2026-04-02T00:00:00Z".parse::<DateTime<Utc>>().unwrap() {
        let (now, step) = (office.clock.now(), keeper.step().await);
        told.extend(step.told.then(|| now.format("%H:%M").to_string()));
        steps += 1;
        office.wait_until(step.next);
    }
    assert_eq!(told, ["06:00", "08:00", "16:00", "23:00"]);
    assert_eq!(
        office.told().await,
        [
            "anna bert | S: anna bert | ",
            "anna bert | S: anna bert | S bert until 16:00",
            // Two events of hers that touch are one duty.
            "anna bert | S: anna bert | S anna until 23:00",
            "anna bert | S: anna bert | ",
        ]
    );
    assert!(steps < 25, "{steps} steps: it looks too often");
}

#[tokio::test]
async fn what_is_the_same_is_told_once() {
    let office = Office::open();
    let keeper = office.keeper(PEOPLE, Directory::default());
    assert!(keeper.step().await.told);
    assert!(!keeper.step().await.told);
    office.pass(600);
    assert!(!keeper.step().await.told);
    let told = keeper.shown().directory;
    assert!(!office.keeper(PEOPLE, told).step().await.told, "nor after a restart");
    assert_eq!(office.told().await, ["anna bert |  | "]);
}

#[tokio::test]
async fn the_last_good_calendar_counts_while_the_next_can_not_be_read() {
    let office = Office::open();
    office.write("duty.ics", &calendar(&[("anna", "000000", "080000"), ("bert", "080000", "160000")]));
    let keeper = office.keeper(&squad("{ file: duty.ics }"), Directory::default());
    keeper.step().await;
    let read_at = keeper.shown().calendars[0].read_at;
    assert_eq!(read_at, Some(office.clock.now()));
    office.write("duty.ics", "<html>Log in: https://sso.example.org</html>");
    office.pass(5);
    let step = keeper.step().await;
    assert_eq!(step.next - office.clock.now(), TimeDelta::minutes(1), "tried again soon");
    let standing = keeper.shown().calendars.remove(0);
    assert_eq!(standing.read_at, read_at);
    assert_eq!(standing.problem.as_deref(), Some("it is no calendar: it does not begin with BEGIN:VCALENDAR"));
    office.pass(120);
    keeper.step().await;
    office.write("duty.ics", &calendar(&[("anna", "080000", "160000")]));
    office.pass(1);
    keeper.step().await;
    assert_eq!(keeper.shown().calendars[0].problem, None);
    assert_eq!(
        office.told().await,
        [
            "anna bert | S: anna bert | S anna until 08:00",
            "anna bert | S: anna bert | S bert until 16:00",
            "anna bert | S: anna bert | S anna until 16:00",
        ]
    );
}

#[tokio::test]
async fn after_a_restart_whoever_was_on_duty_still_is_until_the_calendar_is_read() {
    let office = Office::open();
    office.write("duty.ics", &calendar(&[("anna", "000000", "080000")]));
    let config = squad("{ file: duty.ics }");
    let keeper = office.keeper(&config, Directory::default());
    keeper.step().await;
    let told = keeper.shown().directory;
    std::fs::remove_file(office.folder.path().join("duty.ics")).unwrap();
    let keeper = office.keeper(&config, told);
    assert!(!keeper.step().await.told);
    assert!(keeper.shown().calendars[0].problem.as_ref().unwrap().ends_with("No such file or directory (os error 2)"));
    office.pass(121);
    assert!(keeper.step().await.told, "until the end that was known");
    assert_eq!(office.told().await[1..], ["anna bert | S: anna bert | "]);
}

// What Henne asks for.
async fn by_henne(keeper: &Keeper, change: Change) -> Result<Changed, NotChanged> {
    let act = AdminAct::done(Actor::person("henne", Surface::Cli), Role::Admin, &change.what());
    keeper.change(change, act).await
}

fn add(person: Person) -> Change {
    Change::AddPerson { person, squads: Vec::new() }
}

#[tokio::test]
async fn people_and_squads_are_added_changed_and_removed_by_hand() {
    let office = Office::open();
    let keeper = office.keeper(PEOPLE, Directory::default());
    let no_slack = Edit { slack: Some(String::new()), ..Edit::default() };
    let bert = Change::RemovePerson { name: "bert".to_owned() };
    for (change, expected) in [
        (add(person("carla", Some("U0CARLA"))), "added carla"),
        (Change::AddSquad(members("Web", &["anna", "carla"])), "added squad Web"),
        (Change::ChangePerson { name: "carla".to_owned(), edit: no_slack.clone() }, "changed carla"),
        (Change::ChangePerson { name: "carla".to_owned(), edit: no_slack }, "carla is known like that already"),
        (add(person("dora", Some("U0BERT"))), "slack: `bert` has the same; each belongs to one person"),
        (bert, "person bert stands in the configuration; change `people:` there, then reload"),
        (Change::Leave { squad: "Web".to_owned(), people: vec!["anna".to_owned()] }, "anna is no longer in Web"),
        (Change::RemovePerson { name: "carla".to_owned() }, "removed carla"),
        (Change::RemoveSquad { name: "Web".to_owned() }, "removed squad Web"),
    ] {
        let said = by_henne(&keeper, change).await;
        assert_eq!(said.map_or_else(|refused| refused.to_string(), |changed| changed.text), expected);
    }
    assert_eq!(
        office.told().await,
        [
            "anna bert carla |  | ",
            "anna bert carla | Web: anna carla | ",
            // Her Slack id is gone; names are the same.
            "anna bert carla | Web: anna carla | ",
            "anna bert carla | Web: carla | ",
            "anna bert | Web:  | ",
            "anna bert |  | ",
        ]
    );
    let acts = office.store.inputs_after(InputSeq(0), 1000, usize::MAX).await.unwrap();
    let acts = acts.iter().filter(|input| input.kind == InputKind::Acted);
    let acts: Vec<String> = acts.map(|input| audited(&serde_json::from_slice(&input.body).unwrap())).collect();
    assert_eq!(
        acts,
        [
            "henne: person carla added: `` → `carla, slack U0CARLA`",
            "henne: squad Web added: `` → `Web: anna, carla`",
            "henne: person carla changed: `carla, slack U0CARLA` → `carla`",
            "henne: person dora added: refused: slack: `bert` has the same; each belongs to one person",
            "henne: person bert removed: refused: person bert stands in the configuration; change `people:` there, \
             then reload",
            "henne: anna left squad Web: `Web: anna, carla` → `Web: carla`",
            "henne: person carla removed: `carla` → ``",
            "henne: squad Web removed: `Web: nobody` → ``",
        ]
    );
}

fn audited(act: &AdminAct) -> String {
    let AdminAct { actor, what, before, after, refused, .. } = act;
    match refused {
        None => format!("{actor}: {what}: `{before}` → `{after}`"),
        Some(because) => format!("{actor}: {what}: refused: {because}"),
    }
}

#[tokio::test]
async fn two_who_add_the_same_identity_at_once_are_told_apart() {
    let office = Office::open();
    let keeper = office.keeper(PEOPLE, Directory::default());
    let add = |name: &str| by_henne(&keeper, add(person(name, Some("U0SAME"))));
    let (first, second) = tokio::join!(add("one"), add("two"));
    assert!(first.is_ok() != second.is_ok());
}

#[tokio::test]
async fn of_two_who_change_one_person_at_once_nothing_is_lost() {
    let office = Office::open();
    let keeper = office.keeper(PEOPLE, Directory::default());
    by_henne(&keeper, add(person("carla", None))).await.unwrap();
    let change = |edit| by_henne(&keeper, Change::ChangePerson { name: "carla".to_owned(), edit });
    let slack = Edit { slack: Some("U0CARLA".to_owned()), ..Edit::default() };
    let irc = Edit { irc: Some("carla".to_owned()), ..Edit::default() };
    let (first, second) = tokio::join!(change(slack), change(irc));
    assert!(first.is_ok() && second.is_ok());
    let carla = Person { irc: Some("carla".to_owned()), ..person("carla", Some("U0CARLA")) };
    assert_eq!(keeper.shown().directory.person("carla"), Some(&carla));
}

#[tokio::test]
async fn a_reload_knows_other_people_and_reads_the_calendar_again() {
    let office = Office::open();
    office.write("duty.ics", &calendar(&[("anna", "000000", "080000")]));
    let config = squad("{ file: duty.ics }");
    let keeper = office.keeper(&config, Directory::default());
    keeper.step().await;
    office.write("duty.ics", &calendar(&[("dora", "000000", "080000")]));
    let other = config.replace("bert, slack", "dora, slack").replace("bert]", "dora]");
    keeper.replace(&office.config(&other)).await.unwrap();
    keeper.step().await;
    keeper.replace(&office.config(PEOPLE)).await.unwrap();
    assert_eq!(
        office.told().await,
        [
            "anna bert | S: anna bert | S anna until 08:00",
            "anna dora | S: anna dora | S anna until 08:00",
            "anna dora | S: anna dora | S dora until 08:00",
            "anna bert |  | ",
        ]
    );
}

/// Answers every request as told, by its path, and remembers them.
struct Web {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Web {
    async fn start(answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let ears = heard.clone();
        let task = tokio::spawn(async move {
            let mut silent = Vec::new();
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if socket.read(&mut byte).await.unwrap_or(0) == 0 {
                        break;
                    }
                    request.push(byte[0]);
                }
                let request = String::from_utf8(request).unwrap();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                ears.lock().unwrap().push(request);
                match answer(&path) {
                    Some(text) => drop(socket.write_all(text.as_bytes()).await),
                    None => silent.push(socket),
                }
            }
        });
        Self { port, heard, task }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn moved(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn a_calendar_comes_over_http_with_its_password() {
    let office = Office::open();
    let here = |path: &str| match path {
        "/secret/duty.ics" => Some(moved("/moved/duty.ics")),
        "/moved/duty.ics" => Some(ok(&calendar(&[("anna", "000000", "080000")]))),
        _ => Some("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n".to_owned()),
    };
    let web = Web::start(here).await;
    let url = format!("http://127.0.0.1:{}/secret/duty.ics", web.port);
    let on_duty = format!("{{ url: '{url}', basic_auth: {{ username: bell, password: hunter2 }} }}");
    let keeper = office.keeper(&squad(&on_duty), Directory::default());
    keeper.step().await;
    assert_eq!(office.told().await, ["anna bert | S: anna bert | S anna until 08:00"]);
    let heard = web.heard.lock().unwrap();
    assert!(
        heard.len() == 2 && heard.iter().all(|one| one.contains("authorization: Basic YmVsbDpodW50ZXIy")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn what_is_no_calendar_over_http_is_refused_and_no_address_is_shown() {
    let elsewhere = Web::start(|_| Some(ok(&calendar(&[("anna", "000000", "080000")])))).await;
    let to = format!("http://localhost:{}/private-hunter2/x.ics", elsewhere.port);
    let answer = move |path: &str| match path {
        "/private-hunter2/elsewhere" => Some(moved(&to)),
        "/private-hunter2/round" => Some(moved("/private-hunter2/round")),
        "/private-hunter2/nowhere" => Some("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n".to_owned()),
        "/private-hunter2/gone" => Some("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned()),
        "/private-hunter2/page" => Some(ok("<!DOCTYPE html>\n<p>https://sso.example.org/private-hunter2</p>")),
        "/private-hunter2/large" => Some(ok(&"BEGIN:VCALENDAR\r\n".repeat(100_000))),
        "/private-hunter2/broken" => Some("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nBEGIN:VCAL".to_owned()),
        _ => Some("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_owned()),
    };
    let web = Web::start(answer).await;
    for (page, expected) in [
        ("elsewhere", "it redirects to localhost, which was not configured; write that address if it is right"),
        ("round", "it redirects more than 3 times"),
        ("nowhere", "it redirects to nowhere"),
        ("gone", "it answers 404 Not Found; is the address still the right one?"),
        ("page", "it is no calendar: it does not begin with BEGIN:VCALENDAR"),
        ("large", "it is larger than 1024 KiB"),
        ("broken", "no answer: "),
        ("busy", "it answers 503 Service Unavailable"),
    ] {
        let office = Office::open();
        let on_duty = format!("{{ url: 'http://127.0.0.1:{}/private-hunter2/{page}' }}", web.port);
        let keeper = office.keeper(&squad(&on_duty), Directory::default());
        keeper.step().await;
        let problem = keeper.shown().calendars.remove(0).problem.unwrap();
        assert!(problem.starts_with(expected), "{page}: {problem}");
        assert!(!format!("{problem} {:?}", keeper.shown()).contains("hunter2"), "{problem}");
        assert_eq!(office.told().await, ["anna bert | S: anna bert | "], "people are known all the same");
    }
    assert!(elsewhere.heard.lock().unwrap().is_empty(), "nobody else was asked");
}

#[tokio::test(start_paused = true)]
async fn a_calendar_that_never_answers_is_left_alone() {
    let office = Office::open();
    let web = Web::start(|_| None).await;
    let keeper = office.keeper(&squad(&format!("{{ url: 'http://127.0.0.1:{}/x' }}", web.port)), Directory::default());
    keeper.step().await;
    let problem = keeper.shown().calendars.remove(0).problem.unwrap();
    assert!(problem == "no end within 20s" || problem.starts_with("no answer: "), "{problem}");
}

#[test]
fn the_address_of_a_calendar_is_never_printed() {
    let text = squad("{ url: 'https://calendar.example.org/private-hunter2/duty.ics' }");
    let file = Named { name: "x".to_owned(), content: text };
    let config = config::parse(&file, Path::new(""), &Overrides::default()).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}
