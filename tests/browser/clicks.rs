//! An incident from login to call-off, by two people in a real browser, with nothing but forms and a keyboard.

use crate::driver::{Driver, Window};
use crate::payloads;
use crate::program::Program;
use serde_json::json;

const PASSWORD: &str = "correct horse battery staple";

const CONFIG: &str = "\
receivers: [{ name: team, console: {} }]
route: { receivers: [team] }
people: [{ name: anna }, { name: bert }]
squads: [{ name: Production-Squad, members: [anna, bert] }]
";

fn sign_in(window: &mut Window<'_>, base: &str, name: &str) {
    window.go(&format!("{base}/login"));
    window.write("input[name=name]", name);
    window.write("input[name=password]", PASSWORD);
    window.enter();
    let page = window.text("body");
    assert!(page.contains(name), "{page}");
}

// In the form of a verb.
fn of(verb: &str, rest: &str) -> String {
    format!("form[action$=\"/do/{verb}\"] {rest}")
}

#[test]
fn an_incident_is_led_by_two_people_without_scripts() {
    let program = Program::start(CONFIG, &[]);
    let base = format!("http://{}", program.address);
    for (name, role) in [("anna", "responder"), ("bert", "responder")] {
        let added = program.verb(&["user", "add", name, "--role", role], &format!("{PASSWORD}\n"));
        assert!(added.contains(name), "{added}");
    }
    let mut driver = Driver::start();
    let mut anna = driver.window();
    sign_in(&mut anna, &base, "anna");
    anna.go(&format!("{base}/declare"));
    anna.write("input[name=title]", "Publishing is <b>stuck</b>");
    anna.write("input[name=impact]", "Everyone who builds packages");
    anna.enter();
    assert_eq!(anna.text("h1"), "INC-1 Publishing is <b>stuck</b>");
    assert_eq!(anna.text("h1 b"), "");
    anna.choose(&of("take", "select"), "incident_manager");
    anna.press(&of("take", "button"));
    assert!(anna.text(".roles").contains("anna"), "{}", anna.text(".roles"));
    anna.write(&of("update", "textarea"), "We look at the signing host.");
    anna.press(&of("update", "button"));
    assert_eq!(anna.text("blockquote"), "We look at the signing host.");
    for role in ["incident_manager", "operations"] {
        if role == "operations" {
            anna.choose(&of("take", "select"), role);
            anna.press(&of("take", "button"));
        }
        anna.choose(&of("handover", "select"), role);
        anna.write(&of("handover", "input[name=person]"), "bert");
        anna.press(&of("handover", "button"));
        assert!(anna.text(".timeline").contains("bert"), "{}", anna.text(".timeline"));
    }

    let mut bert = driver.window();
    sign_in(&mut bert, &base, "bert");
    bert.go(&format!("{base}/incidents/1"));
    // Two roles were offered: the form asks which.
    bert.choose(&of("accept", "select"), "incident_manager");
    bert.press(&of("accept", "button"));
    assert!(bert.text(".roles").contains("bert"), "{}", bert.text(".roles"));
    bert.press(&of("accept", "button"));
    bert.choose(&of("calloff", "select"), "monitoring-fault");
    // A reason must be there; the browser itself asks for it, and nothing is sent.
    assert_eq!(bert.read("document.querySelector('form[action$=\"/do/calloff\"] textarea').required"), true);
    bert.write(&of("calloff", "textarea"), "The probe was wrong.");
    bert.press(&of("calloff", "button"));
    let said = bert.text("p.note");
    assert!(said.starts_with("Called off (monitoring-fault): The probe was wrong."), "{said}");
    assert!(bert.text(".timeline").contains("handed over by anna") || bert.text(".timeline").contains("bert"));
}

#[test]
fn a_browser_reads_text_as_text() {
    let program = Program::start(CONFIG, &[]);
    let chosen: Vec<String> = payloads::all().into_iter().step_by(4).collect();
    program.post("/api/v1/incidents", &json!({"title": chosen[0]}).to_string()).unwrap();
    for payload in &chosen {
        program.post("/api/v1/incidents/1/note", &json!({"text": payload}).to_string()).unwrap();
    }
    let mut driver = Driver::start();
    let mut window = driver.window();
    window.go(&format!("http://{}/incidents/1", program.address));
    let said = window.text(".timeline .said");
    // A note has lines, which the window reads as one.
    let read = |payload: &str| payloads::one_line(&domain::text::clean(payload, usize::MAX));
    let gone: Vec<&String> = chosen.iter().filter(|payload| !said.contains(&read(payload))).collect();
    assert!(gone.is_empty(), "{gone:?}");
    assert_eq!(window.read("document.querySelectorAll('script, iframe, object, embed, base, style').length"), 0);
    let handlers = "[...document.querySelectorAll('*')].flatMap(it => [...it.attributes]).filter(it => it.name.startsWith('on')).length";
    assert_eq!(window.read(handlers), 0);
    assert_eq!(window.read("document.querySelectorAll('img').length"), 1, "only the bell");
}

#[test]
fn a_receiver_is_tried_at_the_press_of_a_button() {
    // Nobody listens on port 1.
    let config = "\
receivers:
  - { name: team, console: {} }
  - { name: list, email: { to: list@example.org, from: bell@example.org, smarthost: '127.0.0.1:1', tls: none } }
route: { receivers: [team, list] }
";
    let program = Program::start(config, &[]);
    let base = format!("http://{}", program.address);
    for (name, role) in [("anna", "manager"), ("bert", "responder")] {
        let added = program.verb(&["user", "add", name, "--role", role], &format!("{PASSWORD}\n"));
        assert!(added.contains(name), "{added}");
    }
    let mut driver = Driver::start();
    let mut anna = driver.window();
    sign_in(&mut anna, &base, "anna");
    anna.go(&format!("{base}/receivers"));
    assert!(anna.text("tbody").contains("team console ✓ well"), "{}", anna.text("tbody"));
    anna.press("form[action$=\"/receivers/team/test\"] button");
    assert_eq!(anna.text(".tried h2"), "team: all is well");
    assert!(anna.text(".tried").contains("It took a test"), "{}", anna.text(".tried"));
    anna.press("form[action$=\"/receivers/list/test\"] button");
    assert_eq!(anna.text(".tried h2"), "list: something is wrong");
    assert!(anna.text(".tried").contains("Connection refused"), "{}", anna.text(".tried"));

    let mut bert = driver.window();
    sign_in(&mut bert, &base, "bert");
    bert.go(&format!("{base}/receivers"));
    assert!(bert.text("tbody").contains("team"), "{}", bert.text("tbody"));
    assert_eq!(bert.read("document.querySelectorAll('tbody form').length"), 0, "who may not try it is not offered to");
}
