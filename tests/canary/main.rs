//! Secrets stay where they were put: the built program with one in every place that can hold one, at the most talkative
//! level, led through what works and what fails. None comes out again: not in logs, errors, metrics, pages, answers,
//! documents, notices or on the command line.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod broken;
mod peers;
mod planted;
#[path = "../support/program.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod program;
mod visit;

use earlybell::config::{Named, Overrides, parse};
use earlybell::http::routes::ROUTES;
use peers::Heard;
use planted::Planted;
use program::Program;
use std::path::Path;
use visit::{Visit, ask};

/// Where each secret stands: itself, or the name of a file that holds it.
#[derive(Clone, Copy, PartialEq)]
enum Written {
    Here,
    InFiles,
}

struct Peers {
    http: u16,
    smtp: u16,
    irc: u16,
    site: String,
}

struct Pen<'a> {
    planted: &'a mut Planted,
    how: Written,
    files: Vec<(String, String)>,
}

impl Pen<'_> {
    // `key: secret`, or `key_file: path`.
    fn secret(&mut self, key: &str, place: &str) -> String {
        let place = if self.how == Written::Here { place.to_owned() } else { format!("{place}, in a file") };
        let secret = self.planted.plant(&place);
        self.keyed(key, &place, secret)
    }

    fn keyed(&mut self, key: &str, place: &str, secret: String) -> String {
        if self.how == Written::Here {
            return format!("{key}: '{secret}'");
        }
        let name = format!("secret-{}", place.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
        self.files.push((name.clone(), format!("{secret}\n")));
        format!("{key}_file: ./{name}")
    }
}

// A configuration with a secret wherever one can stand. Whoever is asked refuses, and repeats what was said.
fn config(planted: &mut Planted, how: Written, peers: &Peers) -> (String, Vec<(String, String)>) {
    let Peers { http, smtp, irc: irc_port, site } = peers;
    let mut it = Pen { planted, how, files: Vec::new() };
    let bearer = it.secret("credentials", "the bearer of an Alertmanager");
    let basic = it.secret("password", "the password of an Alertmanager");
    let redirect = it.secret("password", "the password of an Alertmanager that refuses");
    let oidc = it.secret("client_secret", "the secret of the OIDC client");
    let mail = it.secret("auth_password", "the password for mail");
    let approved = it.secret("approved", "the password of a list");
    let slack = it.secret("bot_token", "the token for Slack");
    let irc = it.secret("password", "the password for IRC");
    let nickserv = it.secret("nickserv_password", "the password for NickServ");
    let pad = it.secret("api_key", "the key of an Etherpad");
    let slack_app = it.secret("app_token", "the token of the Slack app");
    let slack_bot = it.secret("bot_token", "the token for the home of the Slack app");
    let slack_signs = it.secret("signing_secret", "the signing secret of Slack");
    let git = it.secret("password", "the password for git");
    let forge = it.secret("token", "the token for pull requests");
    let status = it.secret("password", "the password for the Open Build Service");
    let in_address = it.planted.plant(&format!("the address of a calendar {}", it.files.len()));
    it.planted.plant("spare");
    let calendar = it.keyed("url", "calendar", format!("http://127.0.0.1:{http}/calendar/{in_address}.ics"));
    let calendar_bearer = it.secret("credentials", "the bearer of a calendar");
    let gone_address = it.planted.plant(&format!("the address of a calendar that nobody serves {}", it.files.len()));
    let gone = it.keyed("url", "gone", format!("http://127.0.0.1:1/{gone_address}.ics?key={gone_address}"));
    let calendar_basic = it.secret("password", "the password of a calendar");
    let in_hook = it.planted.plant(&format!("the address of a webhook {}", it.files.len()));
    it.planted.plant("spare hook");
    let hook = it.keyed("url", "hook", format!("http://127.0.0.1:{http}/hook/{in_hook}?token={in_hook}"));
    let hook_bearer = it.secret("credentials", "the bearer of a webhook");
    let signing = it.planted.plant(&format!("what a webhook is signed with {}", it.files.len()));
    let signing = it.keyed("secret", "signing", format!("whsec_AAAAAAAAAA{signing}"));
    let old_signing = it.planted.plant(&format!("what a webhook was signed with {}", it.files.len()));
    let old_signing = it.keyed("old_secret", "old signing", format!("whsec_AAAAAAAAAA{old_signing}"));
    let mut chats = String::new();
    for chat in ["slack_webhook", "mattermost", "rocketchat", "discord", "teams"] {
        let place = format!("the address of {chat}");
        let place = if it.how == Written::Here { place } else { format!("{place}, in a file") };
        let secret = it.planted.plant(&place);
        let url = it.keyed("webhook_url", &place, format!("http://127.0.0.1:{http}/{chat}/{secret}"));
        chats.push_str(&format!("  - {{ name: {chat}, {chat}: {{ {url} }} }}\n"));
    }
    let pad_basic = it.secret("password", "the password of a proxy before an Etherpad");
    let matrix = it.secret("access_token", "the token for Matrix");
    let text = format!(
        "sources:
  - {{ name: default, alertmanagers: ['http://127.0.0.1:{http}'], poll_every: 1s, authorization: {{ {bearer} }} }}
  - {{ name: second, alertmanagers: ['http://127.0.0.1:{http}'], poll_every: 1s, basic_auth: {{ username: me, {basic} }} }}
  - {{ name: third, alertmanagers: ['http://127.0.0.1:{http}/refuses'], poll_every: 1s, basic_auth: {{ username: me, {redirect} }} }}
access:
  oidc: {{ issuer: 'http://127.0.0.1:{http}/oidc', client_id: bell, {oidc}, default_role: viewer }}
slack_app: {{ api_url: 'http://127.0.0.1:{http}/slack', {slack_app}, {slack_bot}, {slack_signs} }}
route: {{ receivers: [console, mail, slack, hook, slack_webhook, mattermost, rocketchat, discord, teams, matrix, irc, nickserv, obs] }}
receivers:
  - name: console
    console: {{}}
  - name: mail
    email: {{ to: ops@example.org, from: bell@example.org, smarthost: '127.0.0.1:{smtp}', tls: none, auth_username: bell, {mail}, {approved} }}
  - name: slack
    slack: {{ channel: C1, api_url: 'http://127.0.0.1:{http}/slack', {slack} }}
  - name: hook
    webhook: {{ {hook}, {signing}, {old_signing}, authorization: {{ {hook_bearer} }} }}
{chats}  - name: matrix
    matrix: {{ homeserver: 'http://127.0.0.1:{http}', room: '!a:b', {matrix} }}
  - name: irc
    irc: {{ server: '127.0.0.1:{irc_port}', tls: false, nick: bell, channel: '#ops', sasl: {{ {irc} }} }}
  - name: nickserv
    irc: {{ server: '127.0.0.1:{irc_port}', tls: false, nick: other, channel: '#ops', {nickserv} }}
  - name: obs
    obs: {{ api_url: 'http://127.0.0.1:{http}/obs', username: bell, {status} }}
  - name: git
    blog: {{ repository: 'http://127.0.0.1:{http}/site.git', author: Team <team@example.org>, username: bell, {git} }}
  - name: forge
    blog:
      repository: file://{site}
      author: Team <team@example.org>
      pull_request: {{ forge: gitea, api_url: 'http://127.0.0.1:{http}/forge', project: a/b, {forge} }}
etherpad: {{ url: 'http://127.0.0.1:{http}/etherpad', {pad}, basic_auth: {{ username: me, {pad_basic} }} }}
people: [{{ name: anna, slack: U012AB3CD, email: anna@example.org }}]
squads:
  - {{ name: Production-Squad, members: [anna], on_duty: {{ {calendar}, refresh_every: 1m, authorization: {{ {calendar_bearer} }} }} }}
  - {{ name: Other-Squad, members: [anna], on_duty: {{ {gone}, refresh_every: 1m, basic_auth: {{ username: me, {calendar_basic} }} }} }}
"
    );
    (text, it.files)
}

fn write(folder: &Path, files: &[(String, String)]) {
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

// What a panic would print: it knows values by their `Debug`.
fn debug_of(config: &str, folder: &Path) -> String {
    let named = Named { name: "earlybell.yml".to_owned(), content: config.to_owned() };
    format!("{:#?}", parse(&named, folder, &Overrides::default()).unwrap())
}

// A secret that nobody was sent would prove nothing.
fn wait_until_sent(program: &mut Program, planted: &Planted, how: Written, heard: &Heard) {
    for place in visit::SENT {
        let place = if how == Written::Here { place.to_owned() } else { format!("{place}, in a file") };
        program.wait(&format!("{place} is not sent"), |_| planted.is_in(&place, &heard.lock().unwrap()).then_some(()));
    }
}

#[test]
fn no_secret_comes_out_again() {
    let heard = Heard::default();
    let site = peers::repository();
    let peers = Peers {
        http: peers::http(&heard),
        smtp: peers::smtp(&heard),
        irc: peers::irc(&heard),
        site: site.path().display().to_string(),
    };
    let mut planted = Planted::default();
    let (here, _) = config(&mut planted, Written::Here, &peers);
    let mut program = Program::start_with(&["--log.level=debug"], &here, &[]);
    let mut visit = Visit::default();
    visit.note("Debug", debug_of(&here, program.folder.path()));
    let people = visit.make_people(&program, &mut planted);
    visit.lead_an_incident(&program);
    visit.knock(&program, &mut planted, &people);
    wait_until_sent(&mut program, &planted, Written::Here, &heard);

    let (in_files, files) = config(&mut planted, Written::InFiles, &peers);
    write(program.folder.path(), &files);
    std::fs::write(program.folder.path().join("earlybell.yml"), &in_files).unwrap();
    visit.note("Debug, in files", debug_of(&in_files, program.folder.path()));
    let reloaded = ask(program.address, "POST", "/-/reload", &[("Authorization", &people.bearer())], "");
    assert!(reloaded.contains("200 OK"), "{reloaded}");
    visit.lead_an_incident(&program);
    visit.sign_in_elsewhere(&program, &mut planted);
    wait_until_sent(&mut program, &planted, Written::InFiles, &heard);
    for (at, (text, more)) in broken::configs(&mut planted).into_iter().enumerate() {
        write(program.folder.path(), &more);
        std::fs::write(program.folder.path().join("earlybell.yml"), &text).unwrap();
        let said = ask(program.address, "POST", "/-/reload", &[("Authorization", &people.bearer())], "");
        assert!(said.contains("500 Internal"), "{text}\nis taken: {said}");
        visit.note(&format!("the reload of broken file {at}"), said);
        visit.note(&format!("the check of broken file {at}"), program.verb(&["check", "config"], ""));
    }
    for path in ROUTES.iter().map(|endpoint| endpoint.path).filter(|path| !path.starts_with("/login")) {
        let path = path.replace("{number}", "1").replace("{name}", "anna").replace("{id}", "none");
        visit.look(&program, &people, &path);
    }
    visit.follow_links(&program, &people);
    visit.ask_the_command_line(&program);
    planted.keep(
        "the hash of a password",
        visit.column(&program, "SELECT password FROM logins WHERE password IS NOT NULL"),
    );
    planted.keep("the hash of a token", visit.column(&program, "SELECT lower(hex(sha256)) FROM tokens"));
    planted.keep("the hash of a session", visit.column(&program, "SELECT lower(hex(sha256)) FROM sessions"));
    visit.note("the log", program.logged());

    assert!(planted.count() >= 40, "{} secrets", planted.count());
    let leaks = visit.leaks(&planted);
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}
