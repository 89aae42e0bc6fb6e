//! The table names exactly the keys that serde reads, with the same kinds, and knows which must be there.

use super::{Kind, LIMITS, Need, OBJECTS, Object};
use crate::interval::{NamedIntervals, TimeInterval, TimeRange};
use crate::rules::model::{
    CallOffModel, ConditionModel, ConfirmModel, Group, InhibitModel, RaiseModel, ResolveModel, RuleFile, RuleModel,
    SeverityModel, SomeModel,
};
use crate::rules::trial::model::{ActionModel, ExpectIncident, ExpectModel, RuleTest, SeriesModel};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned>(value: Value) -> Result<(), String> {
    serde_json::from_value::<T>(value).map(drop).map_err(|error| error.to_string())
}

fn reader(object: &Object) -> fn(Value) -> Result<(), String> {
    match object.name {
        "file" => read::<RuleFile>,
        "group" => read::<Group>,
        "rule" => read::<RuleModel>,
        "condition" => read::<ConditionModel>,
        "some" => read::<SomeModel>,
        "severity" => read::<SeverityModel>,
        "raise" => read::<RaiseModel>,
        "confirm" => read::<ConfirmModel>,
        "call off" => read::<CallOffModel>,
        "resolve" => read::<ResolveModel>,
        "inhibit rule" => read::<InhibitModel>,
        "named intervals" => read::<NamedIntervals>,
        "interval" => read::<TimeInterval>,
        "times" => read::<TimeRange>,
        "test" => read::<RuleTest>,
        "series" => read::<SeriesModel>,
        "action" => read::<ActionModel>,
        "expectation" => read::<ExpectModel>,
        "expected incident" => read::<ExpectIncident>,
        other => panic!("who reads `{other}`?"),
    }
}

fn example(kind: &Kind) -> Value {
    match kind {
        Kind::Text(text) => json!(text.example),
        Kind::Number { max, .. } => json!(max),
        Kind::Flag => json!(true),
        Kind::Word(words) => json!(words.last()),
        Kind::Object(object) => whole(object),
        Kind::List(item) | Kind::Some(item) => json!([example(item)]),
        Kind::Map(item) => json!({ "name": example(item) }),
    }
}

// With what must be there.
fn whole(object: &Object) -> Value {
    let required = object.keys.iter().filter(|key| key.need == Need::Required);
    required.map(|key| (key.name.to_owned(), example(&key.kind))).collect()
}

fn with(object: &Object, key: &str, value: Value) -> Value {
    let mut written = whole(object);
    written[key] = value;
    written
}

#[test]
fn the_table_names_exactly_the_keys_that_are_read() {
    for object in OBJECTS {
        let error = reader(object)(with(object, "zzz", json!(1))).unwrap_err();
        let mut read: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        let mut named: Vec<&str> = object.keys.iter().map(|key| key.name).collect();
        read.sort_unstable();
        named.sort_unstable();
        assert_eq!(read, named, "{}: {error}", object.name);
    }
}

#[test]
fn what_must_be_there_must_and_every_kind_is_the_one_that_is_read() {
    for object in OBJECTS {
        let read = reader(object);
        assert_eq!(read(whole(object)), Ok(()), "{}", object.name);
        for key in object.keys {
            let place = format!("{}.{}", object.name, key.name);
            assert_eq!(read(with(object, key.name, example(&key.kind))), Ok(()), "{place}");
            // A number is right nowhere but where the table says so, a mapping with a foreign key never.
            let wrong = json!({ "zzz": { "zzz": 1 } });
            assert!(read(with(object, key.name, wrong)).is_err(), "{place} takes anything");
            let mut without = whole(object);
            let there = without.as_object_mut().unwrap().remove(key.name).is_some();
            assert_eq!(read(without).is_err(), there, "{place}");
        }
    }
}

#[test]
fn words_and_texts_are_those_that_are_read() {
    for object in OBJECTS {
        for key in object.keys {
            let place = format!("{}.{}", object.name, key.name);
            if let Kind::Word(words) = &key.kind {
                for word in *words {
                    assert_eq!(reader(object)(with(object, key.name, json!(word))), Ok(()), "{place}");
                }
                let error = reader(object)(with(object, key.name, json!("zzz"))).unwrap_err();
                assert_eq!(error.matches('`').count() / 2 - 1, words.len(), "{place}: {error}");
            }
            if let Kind::Text(text) = &key.kind {
                assert_eq!((text.check)(text.example), Ok(()), "{place}");
            }
        }
    }
}

#[test]
fn every_key_is_said_in_a_sentence_and_every_limit_is_one() {
    for key in OBJECTS.iter().flat_map(|object| object.keys) {
        assert!(key.says.ends_with(['.', ')']) && !key.says.contains('\n') && !key.says.contains('|'), "{}", key.says);
    }
    assert!(LIMITS.iter().all(|limit| limit.most > 0));
}
