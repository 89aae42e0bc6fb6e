//! The whole path through real servers: Prometheus → Alertmanager → Earlybell → Postfix.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/postfix.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod postfix;
#[path = "support/program.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod program;
#[path = "support/servers.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod servers;

use postfix::Postfix;
use program::Program;
use serde_json::Value;
use servers::{Alertmanager, Prometheus};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const LIST: &str = "list@lists.test";

const RULES: &str = r#"
groups:
  - name: frontend
    rules:
      - incident: FrontendDown
        title: "build.example.org is down"
        general_impact: everyone who builds packages
        when: { alerts: ['alertname = FrontendBroken', 'severity = critical'] }
        declare_as: confirmed
        resolve: { automatic_after: 2s }
"#;

const PROMETHEUS_RULES: &str = r#"
groups:
  - name: broken
    rules:
      - alert: FrontendBroken
        expr: broken == 1
        labels: { severity: critical }
        annotations: { summary: "{{ $labels.host }} answers with errors" }
"#;

/// What Prometheus scrapes: two hosts, each broken or not.
struct Hosts {
    address: std::net::SocketAddr,
    broken: Arc<[AtomicU8; 2]>,
}

impl Hosts {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let broken: Arc<[AtomicU8; 2]> = Arc::new([AtomicU8::new(1), AtomicU8::new(1)]);
        let shown = Arc::clone(&broken);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let lines = ["a", "b"].iter().zip(shown.iter());
                let body: String = lines
                    .map(|(host, broken)| format!("broken{{host=\"{host}\"}} {}\n", broken.load(Ordering::SeqCst)))
                    .collect();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close";
                let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            }
        });
        Self { address, broken }
    }

    fn mend(&self, host: usize) {
        self.broken[host].store(0, Ordering::SeqCst);
    }
}

fn header<'a>(mail: &'a str, name: &str) -> Option<&'a str> {
    let head = mail.split("\n\n").next()?;
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn incident(program: &Program) -> Option<Value> {
    let answer: Value = serde_json::from_str(&program.get("/api/v1/incidents/1").ok()?).ok()?;
    Some(answer["incident"].clone())
}

#[test]
fn a_real_alert_becomes_an_incident_told_by_mail_in_one_thread() {
    let postfix = Postfix::shared();
    let hosts = Hosts::start();
    let config = format!(
        "rule_files: [rules.yml]\ntiming: {{ update_interval: 1s }}\nroute: {{ receiver: list }}\nreceivers:\n  - name: list\n    \
         email: {{ to: [{LIST}], from: bell@mail.test, smarthost: '127.0.0.1:{}', tls: none }}\n",
        postfix.plain
    );
    let mut earlybell = Program::start(&config, &[("rules.yml", RULES)]);
    let alertmanager = Alertmanager::start(&format!(
        "route: {{ receiver: earlybell, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }}\n\
         receivers: [{{ name: earlybell, webhook_configs: [{{ url: 'http://{}/api/v1/alertmanager' }}] }}]\n",
        earlybell.address
    ));
    let _prometheus = Prometheus::start(
        &format!(
            "global: {{ scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms }}\nrule_files: [broken.yml]\n\
             alerting: {{ alertmanagers: [{{ static_configs: [{{ targets: ['{}'] }}] }}] }}\n\
             scrape_configs: [{{ job_name: hosts, static_configs: [{{ targets: ['{}'] }}] }}]\n",
            alertmanager.url.trim_start_matches("http://"),
            hosts.address
        ),
        &[("broken.yml", PROMETHEUS_RULES)],
    );

    earlybell.wait("both hosts belong to one incident", |program| (incident(program)?["firing"] == 2).then_some(()));
    let declared = postfix.mail_for(LIST, 1).remove(0);
    assert_eq!(header(&declared, "Auto-Submitted"), Some("auto-generated"), "{declared}");
    assert!(declared.contains("everyone who builds packages"), "{declared}");

    hosts.mend(0);
    earlybell.wait("one of two recovers", |program| (incident(program)?["firing"] == 1).then_some(()));
    postfix.mail_for(LIST, 2);
    hosts.mend(1);
    earlybell.wait("it is resolved", |program| (incident(program)?["stage"] == "resolved").then_some(()));

    earlybell.wait("every notice is sent", |program| {
        (program.metric("earlybell_outbox_queue_length")? == 0.0).then_some(())
    });
    let sent = earlybell.metric("earlybell_notifications_total").unwrap();
    let mails = postfix.mail_for(LIST, sent as usize);
    let root = header(&mails[0], "Message-ID").unwrap().to_owned();
    // How it stands changes in front; what comes after it is the same in each.
    let title = "INC-1: build.example.org is down";
    assert_eq!(header(&mails[0], "Subject").unwrap(), format!("[confirmed] {title}"));
    for mail in &mails[1..] {
        assert_eq!(header(mail, "In-Reply-To"), Some(root.as_str()), "{mail}");
        assert_eq!(header(mail, "References"), Some(root.as_str()), "{mail}");
        let subject = header(mail, "Subject").unwrap();
        assert!(subject.starts_with("Re: [") && subject.ends_with(&format!("] {title}")), "{subject}");
    }
    assert!(
        mails.iter().any(|mail| mail.contains("1 of 2")),
        "a partial recovery is told:\n{}",
        mails.join("\n----\n")
    );
    let last = mails.last().unwrap();
    assert_eq!(header(last, "Subject").unwrap(), format!("Re: [resolved] {title}"));
    let page = earlybell.get("/incidents/1").unwrap();
    assert!(page.contains("build.example.org is down") && !page.contains("<script"), "{page}");
}

#[test]
fn a_prometheus_needs_no_alertmanager_and_what_it_stops_sending_expires() {
    let hosts = Hosts::start();
    let mut earlybell = Program::start("rule_files: [rules.yml]\n", &[("rules.yml", RULES)]);
    let prometheus = Prometheus::start(
        &format!(
            "global: {{ scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms }}\nrule_files: [broken.yml]\n\
             alerting: {{ alertmanagers: [{{ static_configs: [{{ targets: ['{}'] }}] }}] }}\n\
             scrape_configs: [{{ job_name: hosts, static_configs: [{{ targets: ['{}'] }}] }}]\n",
            earlybell.address, hosts.address
        ),
        &[("broken.yml", PROMETHEUS_RULES)],
    );
    earlybell.wait("both hosts belong to one incident", |program| (incident(program)?["firing"] == 2).then_some(()));
    hosts.mend(0);
    earlybell.wait("one of two recovers", |program| (incident(program)?["firing"] == 1).then_some(()));
    // Nobody says that the other one is over; its `endsAt`, some seconds ahead, is not moved any more.
    drop(prometheus);
    earlybell.wait("it is resolved", |program| (incident(program)?["stage"] == "resolved").then_some(()));
    let page = earlybell.get("/incidents/1").unwrap();
    assert!(page.contains("not sent again"), "{page}");
}
