//! Made-up incidents that every template must survive when it is loaded: with and without alerts, texts and numbers.

use crate::alert::{Alert, AlertKey, AlertState, Fingerprint, Pairs, ResolvedBecause};
use crate::directory::Directory;
use crate::ids::{AlertId, IncidentId, InputSeq};
use crate::incident::promise::with_promise;
use crate::incident::room::Prompt;
use crate::incident::{Actor, CallOffCode, Entry, Fact, Incident, LastUpdate, Severity, Tally, apply};
use crate::notice::NoticeKind;
use crate::notice::plan::Scene;
use crate::notice::telling::{About, Audience, Telling};
use crate::policy::{Policy, Timing};
use chrono::{DateTime, TimeDelta, Utc};

/// Calls `look` with scenes of every kind of notice.
pub fn each<E>(mut look: impl FnMut(&Scene<'_>, &Telling<'_>) -> Result<(), E>) -> Result<(), E> {
    let (policy, directory) = (Policy::empty(), Directory::default());
    let alerts = alerts();
    let shown: Vec<&Alert> = alerts.iter().collect();
    let at = time();
    let (ruled, manual) = (ruled(), manual());
    for (incident, alerts) in [(&ruled, shown.as_slice()), (&manual, &[])] {
        let scene = Scene {
            policy: &policy,
            directory: &directory,
            incident,
            entries: &[],
            alerts,
            tell_alerts: true,
            heard_again: false,
            at,
        };
        for kind in NoticeKind::ALL {
            look(
                &scene,
                &Telling { kind, about: about(kind), audience: Audience::Everyone, actor: Some(&Actor::Rule) },
            )?;
        }
    }
    Ok(())
}

/// Two alerts, one of them over.
pub fn alerts() -> [Alert; 2] {
    let over = AlertState::Resolved { ends_at: time(), because: ResolvedBecause::Reported, contested_until: None };
    [alert(1, "HighLoad", AlertState::Firing), alert(2, "QueueFull", over)]
}

/// A time when something could have happened.
pub fn time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap_or(DateTime::UNIX_EPOCH)
}

fn alert(id: u64, name: &str, state: AlertState) -> Alert {
    let labels = Pairs::labels([("alertname", name), ("severity", "critical"), ("instance", "web1")]);
    Alert {
        id: AlertId(id),
        key: AlertKey { source: "default".into(), fingerprint: Fingerprint::of(&labels) },
        labels,
        annotations: Pairs::new([("summary", "load of web1 is 40"), ("description", "Far over its 8 cores.")]),
        generator_url: "".into(),
        state,
        starts_at: time() - TimeDelta::minutes(5),
        claimed_starts_at: None,
        last_seen: time(),
        group: None,
        expires_at: None,
        episodes: 1,
        pre_existing: false,
        past: Vec::new(),
    }
}

/// A suspected incident of a rule, with everything filled that can be.
pub fn ruled() -> Incident {
    let mut incident = declared(Fact::Declared {
        title: "build.example.org: errors".to_owned(),
        impact: "All users".to_owned(),
        severity: Severity::Major,
        confirmed: false,
        rule: None,
        correlation: Pairs::default(),
        labels: Pairs::labels([("service", "build"), ("team", "production")]),
        receivers: Vec::new(),
        first_alert_at: Some(time() - TimeDelta::minutes(5)),
        because: "1 alert matches alertname = HighLoad".to_owned(),
        explanation: None,
        storm: false,
        drill: false,
        squad: String::new(),
        next_by: None,
    });
    incident.summary = "The frontend answers with errors.".to_owned();
    incident.tally = Tally { firing: 1, alerts: 2, ..Tally::default() };
    incident.last_update = Some(LastUpdate { at: time(), text: "We look into it.".to_owned(), next_by: Some(time()) });
    incident
}

// Declared by a person: no rule, no alert, no impact yet.
fn manual() -> Incident {
    declared(Fact::Declared {
        title: "Pages are slow".to_owned(),
        impact: String::new(),
        severity: Severity::Critical,
        confirmed: true,
        rule: None,
        correlation: Pairs::default(),
        labels: Pairs::default(),
        receivers: Vec::new(),
        first_alert_at: None,
        because: String::new(),
        explanation: None,
        storm: false,
        drill: false,
        squad: String::new(),
        next_by: None,
    })
}

fn declared(fact: Fact) -> Incident {
    let fact = with_promise(fact, None, time(), &Timing::default());
    let entry = Entry { incident: IncidentId(42), number: 1, at: time(), input: InputSeq(1), actor: Actor::Rule, fact };
    #[expect(clippy::expect_used, reason = "both callers pass `Declared`, which always makes an incident")]
    apply::declared(&entry).expect("declared")
}

fn about(kind: NoticeKind) -> About<'static> {
    match kind {
        NoticeKind::Declared => About::Alarm,
        NoticeKind::Updated => About::Said { text: "We look into it.", impact: None, next_by: Some(time()) },
        NoticeKind::Confirmed => About::Confirmed("seen by users"),
        NoticeKind::CalledOff => About::CalledOff(CallOffCode::Test, "only a test"),
        NoticeKind::Resolved => About::Resolved("restarted"),
        NoticeKind::Reopened => About::Reopened("errors are back"),
        NoticeKind::Role | NoticeKind::Prompt => About::Asked(&[Prompt::Scope]),
        NoticeKind::Merged => About::MergedInto(IncidentId(7), "the same cause"),
        NoticeKind::Published | NoticeKind::Post => About::Published("https://example.org/pulls/1"),
        NoticeKind::LossReport => {
            About::Lost { receiver: "team", person: None, notice: "declared", because: "550 no such user" }
        }
        NoticeKind::Board | NoticeKind::LastBoard => About::Board,
    }
}
