//! What goes in and out of the store.

use super::hold::Held;
use chrono::{DateTime, NaiveDate, Utc};
pub use domain::access::Role;
use domain::delivery::pace::Pace;
use domain::delivery::{Content, Delivery, DeliveryState, Outcome};
use domain::document::Told;
use domain::ids::{DeliveryId, IncidentId, InputSeq};
use domain::incident::Severity;
use domain::incident::review::Action;
use domain::notice::NoticeKind;
use domain::policy::ReceiverKind;
use serde::{Deserialize, Serialize};

/// What kind of input; says how its body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// Alertmanager's webhook, as it came.
    Webhook,
    /// `POST /api/v2/alerts`, as it came.
    Push,
    /// Alertmanager's event recorder, as it came.
    Events,
    /// Differences a poll found, as JSON.
    Poll,
    /// A command, as JSON.
    Command,
    /// What became of a delivery, as JSON.
    Outcome,
    /// The configuration, as JSON.
    Policy,
    /// People, squads and who is on duty, as JSON.
    Directory,
    /// What somebody did outside of incidents, as JSON.
    Acted,
    /// Time passed; no body.
    Tick,
    /// The program started; no body.
    Started,
}

/// An input to append.
#[derive(Debug, Clone)]
pub struct NewInput {
    /// How the body is written.
    pub kind: InputKind,
    /// The configured source, or empty.
    pub source: String,
    /// As it came.
    pub body: Vec<u8>,
    /// Arrival time.
    pub at: DateTime<Utc>,
}

/// Where an input was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its place.
    pub seq: InputSeq,
    /// Its arrival time as stored.
    pub at: DateTime<Utc>,
}

/// An input as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredInput {
    /// Its place.
    pub seq: InputSeq,
    /// How the body is written.
    pub kind: InputKind,
    /// The configured source, or empty.
    pub source: String,
    /// As it came.
    pub body: Vec<u8>,
    /// Arrival time.
    pub at: DateTime<Utc>,
}

/// Asks for lane heads of one receiver. A head is the first delivery of its (incident, receiver) that is not final yet,
/// roots before posts; a put may go once its root was accepted.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Of which receiver.
    pub receiver: String,
    /// Due at this time; leases over before it are taken too, as unsure.
    pub now: DateTime<Utc>,
    /// Until when the lease holds.
    pub lease_until: DateTime<Utc>,
    /// At most so many, oldest first, one of each lane.
    pub max: usize,
    /// What may be told now. Where only what can't wait may, its whole thread goes: a reply never overtakes another one.
    pub pace: Pace,
    /// What kind of receiver it is: what waited in a thread is told as one where it reads words.
    pub kind: ReceiverKind,
}

/// A leased delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// What to tell.
    pub delivery: Delivery,
    /// Which attempt this is, starting with 1; the fence of every later write.
    pub attempt: u32,
    /// When the first attempt began.
    pub first_attempt_at: DateTime<Utc>,
    /// Where the thread of this incident starts at this receiver, if its root was accepted.
    pub thread: Option<String>,
    /// Whether an earlier attempt may have been accepted.
    pub unsure: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct Finish {
    /// Which delivery.
    pub id: DeliveryId,
    /// Which attempt; an older one writes nothing.
    pub attempt: u32,
    /// Its state now.
    pub state: DeliveryState,
    /// When to try again, for `Pending` and `Unsure`.
    pub next_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub now: DateTime<Utc>,
}

/// Which incidents.
#[derive(Debug, Clone, Default)]
pub struct IncidentFilter {
    /// Open ones only, or closed ones only.
    pub open: Option<bool>,
    /// With a number below this: the next page.
    pub before: Option<IncidentId>,
    /// At most so many.
    pub max: usize,
}

/// Which action items.
#[derive(Debug, Clone, Default)]
pub struct ActionFilter {
    /// Open ones only, or those that ended only.
    pub open: Option<bool>,
    /// Open ones whose last day is before this one.
    pub due_before: Option<NaiveDate>,
    /// Of this person, whatever the case of its letters.
    pub owner: Option<String>,
    /// At most so many.
    pub max: usize,
}

/// An action item, and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionRow {
    /// To which incident.
    pub incident: IncidentId,
    /// What that is called.
    pub title: String,
    /// Nothing was wrong there: people practised.
    pub drill: bool,
    /// What it is.
    pub action: Action,
}

/// Which deliveries.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// Of this incident.
    pub incident: Option<IncidentId>,
    /// To this receiver.
    pub receiver: Option<String>,
    /// In one of these states; all if empty.
    pub states: Vec<DeliveryState>,
    /// At most so many.
    pub max: usize,
}

/// A delivery as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryRow {
    /// What is told.
    pub delivery: Delivery,
    /// How it stands.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is tried next.
    pub next_at: Option<DateTime<Utc>>,
    /// When it was accepted or given up.
    pub finished_at: Option<DateTime<Utc>>,
    /// Id at the receiver.
    pub remote_id: Option<String>,
    /// What the receiver said last.
    pub last_error: Option<String>,
    /// The words it went out with, where it was told together with older ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_as: Option<Content>,
    /// The newer one it was told together with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<DeliveryId>,
}

impl DeliveryRow {
    /// As a state document shows it. The root message is edited all the time; that is no notice anyone would look for.
    pub fn told(self) -> Option<Told> {
        let is_board = matches!(self.delivery.notice, NoticeKind::Board | NoticeKind::LastBoard);
        (!is_board).then(|| Told {
            receiver: self.delivery.receiver,
            notice: self.delivery.notice.word(),
            state: self.state,
            decided_at: self.delivery.decided_at,
            finished_at: self.finished_at,
            attempts: self.attempts,
            last_error: self.last_error,
        })
    }
}

/// A refused body to keep.
#[derive(Debug, Clone)]
pub struct NewQuarantined {
    /// When it came.
    pub at: DateTime<Utc>,
    /// From which source.
    pub source: String,
    /// To which path.
    pub path: String,
    /// Why it was refused.
    pub because: String,
    /// How long it was, as far as known.
    pub bytes: u64,
    /// What is kept of it.
    pub body: Vec<u8>,
}

/// A refused body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// Its number.
    pub id: u64,
    /// When it came.
    pub at: DateTime<Utc>,
    /// From which source.
    pub source: String,
    /// To which path.
    pub path: String,
    /// Why it was refused.
    pub because: String,
    /// How long it was, as far as known.
    pub bytes: u64,
}

/// A token, without the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenRow {
    /// Short public id; part of the token.
    pub id: String,
    /// The source (for `Ingest`) or person it belongs to.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// SHA-256 of the whole token.
    #[serde(skip)]
    pub sha256: [u8; 32],
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub used_at: Option<DateTime<Utc>>,
    /// From when on it opens nothing, if ever.
    pub expires_at: Option<DateTime<Utc>>,
}

impl TokenRow {
    /// Whether its time is not over.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|over| now < over)
    }
}

/// Numbers for `/metrics` and the pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Open incidents without drills, by stage word and severity word.
    pub incidents: Vec<(String, String, u64)>,
    /// Roles of open incidents that anyone may take now, by role.
    pub roles_open: Vec<(String, u64)>,
    /// Post mortems that are owed: of an incident this bad, since then.
    pub owed: Vec<(Severity, DateTime<Utc>)>,
    /// Open action items by their last day: how many.
    pub actions_open: Vec<(Option<NaiveDate>, u64)>,
    /// Waiting deliveries by receiver: how many, and since when the oldest.
    pub outbox: Vec<(String, u64, DateTime<Utc>)>,
    /// Given-up deliveries by receiver.
    pub dead: Vec<(String, u64)>,
    /// The last input appended.
    pub last_input: InputSeq,
    /// The last input decided.
    pub position: InputSeq,
    /// Arrival time of the newest webhook or push per source.
    pub last_seen: Vec<(String, DateTime<Utc>)>,
    /// Known alerts that are open.
    pub open_alerts: u64,
    /// Records of the audit log.
    pub audit_records: u64,
    /// When the newest of them was written.
    pub audit_at: Option<DateTime<Utc>>,
    /// Whether nothing is sent, after a restore.
    pub held: Option<Held>,
    /// Refused bodies kept.
    pub quarantined: u64,
    /// Bytes in the database files, and in their write-ahead logs.
    pub bytes: u64,
    /// Bytes in the write-ahead logs.
    pub wal_bytes: u64,
    /// Why nothing can be written now, if so: whoever sends alerts is told to send them again.
    pub refuses: Option<String>,
}
