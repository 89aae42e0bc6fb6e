//! What programs may ask for besides verbs: each operation in a line, with what it takes and answers.

use super::Body::{Alerts, Archive, Fields, Nothing};
use super::field::Kind::{Count, DrillAlerts, Flag, Length, Number, OneOf, Options, Role, Text, Texts, Time};
use super::field::{Field, may, need};
use super::{Answer, Operation, bodies};
use actix_web::http::Method;

const fn get(path: &'static str, says: &'static str, query: &'static [Field], answer: Answer) -> Operation {
    Operation { method: Method::GET, path, says, query, body: Nothing, answer }
}

const fn post(path: &'static str, says: &'static str, body: super::Body, answer: Answer) -> Operation {
    Operation { method: Method::POST, path, says, query: &[], body, answer }
}

const fn delete(path: &'static str, says: &'static str) -> Operation {
    Operation { method: Method::DELETE, path, says, query: &[], body: Nothing, answer: Answer::Json("Done") }
}

const LIMIT: Field = may("limit", Count);
const BEFORE: Field = may("before", Number);

const FINDING: &[Field] = &[
    may("text", Text),
    may("label", Text),
    may("rule", Text),
    may("person", Text),
    may("from", Text),
    may("to", Text),
    may("severity", Text),
    may("outcome", Text),
    may("drill", OneOf(&["true", "false"])),
    may("open", OneOf(&["true", "false"])),
    BEFORE,
    LIMIT,
];
const DELIVERY_STATES: &[&str] = &["pending", "leased", "sent", "unsure", "dead", "superseded", "joined"];
const CHANGED: &[Field] =
    &[may("full_name", Text), may("email", Text), may("time_zone", Text), may("slack", Text), may("irc", Text)];
const NEW_PERSON: &[Field] = &[
    need("name", Text),
    may("full_name", Text),
    may("email", Text),
    may("time_zone", Text),
    may("slack", Text),
    may("irc", Text),
    may("squads", Texts),
];
const LINE: &[Field] = &[
    may("line", Text),
    may("verb", Text),
    may("words", Texts),
    may("options", Options),
    may("incident", Number),
    may("prefix", Text),
];
const NEW_TOKEN: &[Field] = &[need("name", Text), need("role", Role), may("expires_in", Length)];
const NEW_LOGIN: &[Field] = &[need("name", Text), need("role", Role), need("password", Text), may("totp", Flag)];
const ACTION_STATES: &[&str] = &["open", "overdue", "ended", "all"];
const ABOUT: &[Field] = &[may("alert", Text), may("labels", Text), may("incident", Text), may("rule", Text)];
const RECORDS: &[Field] = &[may("incident", Number), may("since", Time), BEFORE, may("after", Number), LIMIT];

/// The table.
pub static OPERATIONS: &[Operation] = &[
    post("/api/v1/alertmanager", "Takes the webhook of an Alertmanager", Alerts, Answer::Json("Taken")),
    post("/api/v1/alertmanager/{source}", "The same, of a source that is named", Alerts, Answer::Json("Taken")),
    post(
        "/api/v1/alertmanager/events",
        "Takes what an Alertmanager's event recorder sends",
        Alerts,
        Answer::Json("Taken"),
    ),
    post("/api/v1/alertmanager/{source}/events", "The same, of a source that is named", Alerts, Answer::Json("Taken")),
    post("/api/v2/alerts", "Takes what Prometheus sends to an Alertmanager", Alerts, Answer::Empty),
    get("/-/healthy", "Whether the process answers", &[], Answer::Words("text/plain")),
    get("/-/ready", "Whether alerts are taken and decided", &[], Answer::Words("text/plain")),
    post("/-/reload", "Reads the configuration again", Nothing, Answer::Words("text/plain")),
    get("/metrics", "Numbers for Prometheus", &[], Answer::Words("text/plain")),
    get("/api/v1/openapi.json", "This document", &[], Answer::Json("Document")),
    get("/api/v1/status", "How this program is doing", &[], Answer::Json("Status")),
    get("/api/v1/stats", "What past incidents teach", &[may("months", Count)], Answer::Json("Statistics")),
    get("/api/v1/incidents", "Incidents, newest first", FINDING, Answer::Json("Incidents")),
    get("/api/v1/incidents/{number}", "One incident and its alerts", &[], Answer::Json("OneIncident")),
    get("/api/v1/incidents/{number}/export", "An incident as an archive", &[], Answer::Words("application/x-tar")),
    post("/api/v1/import", "Takes an archive of an incident", Archive, Answer::Json("Done")),
    delete("/api/v1/incidents/{number}", "Deletes a closed incident with all that hangs on it"),
    get(
        "/api/v1/incidents/{number}/timeline",
        "Its timeline, newest first",
        &[BEFORE, LIMIT],
        Answer::Json("Timeline"),
    ),
    get("/api/v1/incidents/{number}/score", "How people did in a drill", &[], Answer::Json("Score")),
    get(
        "/api/v1/incidents/{number}/postmortem",
        "Its post mortem, and what is missing in it",
        &[],
        Answer::Json("PostMortem"),
    ),
    get(
        "/api/v1/incidents/{number}/postmortem.md",
        "The same as the file it becomes",
        &[],
        Answer::Words("text/markdown"),
    ),
    Operation {
        method: Method::PUT,
        path: "/api/v1/incidents/{number}/postmortem/sections/{section}",
        says: "Writes a section of the post mortem",
        query: &[],
        body: Fields(bodies::WRITTEN),
        answer: Answer::Json("Done"),
    },
    get(
        "/api/v1/actions",
        "Action items of all incidents",
        &[may("state", OneOf(ACTION_STATES)), may("owner", Text)],
        Answer::Json("Actions"),
    ),
    get(
        "/api/v1/actions.csv",
        "The same as a table",
        &[may("state", OneOf(ACTION_STATES)), may("owner", Text)],
        Answer::Words("text/csv"),
    ),
    post(
        "/api/v1/alerts/{number}/adopt",
        "Counts an alert from now on that fired long before the first start",
        Nothing,
        Answer::Json("Done"),
    ),
    post("/api/v1/command", "A line, as people type it", Fields(LINE), Answer::Json("Told")),
    get("/api/v1/drills", "Drills that go on", &[], Answer::Json("Drills")),
    post(
        "/api/v1/drills",
        "Alerts of nothing",
        Fields(&[need("name", Text), need("alerts", DrillAlerts)]),
        Answer::Json("Fired"),
    ),
    post("/api/v1/drills/{name}/stop", "What this drill still fires is over", Nothing, Answer::Json("Fired")),
    get("/api/v1/explain", "Which rules something touched, and what follows", ABOUT, Answer::Json("Explained")),
    post("/api/v1/explain", "The same of a message that is not taken in", Alerts, Answer::Json("Explained")),
    get(
        "/api/v1/deliveries",
        "Notices, newest first",
        &[may("incident", Number), may("receiver", Text), may("state", OneOf(DELIVERY_STATES)), LIMIT],
        Answer::Json("Deliveries"),
    ),
    post("/api/v1/deliveries/{number}/retry", "Takes a dead one up again", Nothing, Answer::Json("Done")),
    post(
        "/api/v1/deliveries/release",
        "Sends again, after a restore",
        Fields(&[may("pending", OneOf(&["drop", "send"]))]),
        Answer::Json("Done"),
    ),
    get("/api/v1/receivers", "Receivers, and how each stands", &[], Answer::Json("Receivers")),
    post(
        "/api/v1/receivers/{name}/test",
        "Looks whether notices would arrive, and sends one that says so",
        Nothing,
        Answer::Json("Tried"),
    ),
    get(
        "/api/v1/quarantine",
        "Requests with alerts that could not be understood",
        &[LIMIT],
        Answer::Json("Quarantine"),
    ),
    get("/api/v1/quarantine/{number}", "One of them as it came", &[], Answer::Words("application/octet-stream")),
    delete("/api/v1/quarantine/{number}", "Forgets one of them"),
    get("/api/v1/audit", "Who did what", RECORDS, Answer::Json("Records")),
    get("/api/v1/people", "Who is there", &[], Answer::Json("People")),
    post("/api/v1/people", "Adds somebody", Fields(NEW_PERSON), Answer::Made("Person")),
    get("/api/v1/people/{name}", "One person", &[], Answer::Json("Person")),
    post("/api/v1/people/{name}", "Changes what is known of somebody", Fields(CHANGED), Answer::Json("Person")),
    delete("/api/v1/people/{name}", "Removes somebody"),
    get("/api/v1/squads", "Squads", &[], Answer::Json("Squads")),
    post("/api/v1/squads", "Adds a squad", Fields(&[need("name", Text), may("members", Texts)]), Answer::Made("Squad")),
    get("/api/v1/squads/{name}", "One squad", &[], Answer::Json("Squad")),
    delete("/api/v1/squads/{name}", "Removes a squad; its people stay"),
    post(
        "/api/v1/squads/{name}/join",
        "Adds people to a squad",
        Fields(&[need("people", Texts)]),
        Answer::Json("Squad"),
    ),
    post(
        "/api/v1/squads/{name}/leave",
        "Takes people out of a squad",
        Fields(&[need("people", Texts)]),
        Answer::Json("Squad"),
    ),
    get("/api/v1/tokens", "Tokens", &[], Answer::Json("Tokens")),
    post("/api/v1/tokens", "Makes a token, which is shown only now", Fields(NEW_TOKEN), Answer::Made("NewToken")),
    delete("/api/v1/tokens/{id}", "Revokes a token"),
    post(
        "/api/v1/tokens/{id}/rotate",
        "Makes a second token of the same name and role",
        Fields(&[may("expires_in", Length)]),
        Answer::Made("NewToken"),
    ),
    get("/api/v1/logins", "People who may log in", &[], Answer::Json("Logins")),
    post("/api/v1/logins", "Lets somebody log in", Fields(NEW_LOGIN), Answer::Made("Login")),
    delete("/api/v1/logins/{name}", "Forgets a login"),
    post(
        "/api/v1/logins/{name}/role",
        "Changes what somebody may do",
        Fields(&[need("role", Role)]),
        Answer::Json("Done"),
    ),
    post(
        "/api/v1/logins/{name}/password",
        "Sets a password, and signs them out",
        Fields(&[need("password", Text)]),
        Answer::Json("Done"),
    ),
    post(
        "/api/v1/logins/{name}/totp",
        "Asks for codes from now on, or no more",
        Fields(&[need("on", Flag)]),
        Answer::Json("Done"),
    ),
    post("/api/v1/logins/{name}/disable", "Shuts somebody out", Nothing, Answer::Json("Done")),
    post("/api/v1/logins/{name}/enable", "Lets them in again", Nothing, Answer::Json("Done")),
    get("/api/v1/logins/{name}/sessions", "Where they are signed in", &[], Answer::Json("Sessions")),
    post("/api/v1/logins/{name}/logout", "Ends all their sessions", Nothing, Answer::Json("Done")),
];
