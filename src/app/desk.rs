//! The desk: somebody types a line, somewhere, and gets an answer. The same for every surface; what a surface knows (who
//! it is, in whose thread, how commands are written there) comes along, what is known here is looked up.

use super::explain::{Explainer, NotExplained};
use super::inbox::{CommandError, Inbox};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{IncidentFilter, Store, StoreError};
use arc_swap::ArcSwap;
use domain::access::Role;
use domain::engine::explain::About;
use domain::ids::IncidentId;
use domain::incident::{Actor, Command, Explanation, Fact, Incident, Refusal, Reply};
use domain::verbs::answers::{self, LISTED_MAX, With};
use domain::verbs::context::{Open, last_of};
use domain::verbs::parse::Listed;
use domain::verbs::{
    Arguments, Asked, Context, Misunderstood, Question, Spelling, Verb, help, may, parse, parse_arguments,
};
use std::sync::Arc;

/// Open incidents that are looked at to find out which is meant.
const OPEN_MAX: usize = 200;

/// Incidents that are looked at for what somebody did last.
const LATELY_MAX: usize = 20;

/// Whoever answers.
#[derive(Clone)]
pub struct Desk {
    store: Arc<dyn Store>,
    inbox: Arc<Inbox>,
    explainer: Explainer,
    clock: Arc<dyn Clock>,
    config: Arc<ArcSwap<Config>>,
}

/// What somebody typed.
#[derive(Debug, Clone)]
pub struct Said {
    /// What was typed.
    pub words: Words,
    /// Who, and where.
    pub actor: Actor,
    /// What they may do.
    pub access: Role,
    /// The incident in whose thread it was said.
    pub thread: Option<IncidentId>,
    /// How commands are written there.
    pub spelling: Spelling,
    /// Repeats with the same key do nothing.
    pub key: Option<String>,
}

/// The words of it.
#[derive(Debug, Clone)]
pub enum Words {
    /// A line, without what marks it as a command.
    Line(String),
    /// Split by a shell.
    Split(Arguments),
}

/// What they are answered.
#[derive(Debug, Clone)]
pub struct Answered {
    /// In words: a few lines.
    pub text: String,
    /// Who should read it.
    pub to: To,
    /// What came of it.
    pub outcome: Outcome,
}

/// Who should read an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Whoever asked, alone: what they wanted to know, or what they got wrong.
    Speaker,
    /// Everyone who saw the command: something was done.
    Everyone,
}

/// What came of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done(Reply),
    /// They were told what they wanted to know.
    Told(Question),
    /// It could not be understood.
    AskedBack(Misunderstood),
    /// It was refused.
    Refused(Refusal),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The store can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was not taken, or is not decided yet.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The engine does not say why.
    #[error(transparent)]
    Explain(#[from] NotExplained),
}

impl Desk {
    /// A desk over these.
    pub fn new(
        store: Arc<dyn Store>,
        inbox: Arc<Inbox>,
        explainer: Explainer,
        clock: Arc<dyn Clock>,
        config: Arc<ArcSwap<Config>>,
    ) -> Self {
        Self { store, inbox, explainer, clock, config }
    }

    /// Answers what was typed.
    ///
    /// # Errors
    /// There is no answer now; say so, and that it can be tried again.
    pub async fn answer(&self, said: Said) -> Result<Answered, DeskError> {
        let context = self.context(&said).await?;
        let asked = match &said.words {
            Words::Line(line) => parse(line, &context),
            Words::Split(arguments) => parse_arguments(arguments, &context),
        };
        match asked {
            Err(trouble) => Ok(Answered {
                text: trouble.words(&said.spelling),
                to: To::Speaker,
                outcome: Outcome::AskedBack(trouble),
            }),
            Ok(Asked::Read(question)) => self.tell(question, &said).await,
            Ok(Asked::Act { incident, act }) => {
                let Said { actor, access, key, spelling, .. } = said;
                self.act(Command { actor, access, key, incident, act }, &spelling).await
            }
        }
    }

    async fn context(&self, said: &Said) -> Result<Context, StoreError> {
        let open = IncidentFilter { open: Some(true), max: OPEN_MAX, ..IncidentFilter::default() };
        let open = self.store.incidents(open).await?;
        let lately = IncidentFilter { max: LATELY_MAX, ..IncidentFilter::default() };
        let lately = self.store.incidents(lately).await?;
        let last = match said.actor.name() {
            None => None,
            Some(name) => {
                let directory = self.store.people().directory().await?;
                let name = directory.known_as(name).map_or(name, |person| &person.name);
                last_of(name, open.iter().chain(&lately))
            }
        };
        let open = open.into_iter().map(|incident| Open { incident: incident.id, title: incident.title }).collect();
        Ok(Context { spelling: said.spelling.clone(), open, thread: said.thread, last })
    }

    async fn act(&self, command: Command, spelling: &Spelling) -> Result<Answered, DeskError> {
        // What nobody with this access may do is no input: the inbox keeps what could change something.
        if let Err(refusal) = may::ever(Verb::of(&command.act), command.access) {
            return Ok(refused(refusal, spelling));
        }
        Ok(match self.inbox.command(&command).await? {
            Reply::Refused(refusal) => refused(refusal, spelling),
            reply => {
                let personal = matches!(Verb::of(&command.act), Verb::Follow | Verb::Unfollow);
                let to = if personal { To::Speaker } else { To::Everyone };
                Answered { text: reply.words(spelling), to, outcome: Outcome::Done(reply) }
            }
        })
    }

    async fn tell(&self, question: Question, said: &Said) -> Result<Answered, DeskError> {
        if let Err(refusal) = may::ever(question.verb(), said.access) {
            return Ok(refused(refusal, &said.spelling));
        }
        let config = self.config.load();
        let with = With { spelling: &said.spelling, policy: &config.policy, at: self.clock.now() };
        let text = match question {
            Question::Help(None) => help::all(&said.spelling),
            Question::Help(Some(verb)) => help::one(verb, &said.spelling),
            Question::List(which) => answers::list(which, &self.listed(which).await?, &with),
            Question::Why(None) => answers::holds(&self.explainer.explain(About::Now, with.at).await?, &with),
            Question::Show(id) | Question::Why(Some(id)) => {
                let Some(incident) = self.store.incident(id).await? else {
                    return Ok(refused(Refusal::Unknown { incident: id }, &said.spelling));
                };
                match question {
                    Question::Show(_) => answers::show(&incident, &with),
                    _ => self.why(&incident, &with).await?,
                }
            }
        };
        Ok(Answered { text, to: To::Speaker, outcome: Outcome::Told(question) })
    }

    async fn listed(&self, which: Listed) -> Result<Vec<Incident>, StoreError> {
        let open = match which {
            Listed::Open => Some(true),
            Listed::Closed => Some(false),
            Listed::All => None,
        };
        self.store.incidents(IncidentFilter { open, max: LISTED_MAX + 1, ..IncidentFilter::default() }).await
    }

    async fn why(&self, incident: &Incident, with: &With<'_>) -> Result<String, DeskError> {
        let then = self.declared_because(incident.id).await?;
        // A rule says nothing of what a person declared, nor of what ended long ago.
        let now = match self.explainer.explain(About::Incident(incident.id), with.at).await {
            Ok(explained) => Some(explained),
            Err(NotExplained::Unknown(_)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(answers::why(incident, then.as_ref(), now.as_ref(), with))
    }

    async fn declared_because(&self, incident: IncidentId) -> Result<Option<Explanation>, StoreError> {
        let first = self.store.timeline(incident, Some(2), 1).await?.into_iter().next();
        Ok(first.and_then(|entry| match entry.fact {
            Fact::Declared { explanation, .. } => explanation,
            _ => None,
        }))
    }
}

fn refused(refusal: Refusal, spelling: &Spelling) -> Answered {
    Answered { text: refusal.words(spelling), to: To::Speaker, outcome: Outcome::Refused(refusal) }
}
