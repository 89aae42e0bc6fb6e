//! ID tokens that were changed anywhere, by anything, are refused: whatever is signed, how, and how it is written.

use crate::oidc_provider::{SigningKey, ec, rsa, token};
use chrono::{DateTime, Utc};
use earlybell::http::oidc::jwt::{Expected, Refused, verify};
use earlybell::http::oidc::keys::{PublicKey, read};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NOW: i64 = 1_800_000_000;

fn expected() -> Expected<'static> {
    let now: DateTime<Utc> = DateTime::from_timestamp(NOW, 0).unwrap();
    Expected { issuer: "https://idp.example", client_id: "bell", nonce: "n-0S6_WzA2Mj", now }
}

fn claims() -> Value {
    json!({"iss": "https://idp.example", "sub": "17", "aud": "bell", "exp": NOW + 300, "iat": NOW, "nonce": "n-0S6_WzA2Mj",
        "preferred_username": "ada", "groups": ["viewers"]})
}

fn keys(all: &[(&str, &SigningKey)]) -> Vec<PublicKey> {
    let keys: Vec<Value> = all.iter().map(|(id, key)| key.jwk(id)).collect();
    read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn signed(key: &SigningKey, claims: &Value) -> String {
    token(&json!({"alg": key.algorithm(), "kid": "a", "typ": "JWT"}), claims, |message| key.sign(message))
}

#[test]
fn no_byte_of_a_token_can_be_changed_taken_out_or_put_in() {
    for key in [rsa(1), ec()] {
        let keys = keys(&[("a", &key)]);
        let good = signed(&key, &claims());
        assert_eq!(verify(&good, &keys, &expected()).unwrap().subject, "17");
        let mut tried = BTreeSet::new();
        for at in 0..good.len() {
            let (before, rest) = good.split_at(at);
            let after = &rest[1..];
            for other in ["A", "z", "_", ".", "=", " ", "\0", "é", ""] {
                tried.insert(format!("{before}{other}{after}"));
                tried.insert(format!("{before}{other}{rest}"));
            }
            // The next letter: of the last one of a part, it changes bits that mean nothing.
            let next = char::from(rest.as_bytes()[0] + 1);
            tried.insert(format!("{before}{next}{after}"));
            tried.insert(before.to_owned());
            tried.insert(rest.to_owned());
        }
        for end in ["=", "==", ".", ".x", "\n", " "] {
            tried.insert(format!("{good}{end}"));
        }
        tried.remove(&good);
        assert!(tried.len() > 5_000, "only {}", tried.len());
        for changed in tried {
            assert!(verify(&changed, &keys, &expected()).is_err(), "{changed}");
        }
    }
}

#[test]
fn parts_of_two_good_tokens_make_no_third() {
    let key = rsa(1);
    let keys = keys(&[("a", &key)]);
    let mut admin = claims();
    admin["groups"] = json!(["admins"]);
    let tokens = [signed(&key, &claims()), signed(&key, &admin)];
    let parts: Vec<Vec<&str>> = tokens.iter().map(|token| token.split('.').collect()).collect();
    let mut believed = 0;
    for head in 0..2 {
        for body in 0..2 {
            for signature in 0..2 {
                let mixed = format!("{}.{}.{}", parts[head][0], parts[body][1], parts[signature][2]);
                let verdict = verify(&mixed, &keys, &expected());
                assert_eq!(verdict.is_ok(), body == signature, "{head} {body} {signature}");
                believed += usize::from(verdict.is_ok());
            }
        }
    }
    assert_eq!(believed, 4, "both heads are the same");
}

#[test]
fn a_key_is_used_for_its_own_algorithm_only() {
    let (rsa_key, ec_key) = (rsa(1), ec());
    let both = keys(&[("a", &rsa_key), ("b", &ec_key)]);
    let with = |alg: &str, kid: &str, key: &SigningKey| {
        let made = token(&json!({"alg": alg, "kid": kid}), &claims(), |message| key.sign(message));
        verify(&made, &both, &expected()).map(drop)
    };
    assert_eq!((with("RS256", "a", &rsa_key), with("ES256", "b", &ec_key)), (Ok(()), Ok(())));
    assert_eq!(with("ES256", "a", &rsa_key), Err(Refused::UnknownKey));
    assert_eq!(with("RS256", "b", &ec_key), Err(Refused::UnknownKey));
    assert_eq!(with("RS256", "a", &rsa(2)), Err(Refused::Signature));
    for alg in
        ["none", "None", "NONE", "", "HS256", "HS512", "RS1", "RS384", "PS256", "ES384", "EdDSA", "rs256", "RS256 "]
    {
        assert!(matches!(with(alg, "a", &rsa_key), Err(Refused::Algorithm(_))), "{alg}");
    }
    let unsigned = token(&json!({"alg": "RS256", "kid": "a"}), &claims(), |_| Vec::new());
    assert_eq!(verify(&unsigned, &both, &expected()), Err(Refused::Signature));
    // Two of a kind, and the token does not say which.
    let unnamed = token(&json!({"alg": "RS256"}), &claims(), |message| rsa_key.sign(message));
    assert!(verify(&unnamed, &both, &expected()).is_ok());
    let other = rsa(2);
    let three = keys(&[("a", &rsa_key), ("c", &other)]);
    assert_eq!(verify(&unnamed, &three, &expected()), Err(Refused::UnknownKey));
}

#[test]
fn what_a_token_says_must_be_of_the_right_kind() {
    let key = ec();
    let keys = keys(&[("a", &key)]);
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        verify(&signed(&key, &claims), &keys, &expected()).map(drop)
    };
    let good = [
        ("aud", json!(["bell"])),
        ("azp", json!("bell")),
        ("exp", json!(NOW - 59)),
        ("iat", json!(NOW + 60)),
        ("iat", json!(NOW as f64 + 0.5)),
        ("nbf", json!(NOW)),
    ];
    for (name, value) in good {
        assert_eq!(with(name, value.clone()), Ok(()), "{name}: {value}");
    }
    let huge = json!(1e300);
    for (name, values) in [
        (
            "iss",
            vec![
                json!(null),
                json!(["https://idp.example"]),
                json!("https://idp.example/"),
                json!("https://IDP.example"),
            ],
        ),
        ("sub", vec![json!(null), json!(17), json!(""), json!("x".repeat(256))]),
        ("aud", vec![json!(null), json!([]), json!("Bell"), json!({"bell": 1}), json!(["bell", "x"]), json!("bell x")]),
        ("azp", vec![json!(null), json!(["bell"]), json!("x")]),
        ("exp", vec![json!(null), json!("1900000000"), json!(NOW - 60), json!(-1), huge.clone(), json!(true)]),
        ("iat", vec![json!(null), json!("0"), json!(NOW + 61), huge.clone()]),
        ("nbf", vec![json!(null), json!(NOW + 61), json!("0"), huge]),
        ("nonce", vec![json!(null), json!(""), json!("n-0S6_WzA2M"), json!(["n-0S6_WzA2Mj"])]),
    ] {
        for value in values {
            assert!(matches!(with(name, value.clone()), Err(Refused::Claim(_))), "{name}: {value}");
        }
    }
}

#[test]
fn a_very_long_token_is_not_even_looked_at() {
    let long = format!("{}.{}.{}", "A".repeat(30_000), "B".repeat(30_000), "C".repeat(30_000));
    assert_eq!(verify(&long, &[], &expected()), Err(Refused::Malformed("it is too long")));
}
