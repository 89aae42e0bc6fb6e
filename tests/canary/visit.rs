//! What people and machines do with the program, and everything it says meanwhile.

use crate::planted::Planted;
use crate::program::Program;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Secrets that somebody was sent: those of the others stay on this machine.
pub const SENT: [&str; 21] = [
    "the bearer of an Alertmanager",
    "the password of an Alertmanager",
    "the password of an Alertmanager that refuses",
    "the secret of the OIDC client",
    "the password for mail",
    "the token for Slack",
    "the password for IRC",
    "the password for NickServ",
    "the key of an Etherpad",
    "the token of the Slack app",
    "the bearer of a calendar",
    "the password for git",
    "the token for pull requests",
    "the bearer of a webhook",
    "the address of slack_webhook",
    "the address of mattermost",
    "the address of rocketchat",
    "the address of discord",
    "the address of teams",
    "the token for Matrix",
    "the password for the Open Build Service",
];

const PAGES_MAX: usize = 200;
const FORM: &str = "application/x-www-form-urlencoded";

/// Everything that was said, and where.
#[derive(Default)]
pub struct Visit {
    said: Vec<(String, String)>,
}

/// What lets them in.
pub struct People {
    admin: String,
    password: String,
    totp: String,
}

impl People {
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.admin)
    }
}

/// One request; head and body of its answer.
pub fn ask(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}");
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = Vec::new();
    // A server that refuses a body may hang up on the rest of it.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn between<'a>(text: &'a str, before: &str, end: impl Fn(char) -> bool) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    rest.split(end).next().unwrap_or_default()
}

impl Visit {
    pub fn note(&mut self, what: &str, text: String) {
        self.said.push((what.to_owned(), text));
    }

    pub fn leaks(&self, planted: &Planted) -> Vec<String> {
        self.said.iter().flat_map(|(what, text)| planted.found_in(what, text)).collect()
    }

    /// Logins and tokens. What is printed once, to whoever made it, is the secret itself.
    pub fn make_people(&mut self, program: &Program, planted: &mut Planted) -> People {
        let token = |role: &str, name: &str| program.verb(&["token", "new", "--role", role, "--name", name, "-q"], "");
        let admin = planted.keep("a token of an admin", token("admin", "anna").trim().to_owned());
        planted.keep("a token of a source", token("ingest", "default").trim().to_owned());
        let listed = program.verb(&["token", "list"], "");
        let id = between(&admin, "eb_", |c| c == '_');
        assert!(listed.contains(id), "{listed}");
        let rotated = program.verb(&["token", "rotate", id, "-q"], "");
        planted.keep("a token that was rotated", rotated.trim().to_owned());
        let password = planted.plant("a password");
        let added = program.verb(&["user", "add", "ada", "--role", "manager", "--totp"], &format!("{password}\n"));
        let totp = added
            .split(|c: char| !c.is_ascii_alphanumeric())
            .find(|word| word.len() >= 16 && word.chars().all(|c| c.is_ascii_uppercase() || ('2'..='7').contains(&c)));
        let totp = totp.unwrap_or_else(|| panic!("no secret for codes in {added}"));
        let totp = planted.keep("a secret for codes", totp.to_owned());
        let other = planted.plant("a password that was changed");
        let added = program.verb(&["user", "add", "bert", "--role", "viewer"], &format!("{other}\n"));
        assert!(added.contains("bert"), "{added}");
        let changed = planted.plant("a password anew");
        self.note("user password", program.verb(&["user", "password", "bert"], &format!("{changed}\n")));
        People { admin, password: changed, totp }
    }

    /// An incident from beginning to end; everybody who is told refuses.
    pub fn lead_an_incident(&mut self, program: &Program) {
        let declared = program.verb(&["incident", "declare", "Everything is slow", "-q"], "");
        let number = declared.trim().to_owned();
        for words in [
            vec!["incident", "take", &number, "incident_manager"],
            vec!["incident", "update", &number, "We look at it."],
            vec!["incident", "note", &number, "a note"],
            vec!["incident", "resolve", &number, "It was a disk."],
            vec!["postmortem", "show", &number],
            vec!["postmortem", "publish", &number, "--anyway"],
            vec!["incident", "show", &number],
        ] {
            let said = program.verb(&words, "");
            self.note(&words.join(" "), said);
        }
    }

    /// Everybody who is not let in, and somebody who is.
    pub fn knock(&mut self, program: &Program, planted: &mut Planted, people: &People) {
        let wrong = planted.plant("a token that is none");
        let bearer = format!("Bearer {wrong}");
        let half = planted.plant("a token of ours that is none");
        let ours = format!("Bearer eb_aaaa_{half}");
        let basic = planted.plant("a Basic password that is none");
        let pair = {
            use base64::Engine;
            format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("ada:{basic}")))
        };
        let scheme = planted.plant("a credential of another kind");
        let digest = format!("Digest {scheme}");
        let cookie = planted.plant("a cookie that is none");
        let cookie = format!("earlybell={cookie}; other={cookie}");
        let key = planted.plant("a CSRF token that is none");
        let tries: [(&str, &str, &str); 8] = [
            ("Authorization", &bearer, "/api/v1/incidents"),
            ("Authorization", &ours, "/api/v1/alertmanager"),
            ("Authorization", &pair, "/metrics"),
            ("Authorization", &digest, "/metrics"),
            ("Cookie", &cookie, "/receivers"),
            ("Cookie", &cookie, "/deliveries"),
            ("X-CSRF-Token", &key, "/declare"),
            ("X-Forwarded-User", "anna", "/declare"),
        ];
        for (name, value, path) in tries {
            for method in ["GET", "POST"] {
                let said = ask(program.address, method, path, &[(name, value)], "{}");
                self.note(&format!("{method} {path} with {name}"), said);
            }
        }
        let query = planted.plant("a token in a query");
        for path in ["/", "/api/v1/incidents", "/api/v1/alertmanager", "/incidents/1", "/nowhere", "/login"] {
            for method in ["GET", "POST"] {
                let path = format!("{path}?token={query}&access_token={query}");
                let said = ask(program.address, method, &path, &[], "{}");
                self.note(&format!("{method} {path}"), said);
            }
        }
        self.sign_in(program, planted, people);
        self.sign_in_elsewhere(program, planted);
        let bearer = people.bearer();
        let admin = [("Authorization", bearer.as_str())];
        for body in ["{\"password\": [\"S\"]}", "{\"passwrod\": \"S\"}", "{\"password\": \"S", "{\"password\": 1S}"] {
            let secret = planted.plant(&format!("a password in {body}"));
            let said = ask(program.address, "POST", "/api/v1/logins/ada/password", &admin, &body.replace('S', &secret));
            self.note(&format!("the answer to {body}"), said);
        }
        let number = planted.keep("a password of digits", "90817263549081726354".to_owned());
        let body = format!("{{\"password\": {number}}}");
        self.note("the answer to digits", ask(program.address, "POST", "/api/v1/logins/ada/password", &admin, &body));
    }

    fn sign_in(&mut self, program: &Program, planted: &mut Planted, people: &People) {
        let form = [("Content-Type", FORM)];
        let login = |name: &str, password: &str| {
            let body = format!("name={name}&password={password}&code=&next=/");
            ask(program.address, "POST", "/login", &form, &body)
        };
        let typed = planted.plant("a wrong password that was typed");
        for name in ["ada", "bert", "nobody"] {
            self.note("a wrong password", login(name, &typed));
        }
        let odd = format!("name=ada&password={typed}&passwrod={typed}");
        self.note("a form with too much", ask(program.address, "POST", "/login", &form, &odd));
        let begun = login("bert", &people.password);
        let cookie = header(&begun, "set-cookie").unwrap_or_else(|| panic!("bert is not let in: {begun}"));
        let secret = between(cookie, "earlybell=", |c| c == ';');
        planted.keep("the cookie of a session", secret.to_owned());
        let cookie = format!("earlybell={secret}");
        self.note("a page of a session", ask(program.address, "GET", "/", &[("Cookie", &cookie)], ""));
        let out = ask(program.address, "POST", "/logout", &[("Cookie", &cookie), ("Content-Type", FORM)], "csrf=0");
        self.note("a logout without a token", out);
        // The secret for codes is never asked for again; that it is there makes it a secret.
        assert!(!people.totp.is_empty());
    }

    /// Over a provider that takes nobody.
    pub fn sign_in_elsewhere(&mut self, program: &Program, planted: &mut Planted) {
        let sent = ask(program.address, "GET", "/login/oidc", &[], "");
        let to = header(&sent, "location").unwrap_or_else(|| panic!("sent nowhere: {sent}")).to_owned();
        let state = between(&to, "state=", |c| c == '&').to_owned();
        planted.keep("the state of a sign-in", state.clone());
        planted.keep("the nonce of a sign-in", between(&to, "nonce=", |c| c == '&').to_owned());
        let cookie = header(&sent, "set-cookie").unwrap().split(';').next().unwrap().to_owned();
        planted.keep("the cookie of a sign-in", cookie.split_once('=').unwrap().1.to_owned());
        let code = planted.plant("the code of a sign-in");
        let path = format!("/login/oidc/callback?code={code}&state={state}");
        let back = ask(program.address, "GET", &path, &[("Cookie", &cookie)], "");
        assert!(back.contains("refuses the sign-in"), "{back}");
        self.note("a sign-in that the provider refuses", back);
        self.note("the same without a cookie", ask(program.address, "GET", &path, &[], ""));
    }

    /// Gets something as an admin.
    pub fn look(&mut self, program: &Program, people: &People, path: &str) -> String {
        let said = ask(program.address, "GET", path, &[("Authorization", &people.bearer())], "");
        self.note(&format!("GET {path}"), said.clone());
        said
    }

    /// Every page that can be reached by links.
    pub fn follow_links(&mut self, program: &Program, people: &People) {
        let mut waiting = vec!["/".to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(path) = waiting.pop() {
            if !seen.insert(path.clone()) || seen.len() > PAGES_MAX {
                continue;
            }
            let page = self.look(program, people, &path);
            let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let plain =
                |link: &str| link.split('#').next().unwrap_or_default().replace("&#x2f;", "/").replace("&amp;", "&");
            waiting.extend(links.map(plain).filter(|link| link.starts_with('/') && !link.starts_with("/login")));
        }
        assert!(seen.len() > 5, "{seen:?}");
    }

    /// What the command line shows of all that.
    pub fn ask_the_command_line(&mut self, program: &Program) {
        for line in [
            "incident list",
            "incident show 1",
            "incident why 1",
            "postmortem show 1",
            "deliveries list",
            "deliveries list -o json",
            "quarantine list",
            "audit list",
            "audit list -o json",
            "audit verify",
            "token list",
            "token list -o extended",
            "token list -o json",
            "user list",
            "user list -o json",
            "user sessions bert",
            "person list -o json",
            "squad list -o json",
            "explain",
            "check config",
            "check ready",
            "incident list --server http://me:{}@127.0.0.1:1",
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            self.note(&format!("earlybell {line}"), program.verb(&words, ""));
        }
    }

    /// A value as the program keeps it.
    pub fn column(&self, program: &Program, query: &str) -> String {
        let folder = program.folder.path().join("data");
        let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
        for file in files.filter(|file| file.extension().is_some_and(|ending| ending == "db")) {
            let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
            let Ok(database) = rusqlite::Connection::open_with_flags(file, flags) else { continue };
            if let Ok(found) = database.query_row(query, [], |row| row.get::<_, String>(0)) {
                return found;
            }
        }
        panic!("nothing for {query}");
    }
}
