//! Which facts are told at all, and to which part of the receivers.

use super::NoticeKind;
use crate::duration::Duration;
use crate::ids::IncidentId;
use crate::incident::entry::{AlertsChanged, PostFact, ReviewFact};
use crate::incident::review::Reminder;
use crate::incident::roles::OfferEnd;
use crate::incident::room::{Part, Prompt};
use crate::incident::{Actor, CallOffCode, Entry, Fact, Severity};
use chrono::{DateTime, Utc};

/// One thing to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling<'a> {
    /// Which kind of notice it is.
    pub kind: NoticeKind,
    /// What it says.
    pub about: About<'a>,
    /// Whom it concerns.
    pub audience: Audience<'a>,
    /// Who did it; `None` where the clock did.
    pub actor: Option<&'a Actor>,
}

/// What a notice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'a> {
    /// There is an incident: everything known of it.
    Alarm,
    /// The same, as it stands now: the root message, edited.
    Board,
    /// It is real.
    Confirmed(&'a str),
    /// It is worse, or less bad.
    Severity {
        /// Before.
        from: Severity,
        /// Now.
        to: Severity,
        /// Why.
        because: &'a str,
        /// When the next update is promised, where that is sooner than it was.
        next_by: Option<DateTime<Utc>>,
    },
    /// Somebody said something in public.
    Said {
        /// The words.
        text: &'a str,
        /// Who is affected, if that changed.
        impact: Option<&'a str>,
        /// When the next update is promised.
        next_by: Option<DateTime<Utc>>,
    },
    /// Alerts changed; those of this step, if the timeline names them.
    Alerts(Option<&'a AlertsChanged>),
    /// It looks over.
    LooksOver(Duration),
    /// Its alerts come and go: so often within an hour.
    Flapping(u32),
    /// It was nothing.
    CalledOff(CallOffCode, &'a str),
    /// Service is back.
    Resolved(&'a str),
    /// It came back.
    Reopened(&'a str),
    /// Somebody got a role, gave it away, or anyone may take it: the fact itself.
    Role(&'a Fact),
    /// An update that was promised did not come.
    PromiseMissed(DateTime<Utc>),
    /// Questions to the team.
    Asked(&'a [Prompt]),
    /// It is part of another one.
    MergedInto(IncidentId, &'a str),
    /// Another one is part of it.
    Absorbed {
        /// Which.
        from: IncidentId,
        /// Its title.
        title: &'a str,
        /// Whether the public knew of it.
        public: bool,
    },
    /// The same to whoever hears of this one for the first time: everything known of it.
    Joined {
        /// Which.
        from: IncidentId,
        /// Its title.
        title: &'a str,
        /// Whether the public knew of it.
        public: bool,
    },
    /// What it is part of was nothing.
    TargetCalledOff(IncidentId, CallOffCode, &'a str),
    /// What it is part of goes on after all.
    TargetReopened(IncidentId, &'a str),
    /// So many of its alerts are an incident of their own.
    SplitOff(IncidentId, usize),
    /// Its post mortem can be read there.
    Published(&'a str),
    /// Its post mortem is due then, or was.
    PostMortemDue(Reminder, DateTime<Utc>),
    /// A notice was lost.
    Lost {
        /// Which receiver.
        receiver: &'a str,
        /// Which person there, if it was to one.
        person: Option<&'a str>,
        /// Which notice.
        notice: &'a str,
        /// What the receiver said.
        because: &'a str,
    },
    /// A receiver refuses everything until its configuration is mended, or is not reached.
    Blocked {
        /// Which receiver.
        receiver: &'a str,
        /// What it said.
        because: &'a str,
        /// Whether it is only out of reach.
        late: bool,
    },
    /// The same to whoever is told in its place: everything known of the incident.
    InPlaceOf {
        /// Which receiver.
        receiver: &'a str,
        /// What it said.
        because: &'a str,
    },
}

impl About<'_> {
    /// The word that templates see.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Board => "board",
            Self::Confirmed(_) => "confirmed",
            Self::Severity { .. } => "severity",
            Self::Said { .. } => "said",
            Self::Alerts(_) => "alerts",
            Self::LooksOver(_) => "looks_over",
            Self::Flapping(_) => "flapping",
            Self::CalledOff(..) => "called_off",
            Self::Resolved(_) => "resolved",
            Self::Reopened(_) => "reopened",
            Self::Role(_) => "role",
            Self::PromiseMissed(_) => "promise_missed",
            Self::Asked(_) => "asked",
            Self::MergedInto(..) => "merged_into",
            Self::Absorbed { .. } => "absorbed",
            Self::Joined { .. } => "joined",
            Self::TargetCalledOff(..) => "target_called_off",
            Self::TargetReopened(..) => "target_reopened",
            Self::SplitOff(..) => "split_off",
            Self::Published(_) => "published",
            Self::PostMortemDue(..) => "post_mortem_due",
            Self::Lost { .. } => "lost",
            Self::Blocked { .. } => "blocked",
            Self::InPlaceOf { .. } => "in_place_of",
        }
    }

    /// Whether it says who does what: what went wrong with notices concerns whoever reads it, and what is over nobody any more.
    pub fn names_people(&self) -> bool {
        match self {
            Self::Alarm
            | Self::Board
            | Self::Confirmed(_)
            | Self::Severity { .. }
            | Self::Said { .. }
            | Self::Alerts(_)
            | Self::LooksOver(_)
            | Self::Flapping(_)
            | Self::Reopened(_)
            | Self::Role(_)
            | Self::PromiseMissed(_)
            | Self::Asked(_)
            | Self::Absorbed { .. }
            | Self::Joined { .. }
            | Self::InPlaceOf { .. }
            | Self::SplitOff(..) => true,
            Self::CalledOff(..)
            | Self::Resolved(_)
            | Self::MergedInto(..)
            | Self::TargetCalledOff(..)
            | Self::TargetReopened(..)
            | Self::Published(_)
            | Self::PostMortemDue(..)
            | Self::Lost { .. }
            | Self::Blocked { .. } => false,
        }
    }
}

/// Whom a notice concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience<'a> {
    /// Every receiver of the incident that may know of it.
    Everyone,
    /// Receivers that are not public.
    Team,
    /// Of these, where people talk; all of them where they do so nowhere.
    Talk,
    /// The team's receivers but this one; the public ones only if there is no other.
    OthersThan(&'a str),
}

/// Whether a receiver that wants to be spared hears of it later: news of what is known, while it is not critical. That there is
/// an incident, that it got worse, and that it is over can't wait, nor can a promise that was broken.
pub fn may_wait(telling: &Telling<'_>, severity: Severity) -> bool {
    let news = match telling.kind {
        NoticeKind::Updated | NoticeKind::Role | NoticeKind::Prompt | NoticeKind::Published => true,
        NoticeKind::Declared
        | NoticeKind::Confirmed
        | NoticeKind::CalledOff
        | NoticeKind::Resolved
        | NoticeKind::Reopened
        | NoticeKind::Merged
        | NoticeKind::Post
        | NoticeKind::LossReport
        | NoticeKind::Board
        | NoticeKind::LastBoard => false,
    };
    let worse = matches!(telling.about, About::Severity { from, to, .. } if to > from);
    news && !worse && severity < Severity::Critical && !matches!(telling.about, About::PromiseMissed(_))
}

/// What a fact tells; `None` if it stays in the timeline.
pub fn telling(entry: &Entry) -> Option<Telling<'_>> {
    use NoticeKind as Kind;
    let (kind, about, audience) = match &entry.fact {
        Fact::Declared { .. } => (Kind::Declared, About::Alarm, Audience::Everyone),
        Fact::Confirmed { because, .. } => (Kind::Confirmed, About::Confirmed(because), Audience::Everyone),
        Fact::Severity { from, to, because, next_by } => {
            (Kind::Updated, About::Severity { from: *from, to: *to, because, next_by: *next_by }, Audience::Everyone)
        }
        Fact::Updated { text, impact, next_by, promised: _ } => {
            (Kind::Updated, About::Said { text, impact: impact.as_deref(), next_by: *next_by }, Audience::Everyone)
        }
        Fact::ResolveProposed { clear_for } => (Kind::Updated, About::LooksOver(*clear_for), Audience::Team),
        Fact::Flapping { turns } => (Kind::Updated, About::Flapping(*turns), Audience::Team),
        Fact::CalledOff { code, reason } => (Kind::CalledOff, About::CalledOff(*code, reason), Audience::Everyone),
        Fact::Resolved { because } => (Kind::Resolved, About::Resolved(because), Audience::Everyone),
        Fact::Reopened { because, .. } => (Kind::Reopened, About::Reopened(because), Audience::Everyone),
        // The loss of a loss report would be told by the next one, and so on: it stays in the timeline.
        Fact::NoticeLost { notice, .. } if notice == Kind::LossReport.word() => return None,
        Fact::NoticeLost { quiet: true, .. } => return None,
        Fact::NoticeLost { receiver, person, notice, because, .. } => {
            let about = About::Lost { receiver, person: person.as_deref(), notice, because };
            (Kind::LossReport, about, Audience::OthersThan(receiver))
        }
        Fact::ReceiverBlocked { receiver, because, late } => {
            (Kind::LossReport, About::Blocked { receiver, because, late: *late }, Audience::OthersThan(receiver))
        }
        Fact::Taken { .. }
        | Fact::Assigned { .. }
        | Fact::Offered { .. }
        | Fact::OfferEnded { .. }
        | Fact::HandedOver { .. }
        | Fact::Released { .. } => (Kind::Role, About::Role(&entry.fact), Audience::Team),
        // That nobody leads concerns everyone the first time, the team alone whenever it is said again.
        Fact::RoleOpen { times: 1, .. } => (Kind::Role, About::Role(&entry.fact), Audience::Everyone),
        Fact::RoleOpen { .. } => (Kind::Role, About::Role(&entry.fact), Audience::Team),
        Fact::PromiseMissed { by } => (Kind::Prompt, About::PromiseMissed(*by), Audience::Team),
        Fact::Prompted { prompts } => (Kind::Prompt, About::Asked(prompts), Audience::Talk),
        Fact::MergedInto { into, because } => (Kind::Merged, About::MergedInto(*into, because), Audience::Everyone),
        Fact::Absorbed { from, title, public, .. } => {
            (Kind::Updated, About::Absorbed { from: *from, title, public: *public }, Audience::Everyone)
        }
        Fact::TargetCalledOff { into, code, reason } => {
            (Kind::CalledOff, About::TargetCalledOff(*into, *code, reason), Audience::Everyone)
        }
        Fact::TargetReopened { into, because } => {
            (Kind::Reopened, About::TargetReopened(*into, because), Audience::Everyone)
        }
        Fact::SplitOff { into, alerts } => (Kind::Updated, About::SplitOff(*into, alerts.len()), Audience::Everyone),
        // Once for each address: that its text changed there is seen there.
        Fact::Post(PostFact::Arrived { address, again: false, .. }) => {
            (Kind::Published, About::Published(address), Audience::Everyone)
        }
        Fact::Review(ReviewFact::Reminded { whom, due }) => {
            (Kind::Prompt, About::PostMortemDue(*whom, *due), Audience::Team)
        }
        // That they are late is told in one notice for all incidents.
        Fact::Review(_)
        | Fact::Post(_)
        | Fact::Alerts(_)
        | Fact::Noted { .. }
        | Fact::Edited { .. }
        | Fact::Acknowledged { .. }
        | Fact::TodoAdded { .. }
        | Fact::TodoDone { .. }
        | Fact::TodoReopened { .. }
        | Fact::TodoDropped { .. }
        | Fact::Followed { .. }
        | Fact::Unfollowed { .. }
        | Fact::Retracted { .. }
        | Fact::SplitFrom { .. }
        | Fact::Clear { .. }
        | Fact::NotClear { .. }
        | Fact::Steady
        | Fact::Withdrawn { .. }
        | Fact::Inhibits { .. }
        | Fact::ThreadStarted { .. }
        | Fact::TemplateFailed { .. }
        | Fact::RuleGone { .. } => return None,
    };
    Some(Telling { kind, about, audience, actor: Some(&entry.actor) })
}

/// Whether a fact changes what is shown of how it stands.
pub fn changes_board(fact: &Fact) -> bool {
    match fact {
        Fact::Declared { .. }
        | Fact::Alerts(_)
        | Fact::Confirmed { .. }
        | Fact::Severity { .. }
        | Fact::Updated { .. }
        | Fact::Edited { part: Part::Summary | Part::Impact, .. }
        | Fact::Taken { .. }
        | Fact::Assigned { .. }
        | Fact::HandedOver { .. }
        | Fact::Released { .. }
        | Fact::RoleOpen { .. }
        | Fact::PromiseMissed { .. }
        | Fact::MergedInto { .. }
        | Fact::Absorbed { .. }
        | Fact::TargetCalledOff { .. }
        | Fact::TargetReopened { .. }
        | Fact::SplitOff { .. }
        | Fact::Clear { .. }
        | Fact::NotClear { .. }
        | Fact::CalledOff { .. }
        | Fact::Resolved { .. }
        | Fact::Reopened { .. } => true,
        Fact::Edited { part: Part::ExitCriteria | Part::Links, .. }
        | Fact::Noted { .. }
        | Fact::Acknowledged { .. }
        | Fact::Offered { .. }
        | Fact::OfferEnded { .. }
        | Fact::Prompted { .. }
        | Fact::TodoAdded { .. }
        | Fact::TodoDone { .. }
        | Fact::TodoReopened { .. }
        | Fact::TodoDropped { .. }
        | Fact::Followed { .. }
        | Fact::Unfollowed { .. }
        | Fact::Retracted { .. }
        | Fact::SplitFrom { .. }
        | Fact::ResolveProposed { .. }
        | Fact::Flapping { .. }
        | Fact::Steady
        | Fact::Withdrawn { .. }
        | Fact::Inhibits { .. }
        | Fact::ThreadStarted { .. }
        | Fact::NoticeLost { .. }
        | Fact::ReceiverBlocked { .. }
        | Fact::Post(_)
        | Fact::Review(_)
        | Fact::TemplateFailed { .. }
        | Fact::RuleGone { .. } => false,
    }
}

/// Whether what comes next in the same step says it as well: an offer that gave way to whoever has the role now.
pub fn gives_way(fact: &Fact, next: Option<&Entry>) -> bool {
    let follows = next.is_some_and(|next| {
        matches!(
            next.fact,
            Fact::OfferEnded { .. }
                | Fact::Offered { .. }
                | Fact::Taken { .. }
                | Fact::Assigned { .. }
                | Fact::HandedOver { .. }
                | Fact::Released { .. }
        )
    });
    follows && matches!(fact, Fact::OfferEnded { end: OfferEnd::Void | OfferEnd::Withdrawn, .. })
}

/// Whether a fact only follows the alerts.
pub fn comes_and_goes(fact: &Fact) -> bool {
    matches!(fact, Fact::Alerts(_) | Fact::Clear { .. } | Fact::NotClear { .. })
}

/// Whether a fact ends the incident: what else happens in the same step is told with it, or not at all.
pub fn is_end(fact: &Fact) -> bool {
    matches!(fact, Fact::CalledOff { .. } | Fact::Resolved { .. } | Fact::MergedInto { .. })
}
