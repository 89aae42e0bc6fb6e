//! Forms: to declare, and to say that it is no incident. What was filled in becomes a line, as if it had been typed.

use domain::ids::IncidentId;
use domain::incident::{CallOffCode, Severity};
use domain::text::clean_line;
use domain::verbs::words::quoted;
use serde_json::{Value, json};

/// Longest title that can be written, in characters.
const TITLE_CHARS_MAX: usize = 200;

/// Longest reason that can be written, in characters.
const REASON_CHARS_MAX: usize = 2_000;

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// An incident is declared.
    Declare {
        /// What is written there already.
        title: String,
    },
    /// One is called off.
    CallOff(IncidentId),
}

/// Fields of forms.
pub const TITLE: &str = "title";
/// How bad.
pub const SEVERITY: &str = "severity";
/// Who is affected.
pub const IMPACT: &str = "impact";
/// Which kind of false alarm.
pub const CODE: &str = "code";
/// Why.
pub const REASON: &str = "reason";

impl Form {
    /// What the app calls it; shortcuts to it are called so too.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Declare { .. } => "declare",
            Self::CallOff(_) => "calloff",
        }
    }

    /// The field that what is wrong is shown at.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Declare { .. } => TITLE,
            Self::CallOff(_) => REASON,
        }
    }

    /// What can be typed instead.
    pub fn line(&self) -> String {
        match self {
            Self::Declare { .. } => "declare what is going on".to_owned(),
            Self::CallOff(incident) => format!("calloff #{} other why", incident.0),
        }
    }

    /// The line that what was filled in stands for.
    pub fn filled(&self, field: impl Fn(&str) -> Option<String>) -> String {
        let said = |name: &str| field(name).unwrap_or_default();
        match self {
            Self::Declare { .. } => {
                let mut line = format!("declare {}", quoted(said(TITLE).trim()));
                if let Some(impact) = field(IMPACT).filter(|impact| !impact.trim().is_empty()) {
                    line += &format!(" impact={}", quoted(impact.trim()));
                }
                if let Some(severity) = field(SEVERITY).as_deref().and_then(Severity::parse) {
                    line += &format!(" severity={severity}");
                }
                line
            }
            Self::CallOff(incident) => {
                let code = CallOffCode::parse(&said(CODE)).unwrap_or(CallOffCode::Other);
                format!("calloff #{} {} {}", incident.0, code.word(), quoted(said(REASON).trim()))
            }
        }
    }
}

/// The form as Slack shows it.
pub fn modal(form: &Form) -> Value {
    let (title, submit, metadata, blocks) = match form {
        Form::Declare { title } => {
            let severities = Severity::ALL.map(|severity| option(severity.word(), severity.word()));
            let mut name = text_input(TITLE_CHARS_MAX);
            let title: String = clean_line(title, 4 * TITLE_CHARS_MAX).chars().take(TITLE_CHARS_MAX).collect();
            if !title.is_empty() {
                name["initial_value"] = json!(title);
            }
            let mut impact = text_input(REASON_CHARS_MAX);
            impact["multiline"] = json!(true);
            let blocks = json!([
                input(TITLE, "What is going on?", name, Filled::Always),
                input(SEVERITY, "How bad is it?", select(&severities), Filled::IfKnown),
                input(IMPACT, "Who is affected, and how?", impact, Filled::IfKnown),
            ]);
            ("Declare an incident", "Declare", String::new(), blocks)
        }
        Form::CallOff(incident) => {
            let codes = CallOffCode::ALL.map(|code| option(code.word(), &code.word().replace('-', " ")));
            let mut reason = text_input(REASON_CHARS_MAX);
            reason["multiline"] = json!(true);
            let blocks = json!([
                {"type": "section", "text": {"type": "plain_text",
                    "text": format!("{incident} is called off. Everyone who saw the alarm reads why.")}},
                input(CODE, "What was it?", select(&codes), Filled::Always),
                input(REASON, "Why is it no incident?", reason, Filled::Always),
            ]);
            ("Not an incident", "Call it off", incident.0.to_string(), blocks)
        }
    };
    json!({
        "type": "modal", "callback_id": form.word(), "private_metadata": metadata, "blocks": blocks,
        "title": plain(title), "submit": plain(submit), "close": plain("Cancel"),
    })
}

/// A form that says what came of it.
pub fn told(text: &str) -> Value {
    let section = json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}});
    json!({"type": "modal", "title": plain("Earlybell"), "close": plain("Close"), "blocks": [section]})
}

// Whether a field may stay empty.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filled {
    Always,
    IfKnown,
}

fn input(name: &str, label: &str, element: Value, filled: Filled) -> Value {
    let optional = filled == Filled::IfKnown;
    json!({"type": "input", "block_id": name, "label": plain(label), "element": element, "optional": optional})
}

fn text_input(chars_max: usize) -> Value {
    json!({"type": "plain_text_input", "action_id": "text", "max_length": chars_max})
}

fn select(options: &[Value]) -> Value {
    json!({"type": "static_select", "action_id": "choice", "options": options})
}

fn option(value: &str, label: &str) -> Value {
    json!({"text": plain(label), "value": value})
}

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text})
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::incident::Act;
    use domain::verbs::{Asked, Context, Spelling, parse};

    fn act(form: &Form, fields: &[(&str, &str)]) -> Act {
        let line =
            form.filled(|name| fields.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned()));
        let Ok(Asked::Act { act, .. }) = parse(&line, &Context::new(Spelling::chat("/incident"))) else {
            panic!("{line}")
        };
        act
    }

    #[test]
    fn what_is_filled_in_is_taken_as_it_stands() {
        let form = Form::Declare { title: String::new() };
        for title in ["42 nodes severity=minor", "\"quoted\" \\ and “more”", "declare --drill", "#7 take", "é\nü"]
        {
            let Act::Declare { title: said, severity, impact, drill, labels } =
                act(&form, &[(TITLE, title), (SEVERITY, "critical"), (IMPACT, "all \"of\" them label=x")])
            else {
                panic!("no declaration")
            };
            assert_eq!((said.as_str(), severity, drill), (title, Some(Severity::Critical), false));
            assert_eq!((impact.as_str(), labels.iter().count()), ("all \"of\" them label=x", 0));
        }
        let form = Form::CallOff(IncidentId(42));
        let Act::CallOff { code, reason } =
            act(&form, &[(CODE, "planned-work"), (REASON, "it's --all \"planned\"\n#1")])
        else {
            panic!("no call-off")
        };
        assert_eq!((code, reason.as_str()), (CallOffCode::PlannedWork, "it's --all \"planned\"\n#1"));
    }
}
