//! What somebody filled in, as the body that the API takes: one reader for both.

use super::KEY;
use crate::http::error::Failure;
use serde_json::{Map, Value};

/// Most fields of one form, ticks counted one by one.
const FIELDS_MAX: usize = 300;

// Fields that are numbers in the API's bodies.
const NUMBERS: [&str; 6] = ["todo", "into", "alerts", "version", "action", "entry"];
// Fields that are there once for each tick.
const LISTS: [&str; 1] = ["alerts"];
// Fields whose empty text means something: a part of the document, or of an action item, is cleared by it.
const KEPT_EMPTY: [&str; 4] = ["text", "owner", "due", "link"];

/// What somebody filled in.
#[derive(Debug, Clone, Default)]
pub struct Typed(Vec<(String, String)>);

impl Typed {
    /// The fields of a form, as they came.
    ///
    /// # Errors
    /// There are more than any form of ours has.
    pub fn new(fields: Vec<(String, String)>) -> Result<Self, Failure> {
        match fields.len() {
            0..=FIELDS_MAX => Ok(Self(fields)),
            many => Err(Failure::Shape(format!("the form has {many} fields; at most {FIELDS_MAX} are read"))),
        }
    }

    /// One field.
    pub fn one(name: &str, value: &str) -> Self {
        Self(vec![(name.to_owned(), value.to_owned())])
    }

    /// The text of a field.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a field has this value, or one of its values is this.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(known, typed)| known == name && typed == value)
    }

    /// What tells a second click from a second wish: the page, and all that was filled in.
    pub fn wish(&self) -> Option<(&str, Vec<u8>)> {
        let key = self.text(KEY).filter(|key| !key.is_empty())?;
        let said = self.0.iter().filter(|(name, _)| name != KEY);
        Some((key, said.flat_map(|(name, value)| format!("{name}\n{value}\n\n").into_bytes()).collect()))
    }

    /// The body that the API takes. Fields left empty are not said.
    ///
    /// # Errors
    /// A number is none.
    pub fn body(&self) -> Result<Vec<u8>, Failure> {
        let mut body = Map::new();
        for (name, text) in self.0.iter().filter(|(name, _)| name != KEY) {
            // Browsers write the ends of lines as the old protocols do.
            let text = text.replace("\r\n", "\n");
            if text.trim().is_empty() && !KEPT_EMPTY.contains(&name.as_str()) {
                continue;
            }
            let value = value(name, text)?;
            if LISTS.contains(&name.as_str()) {
                let list = body.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut().into_iter().for_each(|list| list.push(value.clone()));
            } else if body.insert(name.clone(), value).is_some() {
                return Err(Failure::Shape(format!("in the form: {name} stands twice")));
            }
        }
        Ok(Value::Object(body).to_string().into_bytes())
    }
}

fn value(name: &str, text: String) -> Result<Value, Failure> {
    Ok(match name {
        _ if NUMBERS.contains(&name) => {
            let number = text.trim().parse::<u64>();
            Value::from(number.map_err(|_| Failure::Shape(format!("in the form: {name} is a number")))?)
        }
        "drill" | "anyway" => Value::from(true),
        "labels" => labels(&text)?,
        _ => Value::from(text),
    })
}

fn labels(text: &str) -> Result<Value, Failure> {
    let pair = |word: &str| {
        let pair = word.split_once('=').filter(|(name, _)| !name.is_empty());
        pair.map(|(name, value)| (name.to_owned(), Value::from(value.trim_matches('"'))))
            .ok_or_else(|| Failure::Shape("labels are written as team=web, with blanks between them".to_owned()))
    };
    Ok(Value::Object(text.split_whitespace().map(pair).collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::Typed;

    fn typed(fields: &[(&str, &str)]) -> Typed {
        Typed::new(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()).unwrap()
    }

    fn body(fields: &[(&str, &str)]) -> String {
        match typed(fields).body() {
            Ok(body) => String::from_utf8(body).unwrap(),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn a_form_becomes_the_body_of_the_api() {
        let said = [("key", "K"), ("text", "We\r\nrestart"), ("impact", " "), ("next_in", "20m")];
        assert_eq!(body(&said), r#"{"next_in":"20m","text":"We\nrestart"}"#);
        assert_eq!(body(&[("title", "Two"), ("alerts", "3"), ("alerts", "5")]), r#"{"alerts":[3,5],"title":"Two"}"#);
        assert_eq!(
            body(&[("title", "x"), ("labels", "team=web a=\"b\""), ("drill", "yes")]),
            r#"{"drill":true,"labels":{"a":"b","team":"web"},"title":"x"}"#
        );
        assert_eq!(
            body(&[("part", "summary"), ("text", ""), ("version", "3")]),
            r#"{"part":"summary","text":"","version":3}"#
        );
    }

    #[test]
    fn what_no_form_of_ours_sends_is_refused() {
        assert_eq!(body(&[("into", "x")]), "in the form: into is a number");
        assert_eq!(body(&[("text", "a"), ("text", "b")]), "in the form: text stands twice");
        assert_eq!(body(&[("labels", "web")]), "labels are written as team=web, with blanks between them");
        let many = (0..301).map(|at| (format!("f{at}"), String::new())).collect();
        assert!(Typed::new(many).is_err());
    }

    #[test]
    fn the_same_click_twice_is_one_wish_and_other_words_are_another() {
        let wish = |text: &str| typed(&[("key", "K"), ("text", text)]).wish().map(|(key, said)| (key.to_owned(), said));
        assert_eq!(wish("a"), wish("a"));
        assert_ne!(wish("a"), wish("b"));
        assert_eq!(typed(&[("text", "a")]).wish(), None);
    }
}
