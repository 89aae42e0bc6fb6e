//! `earlybell user`: who may log in with a password of ours, and who is signed in.

mod typed;

use super::CliError;
use super::client::{Ask, ClientArgs, path_segment};
use super::offline::{Missing, or_in_store};
use super::output::{self, Format, List, complain, say, table};
use crate::clock::{Clock, SystemClock};
use crate::http::login::password::{self, Hasher};
use crate::http::login::people::{self, Edit, NewLogin};
use crate::store::{AccessStore, Store};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Says who may log in, and signs people out
#[derive(Debug, Args)]
pub struct User {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Adds somebody, with a password that is asked for
    #[command(after_help = "\
These are for when the identity provider is part of the outage; there are none until they are made.
A password has at least 15 characters. It is read from the terminal, from --password-file, or from
standard input. With --totp a one-time code of an authenticator app is needed too.

Examples:
  earlybell user add breakglass --role admin --totp
  earlybell user add ada --role responder --password-file /run/ada.password")]
    Add {
        /// What they are called
        name: String,
        /// What they may do
        #[arg(long, value_parser = ["viewer", "responder", "manager", "admin"])]
        role: String,
        /// File with the password
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Ask for one-time codes too; the secret for the app is printed once
        #[arg(long)]
        totp: bool,
    },
    /// Lists who may log in
    List,
    /// Shuts somebody out, on every way in, and signs them out
    Disable {
        /// Who
        name: String,
    },
    /// Lets somebody in again
    Enable {
        /// Who
        name: String,
    },
    /// Changes what somebody may do; it counts at once
    Role {
        /// Who
        name: String,
        /// What they may do
        #[arg(value_parser = ["viewer", "responder", "manager", "admin"])]
        role: String,
    },
    /// Changes somebody's password, and signs them out
    Password {
        /// Who
        name: String,
        /// File with the password
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Makes a new secret for somebody's one-time codes and prints it once, or asks for none any more
    Totp {
        /// Who
        name: String,
        /// Ask for no codes any more
        #[arg(long)]
        off: bool,
    },
    /// Shows where somebody is signed in
    Sessions {
        /// Who
        name: String,
    },
    /// Signs somebody out everywhere
    Logout {
        /// Who
        name: String,
    },
    /// Forgets somebody, and signs them out
    Remove {
        /// Who
        name: String,
    },
}

impl User {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match &self.verb {
            Verb::Add { name, role, password_file, totp } => {
                let password = typed::password(name, password_file.as_deref())?;
                self.add(NewLogin { name, role, password: &password, totp: *totp })
            }
            Verb::List => self.list(),
            Verb::Disable { name } => self.edit(name, "disable", Value::Null, Edit::Disable),
            Verb::Enable { name } => self.edit(name, "enable", Value::Null, Edit::Enable),
            Verb::Role { name, role } => self.edit(name, "role", json!({ "role": role }), Edit::Role(role)),
            Verb::Password { name, password_file } => {
                let password = typed::password(name, password_file.as_deref())?;
                self.edit(name, "password", json!({ "password": password }), Edit::Password(&password))
            }
            Verb::Totp { name, off } => self.edit(name, "totp", json!({ "on": !off }), Edit::Totp(!off)),
            Verb::Sessions { name } => self.sessions(name),
            Verb::Logout { name } => self.logout(name),
            Verb::Remove { name } => self.remove(name),
        }
    }

    fn add(&self, new: NewLogin<'_>) -> Result<(), CliError> {
        let body = json!({"name": new.name, "role": new.role, "password": new.password, "totp": new.totp});
        let asked = self.client.client()?.json(&Ask::post("/api/v1/logins", &body));
        let answer = or_in_store(&self.client, asked, Missing::Made, async |store| {
            let hasher = Hasher::new(password::COST);
            people::add(store, &hasher, new, SystemClock.now()).await.map_err(CliError::told)
        })?;
        self.show(&answer);
        Ok(())
    }

    fn edit(&self, name: &str, verb: &str, body: Value, edit: Edit<'_>) -> Result<(), CliError> {
        let path = format!("/api/v1/logins/{}/{verb}", path_segment(name));
        let asked = self.client.client()?.json(&Ask::post(&path, &body));
        let answer = or_in_store(&self.client, asked, Missing::Told, async |store| {
            let hasher = Hasher::new(password::COST);
            people::edit(store.access(), &hasher, name, edit, SystemClock.now()).await.map_err(CliError::told)
        })?;
        self.show(&answer);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), CliError> {
        let path = format!("/api/v1/logins/{}", path_segment(name));
        let asked = self.client.client()?.json(&Ask::delete(&path));
        let answer = or_in_store(&self.client, asked, Missing::Told, async |store| {
            people::remove(store.access(), name).await.map_err(CliError::told)
        })?;
        self.show(&answer);
        Ok(())
    }

    fn logout(&self, name: &str) -> Result<(), CliError> {
        let path = format!("/api/v1/logins/{}/logout", path_segment(name));
        let asked = self.client.client()?.json(&Ask::post(&path, &Value::Null));
        let answer = or_in_store(&self.client, asked, Missing::Told, async |store| {
            people::sign_out(store.access(), name).await.map_err(CliError::told)
        })?;
        self.show(&answer);
        Ok(())
    }

    fn list(&self) -> Result<(), CliError> {
        let asked = self.client.client()?.json(&Ask::get("/api/v1/logins"));
        let answer = or_in_store(&self.client, asked, Missing::Told, async |store| {
            let rows = store.logins().await.map_err(CliError::told)?;
            Ok(Value::from_iter(rows.iter().map(people::shape)))
        })?;
        let none = "nobody may log in; `earlybell user add NAME --role admin` adds somebody";
        List { of: "logins", id: "/name", none }.show(self.client.print(), &answer, |rows| {
            let head = ["NAME", "ROLE", "BY", "CODES", "CREATED", "LAST LOGIN", "SHUT OUT"];
            table(head, rows.iter().map(row).collect());
        });
        Ok(())
    }

    fn sessions(&self, name: &str) -> Result<(), CliError> {
        let path = format!("/api/v1/logins/{}/sessions", path_segment(name));
        let answer = self.client.client()?.json(&Ask::get(&path))?;
        let none = format!("{name} is not signed in anywhere");
        List { of: "sessions", id: "/id", none: &none }.show(self.client.print(), &answer, |rows| {
            let cells =
                |row: &Value| ["/id", "/way", "/created_at", "/used_at", "/agent"].map(|at| output::cell(row, at));
            table(["ID", "BY", "SINCE", "LAST SEEN", "BROWSER"], rows.iter().map(cells).collect());
        });
        Ok(())
    }

    fn show(&self, answer: &Value) {
        let secret = ["/totp_secret", "/totp_url"].map(|at| output::cell(answer, at));
        match self.client.print() {
            (Format::Json, _) => return output::json(answer),
            (_, true) => {}
            _ => say(&output::cell(answer, "/text")),
        }
        if !secret[0].is_empty() {
            complain("for the authenticator app, shown only now:");
            secret.iter().for_each(|line| say(line));
        }
    }
}

fn row(row: &Value) -> [String; 7] {
    let by = output::cell(row, "/vouched_by");
    let by = if by.is_empty() { "password".to_owned() } else { by };
    let codes = if row["totp"] == json!(true) { "yes" } else { "no" };
    let [name, role, created, used, disabled] =
        ["/name", "/role", "/created_at", "/used_at", "/disabled_at"].map(|at| output::cell(row, at));
    [name, role, by, codes.to_owned(), created, used, disabled]
}
