//! Whole notices, for every kind and every receiver, as people would read them: compared with `golden/notices.txt`.
//! After a change of words, read what the failing test prints, and put it there.

mod commands;
mod drill;
mod fallback;
mod language;
mod obs;
mod pad;
mod subject;

use super::NoticeKind;
use super::plan::{Scene, plan};
use super::template::fixture;
use crate::alert::{Alert, Pairs};
use crate::audit::Head;
use crate::audit::canonical::digest;
use crate::directory::Directory;
use crate::duration::Duration;
use crate::ids::{AlertId, DeliveryId, IncidentId, InputSeq};
use crate::incident::entry::{AlertChange, AlertsChanged, Change};
use crate::incident::promise::with_promise;
use crate::incident::roles::{COMMUNICATIONS, MANAGER, RoleName};
use crate::incident::room::Prompt;
use crate::incident::{Actor, CallOffCode, Entry, Fact, Incident, RuleRef, Severity, Surface, Tally, apply};
use crate::policy::{Policy, PolicySource, ReceiverKind, ReceiverSpec, Route, Subject};
use crate::rules::RuleSet;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

// An incident that lives: facts go in, what leaves is written down.
pub(crate) struct Story {
    policy: Policy,
    pub(crate) directory: Directory,
    pub(crate) incident: Option<Incident>,
    alerts: Vec<Alert>,
    at: DateTime<Utc>,
    entries: u32,
    drill: bool,
    pub(crate) transcript: String,
}

pub(crate) fn receiver(name: &str, kind: ReceiverKind) -> ReceiverSpec {
    ReceiverSpec {
        name: name.to_owned(),
        kind,
        public: false,
        personal: false,
        subject: Subject::default(),
        templates: BTreeMap::new(),
        language: None,
    }
}

fn public(name: &str, kind: ReceiverKind) -> ReceiverSpec {
    ReceiverSpec { public: true, ..receiver(name, kind) }
}

fn all_kinds() -> Vec<ReceiverSpec> {
    vec![
        receiver("console", ReceiverKind::Console),
        receiver("team-mail", ReceiverKind::Email),
        receiver("team-slack", ReceiverKind::Slack),
        public("list", ReceiverKind::Email),
    ]
}

impl Story {
    pub(crate) fn new(receivers: Vec<ReceiverSpec>, templates: &[(&str, &str)]) -> Self {
        let source = PolicySource {
            rule_files: Vec::new(),
            receivers,
            route: Route::default(),
            templates: templates.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
            external_url: "https://bell.example.org".to_owned(),
            ..PolicySource::default()
        };
        Self {
            policy: Policy::compile(source).unwrap(),
            directory: Directory::default(),
            incident: None,
            alerts: fixture::alerts().into(),
            at: fixture::time(),
            entries: 0,
            drill: false,
            transcript: String::new(),
        }
    }

    pub(crate) fn declare(&mut self, title: &str, impact: &str) -> &mut Self {
        let receivers = self.policy.source.receivers.iter().map(|spec| spec.name.clone()).collect();
        self.step(
            Actor::Rule,
            vec![Fact::Declared {
                title: title.to_owned(),
                impact: impact.to_owned(),
                severity: Severity::Major,
                confirmed: false,
                rule: Some(RuleRef { name: "FrontendErrors".to_owned(), version: 1 }),
                correlation: Pairs::default(),
                labels: Pairs::default(),
                receivers,
                first_alert_at: Some(self.at - TimeDelta::minutes(5)),
                because: "1 of 1 alert matches alertname = HighLoad".to_owned(),
                explanation: None,
                storm: false,
                drill: self.drill,
                squad: String::new(),
                next_by: None,
            }],
        )
    }

    pub(crate) fn person(&mut self, fact: Fact) -> &mut Self {
        self.step(Actor::person("adrian", Surface::Cli), vec![fact])
    }

    pub(crate) fn rule(&mut self, fact: Fact) -> &mut Self {
        self.step(Actor::Rule, vec![fact])
    }

    // Five minutes later, these facts in one step.
    fn step(&mut self, actor: Actor, facts: Vec<Fact>) -> &mut Self {
        self.tell(actor, facts, false)
    }

    fn tell(&mut self, actor: Actor, facts: Vec<Fact>, tell_alerts: bool) -> &mut Self {
        let mut entries = Vec::new();
        for fact in facts {
            self.entries += 1;
            let fact = with_promise(fact, self.incident.as_ref(), self.at, &self.policy.source.timing);
            let entry = Entry {
                incident: IncidentId(42),
                number: self.entries,
                at: self.at,
                input: InputSeq(1),
                actor: actor.clone(),
                fact,
            };
            match &mut self.incident {
                Some(incident) => apply::apply(incident, &entry),
                None => self.incident = apply::declared(&entry),
            }
            entries.push(entry);
        }
        let alerts: Vec<&Alert> = self.alerts.iter().collect();
        let incident = self.incident.as_mut().unwrap();
        incident.tally = Tally {
            firing: alerts.iter().filter(|alert| alert.state.is_open()).count() as u32,
            alerts: alerts.len() as u32,
            ..Tally::default()
        };
        incident.audit_head = incident.stage.closed_at().map(|_| Head { number: 118, hash: digest("118") });
        let (policy, directory, at) = (&self.policy, &self.directory, self.at);
        let scene = Scene {
            policy,
            directory,
            incident,
            entries: &entries,
            alerts: &alerts,
            tell_alerts,
            heard_again: false,
            at,
        };
        let planned = plan(&scene);
        for new in &planned.deliveries {
            let rule = "=".repeat(20);
            writeln!(self.transcript, "{rule} {} {:?} {}", new.key, new.lane, new.receiver).unwrap();
            writeln!(self.transcript, "{}\n--\n{}\n", new.content.subject, new.content.body).unwrap();
        }
        for failure in &planned.failures {
            writeln!(self.transcript, "FAILURE {failure}\n").unwrap();
        }
        if planned.deliveries.is_empty() {
            writeln!(self.transcript, "{} nothing is told\n", "=".repeat(20)).unwrap();
        }
        self.at += TimeDelta::minutes(5);
        self
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn changed(change: Change) -> Fact {
    let alert = &fixture::alerts()[0];
    Fact::Alerts(AlertsChanged {
        named: vec![AlertChange {
            alert: AlertId(1),
            source: alert.key.source.clone(),
            fingerprint: alert.key.fingerprint,
            name: alert.name(),
            summary: alert.summary(),
            change,
            by: Vec::new(),
        }],
        more: 2,
        firing: 1,
        alerts: 2,
        truncated: false,
    })
}

#[test]
fn every_notice_reads_as_people_would_want_it() {
    let mut story = Story::new(all_kinds(), &[]);
    story
        .declare("build.example.org: frontend errors", "All users of build.example.org may see error pages.")
        .rule(Fact::Noted { text: text("looks like the queue") })
        .tell(Actor::Rule, vec![changed(Change::Attached)], true)
        .rule(Fact::Confirmed { because: text("it held for 10m"), next_by: None })
        .rule(Fact::Severity {
            from: Severity::Major,
            to: Severity::Critical,
            because: text("no request is answered"),
            next_by: None,
        })
        .person(Fact::Updated {
            text: text("The database is full.\nWe are making room."),
            impact: Some(text("Everyone.")),
            next_by: Some(fixture::time() + TimeDelta::hours(1)),
            promised: None,
        })
        .rule(Fact::Clear { then: None })
        .rule(Fact::ResolveProposed { clear_for: Duration::minutes(15) })
        .rule(Fact::Flapping { turns: 6 })
        .rule(Fact::Steady)
        .rule(Fact::NoticeLost {
            delivery: DeliveryId(3),
            receiver: text("team-mail"),
            person: None,
            notice: text("confirmed"),
            because: text("550 no such user"),
            quiet: false,
        })
        .rule(Fact::ReceiverBlocked { receiver: text("team-slack"), because: text("invalid_auth"), late: false })
        .person(Fact::Resolved { because: text("the database has room again") })
        .person(Fact::Noted { text: text("write the post mortem") })
        .rule(Fact::Reopened { because: text("HighLoad fires again within 30m"), confirmed: true, next_by: None })
        .person(Fact::CalledOff { code: CallOffCode::MonitoringFault, reason: text("the probe itself was broken") });
    let golden = include_str!("golden/notices.txt");
    assert!(story.transcript == golden, "golden/notices.txt does not hold this:\n{}", story.transcript);
}

#[test]
fn a_question_names_who_answers_and_goes_where_people_talk() {
    let mut story = Story::new(all_kinds(), &[]);
    let manager = || RoleName::from(MANAGER);
    story.declare("frontend errors", "").rule(Fact::Prompted { prompts: vec![Prompt::Scope] });
    let because = text("nobody had it");
    story
        .person(Fact::Taken { role: manager(), person: text("adrian"), from: None, because })
        .rule(Fact::Prompted { prompts: vec![Prompt::Stale, Prompt::CallOut, Prompt::Promise] })
        .person(Fact::Assigned { role: COMMUNICATIONS.into(), person: text("carla"), from: None })
        .person(Fact::TodoAdded { todo: 1, text: text("restart the queue"), owner: Some(text("ben")) })
        .person(Fact::TodoAdded { todo: 2, text: text("ask the provider"), owner: None })
        .person(Fact::TodoDone { todo: 2 })
        .rule(Fact::PromiseMissed { by: fixture::time() + TimeDelta::minutes(30) })
        .rule(Fact::Prompted { prompts: vec![Prompt::CallOut] });
    // Who got which role is said elsewhere.
    let all: Vec<&str> = story.transcript.split("====================").collect();
    let asked: String = all.iter().filter(|notice| notice.contains(".prompt.")).copied().collect();
    let golden = include_str!("golden/questions.txt");
    assert!(asked == golden, "golden/questions.txt does not hold this:\n{asked}");

    let mut story = Story::new(vec![receiver("team-mail", ReceiverKind::Email)], &[]);
    story.declare("errors", "").rule(Fact::Prompted { prompts: vec![Prompt::Scope] });
    assert!(
        story.transcript.contains("Who is affected, and since when?"),
        "without a chat, by mail: {}",
        story.transcript
    );
}

#[test]
fn the_public_never_hears_of_what_was_only_suspected() {
    let mut story = Story::new(vec![public("list", ReceiverKind::Email), public("help", ReceiverKind::Slack)], &[]);
    story
        .declare("errors", "")
        .rule(changed(Change::Attached))
        .rule(Fact::CalledOff { code: CallOffCode::Flapping, reason: text("came and went") });
    assert_eq!(story.transcript.matches("nothing is told").count(), 3, "{}", story.transcript);
}

#[test]
fn reopened_as_suspected_it_stays_out_of_public_until_it_is_real_again_and_keeps_its_thread() {
    let mut story = Story::new(vec![public("list", ReceiverKind::Email)], &[]);
    story
        .declare("errors", "")
        .rule(Fact::Confirmed { because: String::new(), next_by: None })
        .rule(Fact::Resolved { because: String::new() })
        .rule(Fact::Reopened { because: String::new(), confirmed: false, next_by: None })
        .rule(Fact::Confirmed { because: String::new(), next_by: None });
    let heads: Vec<&str> = story.transcript.lines().filter(|line| line.starts_with("====")).collect();
    assert_eq!(
        heads,
        [
            "==================== nothing is told",
            "==================== inc-42.confirmed.2.list Root list",
            "==================== inc-42.resolved.3.list Post list",
            "==================== inc-42.reopened.4.list Post list",
            "==================== inc-42.confirmed.5.list Post list",
        ]
    );
}

#[test]
fn alert_text_stays_text_in_every_receiver() {
    let mut story = Story::new(all_kinds(), &[]);
    let evil = "<!channel> *now* <http://evil.example|click> {{ 7*7 }} `x` <script>\r\nBcc: all@example.org";
    story.alerts[0].annotations = Pairs::new([("summary", evil)]);
    story.declare(evil, evil);
    let slack = story.transcript.split("team-slack\n").nth(1).unwrap().split("====").next().unwrap();
    assert_eq!(slack.matches('<').count(), 1, "only our own link: {slack}");
    assert!(slack.contains("<https://bell.example.org/incidents/42>"));
    assert!(
        slack.contains("• HighLoad on web1: &lt;!channel&gt; ∗now* &lt;http://evil.example|click&gt; {{ 7*7 }} ˋxˋ"),
        "{slack}"
    );
    let mail = story.transcript.split("team-mail\n").nth(1).unwrap();
    assert!(mail.starts_with("[suspected] INC-42: <!channel> *now*"), "{mail}");
    assert!(mail.lines().all(|line| !line.starts_with("Bcc:")), "{mail}");
}

#[test]
fn a_failing_template_sends_the_built_in_words_and_says_so() {
    // It passes at load, where no incident has this title.
    let template = "{% if incident.title == 'boom' %}{{ incident.title - 1 }}{% endif %}x";
    let mut mail = receiver("team-mail", ReceiverKind::Email);
    mail.templates.insert(text("declared"), text("ours"));
    let mut story = Story::new(vec![mail], &[("ours", template)]);
    story.declare("boom", "");
    assert!(story.transcript.contains("There are signs of a service disruption."), "{}", story.transcript);
    assert!(story.transcript.contains("The template ours failed ("), "{}", story.transcript);
    assert!(story.transcript.contains("FAILURE template `ours`: line 1: "), "{}", story.transcript);
}

#[test]
fn shipped_templates_say_what_is_known_and_never_a_placeholder() {
    for name in ["service-disruption", "unresponsive-page"] {
        let mut slack = receiver("team-slack", ReceiverKind::Slack);
        slack.templates.insert(text("declared"), text(name));
        let mut story = Story::new(vec![slack], &[]);
        story.declare("a & b", "");
        let shown = &story.transcript;
        assert!(shown.contains("Who is affected is not known yet.\n"), "{shown}");
        assert!(shown.contains(": a &amp; b."), "{shown}");
        assert!(
            shown.contains("What we know: 1 of 2 alerts still fires.\n- HighLoad: load of web1 is 40 (firing since")
        );
        assert!(
            shown.contains("Follow it here: https://bell.example.org/incidents/42\nNext update by 22:43 UTC."),
            "{shown}"
        );
    }
}

#[test]
fn a_build_service_has_its_own_first_and_last_words() {
    let mut mail = receiver("team-mail", ReceiverKind::Email);
    mail.templates.insert(text("declare"), text("obs-declare"));
    mail.templates.insert(text("resolved"), text("obs-resolve"));
    let mut story = Story::new(vec![mail], &[]);
    story.declare("frontend errors", "").rule(Fact::Resolved { because: text("no alert has fired for 2h") });
    let words = story.transcript.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "Something may be wrong with the Open Build Service: frontend errors. This is an early warning.",
        "Who is affected: possibly everyone who uses the Open Build Service.",
        "What we know: 1 of 2 alerts still fires. - HighLoad: load of web1 is 40 (firing since",
        "Follow it here: https://bell.example.org/incidents/42 Next update by 22:43 UTC.",
        "The Open Build Service is back to normal. The incident \"frontend errors\" is over; it lasted ",
        "How it ended: no alert has fired for 2h",
    ] {
        assert!(words.contains(expected), "{expected}\n{}", story.transcript);
    }
}

#[test]
fn an_empty_policy_still_plans() {
    let policy = Policy { source: Arc::clone(&Policy::empty().source), rules: RuleSet::default(), ..Policy::empty() };
    let incident = fixture::ruled();
    let scene = Scene {
        policy: &policy,
        directory: &Directory::default(),
        incident: &incident,
        entries: &[],
        alerts: &[],
        tell_alerts: true,
        heard_again: false,
        at: fixture::time(),
    };
    assert_eq!(plan(&scene).deliveries, []);
}
