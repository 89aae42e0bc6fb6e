//! What docs/access.md says is what the program does.

use crate::page::shows;
use earlybell::http::gate::Access;
use earlybell::http::login::{limit, password};
use earlybell::http::routes::ROUTES;
use earlybell::http::session;
use std::fmt::Write;
use std::path::Path;

fn asks(access: Access) -> &'static str {
    match access {
        Access::Anyone => "nothing",
        Access::Reader => "nothing; the team sees more",
        Access::Ingest => "ingest, or admin",
        Access::Slack => "Slack's signature",
        Access::AtLeast(role) => role.word(),
    }
}

/// `UPDATE=1` writes the table anew.
#[test]
fn the_table_of_routes_is_that_of_the_program() {
    let mut table = "\n| route | asks for |\n|---|---|\n".to_owned();
    for endpoint in ROUTES.iter().filter(|endpoint| !endpoint.path.ends_with('/')) {
        writeln!(table, "| `{} {}` | {} |", endpoint.method, endpoint.path, asks(endpoint.access)).unwrap();
    }
    table += "| `GET` of every other page | nothing; the team sees more |\n\n";
    shows("access.md", "routes", &table);
}

#[test]
fn the_limits_that_are_named_are_those_of_the_program() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/access.md")).unwrap();
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let word = |number: i64| match number {
        2 => "two".to_owned(),
        5 => "Five".to_owned(),
        12 => "twelve".to_owned(),
        15 => "fifteen".to_owned(),
        20 => "twenty".to_owned(),
        other => other.to_string(),
    };
    let number = |number: usize| word(i64::try_from(number).unwrap());
    for text in [
        format!("bcrypt (cost {})", password::COST),
        format!("{} characters or more", password::CHARS_MIN),
        format!("({} bytes at most)", password::BYTES_MAX),
        format!("{} failed attempts for a name", number(limit::PER_NAME_MAX)),
        format!("or {} from an address", number(limit::PER_ADDRESS_MAX)),
        format!("within {} minutes", word(limit::WINDOW.num_minutes())),
        format!(
            "ends after {} hours, after {} hours without use",
            word(session::HOURS_MAX),
            word(session::IDLE_HOURS_MAX)
        ),
        format!("Twenty per person; then the oldest goes{}", if session::PER_NAME_MAX == 20 { "" } else { "?" }),
    ] {
        assert!(page.contains(&text), "docs/access.md does not say: {text}");
    }
}
