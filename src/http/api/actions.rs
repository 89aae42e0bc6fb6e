//! Action items over all incidents, as JSON and as a table for a spreadsheet.

use super::ok;
use super::strict::query;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::{ActionFilter, ActionRow};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use domain::incident::review::Ended;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Most action items of a list.
pub const ACTIONS_LISTED_MAX: usize = 2_000;

/// Which ones.
#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be done.
    #[default]
    Open,
    /// Of these, those whose day is over.
    Overdue,
    /// Done, dropped or moved.
    Ended,
    /// All.
    All,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(default)]
    state: State,
    owner: Option<String>,
}

/// One of them.
#[derive(Serialize)]
pub struct ActionShape {
    /// Number of its incident.
    pub incident: u64,
    /// Its title.
    pub title: String,
    /// Of a drill.
    pub drill: bool,
    /// Its number there.
    pub action: u32,
    /// What.
    pub text: String,
    /// By whom.
    pub owner: Option<String>,
    /// Until which day.
    pub due: Option<NaiveDate>,
    /// Where more of it is.
    pub link: Option<String>,
    /// `open`, `done`, `dropped`, `moved`.
    pub state: &'static str,
    /// Whether it is open, and its day is over.
    pub late: bool,
    /// Who added it.
    pub added_by: String,
    /// When.
    pub added_at: DateTime<Utc>,
    /// Who ended it.
    pub ended_by: Option<String>,
    /// When.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it will not be done.
    pub because: Option<String>,
}

/// `GET /api/v1/actions`
pub async fn list(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Which { state, owner } = query(&request)?;
    let actions = read(&site, state, owner).await?;
    Ok(ok(&json!({"actions": actions})))
}

/// `GET /api/v1/actions.csv`
pub async fn csv(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Which { state, owner } = query(&request)?;
    let actions = read(&site, state, owner).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"actions.csv\""))
        .body(table(&actions)))
}

/// Reads them.
///
/// # Errors
/// The store can't be read.
pub async fn read(site: &Site, state: State, owner: Option<String>) -> Result<Vec<ActionShape>, Failure> {
    let open = match state {
        State::Open | State::Overdue => Some(true),
        State::Ended => Some(false),
        State::All => None,
    };
    let policy = &site.parts.config.load().policy.postmortem;
    let now = site.now();
    let due_before = match state {
        State::Overdue => Some(policy.time_zone.wall(now).date()),
        State::Open | State::Ended | State::All => None,
    };
    let filter = ActionFilter { open, due_before, owner, max: ACTIONS_LISTED_MAX };
    let rows = site.parts.store.actions(filter).await?;
    Ok(rows.into_iter().map(|row| shape(row, |action| action.is_late(now, policy))).collect())
}

fn shape(row: ActionRow, late: impl Fn(&domain::incident::review::Action) -> bool) -> ActionShape {
    let ActionRow { incident, title, drill, action } = row;
    let because = action.end.as_ref().and_then(|end| match &end.how {
        Ended::Dropped { because } => Some(because.clone()),
        Ended::Done | Ended::Moved => None,
    });
    ActionShape {
        incident: incident.0,
        title,
        drill,
        action: action.number,
        state: action.state(),
        late: late(&action),
        text: action.item.text,
        owner: action.item.owner,
        due: action.item.due,
        link: action.item.link,
        added_by: action.by,
        added_at: action.at,
        ended_by: action.end.as_ref().map(|end| end.by.clone()),
        ended_at: action.end.as_ref().map(|end| end.at),
        because,
    }
}

fn table(actions: &[ActionShape]) -> String {
    let mut text = "incident,title,action,text,owner,due,state,late,link\r\n".to_owned();
    for action in actions {
        let due = action.due.map(|due| due.to_string()).unwrap_or_default();
        let cells = [
            format!("INC-{}", action.incident),
            action.title.clone(),
            action.action.to_string(),
            action.text.clone(),
            action.owner.clone().unwrap_or_default(),
            due,
            action.state.to_owned(),
            if action.late { "late" } else { "" }.to_owned(),
            action.link.clone().unwrap_or_default(),
        ];
        text.push_str(&cells.map(|cell| cell_of(&cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

// A spreadsheet runs a cell that begins like a formula; behind an apostrophe it is text.
fn cell_of(text: &str) -> String {
    let runs = text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r']);
    let guard = if runs { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::cell_of;

    #[test]
    fn no_cell_is_a_formula_or_breaks_out_of_its_quotes() {
        for (text, cell) in [
            ("Alert on disks", "\"Alert on disks\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            (" @SUM(A1)", "\"' @SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("a,b\"c", "\"a,b\"\"c\""),
            ("", "\"\""),
        ] {
            assert_eq!(cell_of(text), cell);
        }
    }
}
