//! `/incidents/N/postmortem`: the draft, a form for each section, what of the timeline is in the file, action items, and the file
//! itself as it would be published. The preview is what is sent: nobody publishes something else than they saw.

use super::acts::in_words;
use super::chrome::Chrome;
use super::forms::Typed;
use super::render::render;
use super::{shown, with_status};
use crate::http::api::postmortem::{Drafted, read};
use crate::http::auth::{Identity, Visitor};
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::http::token::random_text;
use crate::store::Role;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::ids::IncidentId;
use domain::incident::review::Shown;
use domain::incident::{Incident, Refusal};
use domain::policy::postmortems::TITLE;
use domain::postmortem::{ActionLine, EntryLine, Owed, Section, Unfilled, check, hints};
use domain::verbs::{Verb, may};
use serde::{Deserialize, Serialize};

/// Most entries on the page, newest first.
const ENTRIES_MAX: usize = 300;

#[derive(Serialize)]
struct Content {
    id: String,
    number: u64,
    title: String,
    drill: bool,
    problem: Option<String>,
    done: Option<&'static str>,
    owed: Owed,
    unfilled: Vec<Unfilled>,
    hints: Vec<String>,
    sections: Vec<SectionForm>,
    actions: Vec<ActionLine>,
    entries: Vec<EntryForm>,
    entries_cut: bool,
    path: String,
    file: String,
    people: Vec<String>,
    // What whoever looks may do.
    writes: bool,
    publishes: bool,
    waives: bool,
    asks: bool,
    key: String,
}

#[derive(Serialize)]
struct SectionForm {
    name: String,
    label: String,
    guidance: Option<String>,
    known: String,
    text: String,
    version: u32,
    by: Option<String>,
    at: Option<DateTime<Utc>>,
    private: bool,
    // One line, and no more.
    short: bool,
    // What somebody else wrote meanwhile.
    theirs: Option<String>,
}

#[derive(Serialize)]
struct EntryForm {
    line: EntryLine,
    // What is chosen now.
    mark: &'static str,
}

#[derive(Deserialize, Default)]
struct After {
    done: Option<String>,
}

/// `GET /incidents/{number}/postmortem`
pub async fn show(site: web::Data<Site>, request: HttpRequest, who: Identity) -> HttpResponse {
    let visitor = Visitor { who: Some(who.clone()), path: request.path().to_owned() };
    let after = web::Query::<After>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default();
    let page = async {
        let id = IncidentId(crate::http::api::strict::number(&request)?);
        let mut content = content(&site, &who, read(&site, id).await?)?;
        // Only words of ours: a link must not put any others on a page.
        content.done = after.done.and_then(|word| Verb::parse(&word)).map(Verb::word);
        written(&site, &visitor, &content)
    };
    match page.await {
        Ok(page) => with_status(&site, &visitor, StatusCode::OK, Ok(page)),
        Err(failure) => shown(&site, &visitor, Err(failure)),
    }
}

/// The page again, with what was typed and why it was not taken.
///
/// # Errors
/// It can't be written.
pub async fn again(
    site: &Site,
    visitor: &Visitor,
    incident: &Incident,
    typed: &Typed,
    failure: &Failure,
) -> Result<String, Failure> {
    let Some(who) = &visitor.who else { return Err(Failure::Unauthorized("sign in first".to_owned())) };
    let mut content = content(site, who, read(site, incident.id).await?)?;
    let conflict = matches!(failure, Failure::Refused(Refusal::SectionConflict(_)));
    for form in content.sections.iter_mut().filter(|form| typed.text("section") == Some(&form.name)) {
        // The newest text is shown beside theirs, and the newest version goes along: saving again is a decision.
        form.theirs = conflict.then(|| form.text.clone());
        form.text = typed.text("text").unwrap_or_default().to_owned();
    }
    content.problem = Some(match failure {
        Failure::Refused(Refusal::SectionConflict(conflict)) => {
            let who = conflict.by.as_deref().unwrap_or("somebody");
            format!("{who} wrote this section while you did. Both texts are below; nothing is lost.")
        }
        other => in_words(other),
    });
    written(site, visitor, &content)
}

fn written(site: &Site, visitor: &Visitor, content: &Content) -> Result<String, Failure> {
    let chrome = Chrome::new(site, visitor, format!("Post mortem of {}", content.id));
    render("postmortem.html", &chrome, content)
}

fn content(site: &Site, who: &Identity, drafted: Drafted) -> Result<Content, Failure> {
    let Drafted { incident, post, file } = drafted;
    let may = |verb| may::say(verb, who.role, Some(&who.name), Some(&incident)).is_ok();
    let (unfilled, hints) = (check(&post), hints(&post));
    let actions = incident.review.actions.iter();
    let policy = &site.parts.config.load().policy.postmortem;
    let actions = actions.map(|action| ActionLine::of(action, policy, site.now())).collect();
    let title = SectionForm {
        name: TITLE.to_owned(),
        label: "Title".to_owned(),
        guidance: Some("One line; empty: as its incident.".to_owned()),
        known: String::new(),
        text: post.own_title.clone().unwrap_or_default(),
        version: post.title_version,
        by: incident.review.sections.get(TITLE).map(|written| written.by.clone()),
        at: incident.review.sections.get(TITLE).map(|written| written.at),
        private: false,
        short: true,
        theirs: None,
    };
    let entries_cut = post.timeline_cut || post.entries.len() > ENTRIES_MAX;
    let entries = post.entries.into_iter().rev().take(ENTRIES_MAX).map(entry).collect();
    let people = site.parts.directory.shown().directory.people.into_iter().map(|person| person.name).collect();
    Ok(Content {
        id: incident.name(),
        number: incident.id.0,
        title: incident.title.clone(),
        drill: incident.drill,
        problem: None,
        done: None,
        waives: post.owed.since.is_some() && may(Verb::Waive),
        asks: post.owed.since.is_none() && post.owed.published.is_empty() && !incident.drill && may(Verb::Postmortem),
        owed: post.owed,
        unfilled,
        hints,
        sections: [title].into_iter().chain(post.sections.into_iter().map(form)).collect(),
        actions,
        entries,
        entries_cut,
        path: file.path,
        file: file.text,
        people,
        writes: who.role >= Role::Responder,
        publishes: may(Verb::Publish) && !incident.drill,
        key: random_text(super::forms::KEY_CHARS)?,
    })
}

fn form(section: Section) -> SectionForm {
    SectionForm {
        label: if section.heading.is_empty() { "The beginning".to_owned() } else { section.heading },
        name: section.name,
        guidance: section.guidance,
        known: section.known,
        text: section.text,
        version: section.version,
        by: section.by,
        at: section.at,
        private: section.private,
        short: false,
        theirs: None,
    }
}

fn entry(line: EntryLine) -> EntryForm {
    let mark = match line.mark {
        Some(Shown::Public) => "public",
        Some(Shown::Private) => "private",
        None => "default",
    };
    EntryForm { line, mark }
}
