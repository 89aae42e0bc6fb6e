//! Who an ID token is about: what they are called here, and what they may do.

use super::jwt::Claims;
use crate::config::Oidc;
use crate::http::error::Failure;
use crate::http::login::people::plain_name;
use crate::store::{LoginChange, LoginRow, Role, Store, Vouched};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Groups of one person that are looked at.
const GROUPS_MAX: usize = 1000;

/// Somebody the provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What it says they are called.
    pub name: String,
    /// What their groups may do here; nothing if they are in none of ours.
    pub role: Option<Role>,
    /// The provider's lasting name for them.
    pub vouched: Vouched,
}

/// Reads them out of a token that is believed.
///
/// # Errors
/// It does not say what they are called, or they did not sign in as strongly as we ask.
pub fn person(claims: &Claims, config: &Oidc) -> Result<Person, Failure> {
    let refused = |text: String| Failure::Forbidden(text);
    if !config.acr.is_empty() {
        let acr = claims.all.get("acr").and_then(Value::as_str).unwrap_or("");
        if !config.acr.iter().any(|strong| strong == acr) {
            let text = "the provider does not say that you signed in there in a way that is strong enough (`acr`)";
            return Err(refused(text.to_owned()));
        }
    }
    let claim = &config.name_claim;
    // An address that nobody has shown to be theirs is a name that everybody can take.
    if claim == "email" && claims.all.get("email_verified") == Some(&Value::Bool(false)) {
        return Err(refused("the provider has not verified your mail address".to_owned()));
    }
    let name = inside(claims, claim).and_then(Value::as_str);
    let name = name.ok_or_else(|| refused(format!("the ID token has no `{claim}` (`access.oidc.name_claim`)")))?;
    let name = plain_name(name).map_err(|failure| refused(format!("the `{claim}` of the ID token: {failure}")))?;
    let groups = inside(claims, &config.groups_claim).map(texts).unwrap_or_default();
    Ok(Person {
        name: name.to_owned(),
        role: config.grants.role(groups),
        vouched: Vouched { issuer: config.issuer.clone(), subject: claims.subject.clone() },
    })
}

/// Their login here: the one this provider vouched for before, or a new one. The name is the provider's word of the first
/// time: in an incident's timeline people must stay who they are.
///
/// # Errors
/// They may do nothing here, they were shut out, or somebody else has the name.
pub async fn login(store: &dyn Store, person: &Person, now: DateTime<Utc>) -> Result<LoginRow, Failure> {
    let access = store.access();
    let known = access.vouched_login(&person.vouched).await?;
    let Some(role) = person.role else {
        if let Some(row) = known {
            // They left the groups that let them in: what they began before ends too.
            access.end_sessions(&row.name).await?;
        }
        let text = format!("{} is in no group that may do anything here (`access.oidc.roles`)", person.name);
        return Err(Failure::Forbidden(text));
    };
    let Some(row) = known else { return add(store, person, role, now).await };
    if row.disabled_at.is_some() {
        return Err(Failure::Forbidden(format!("{} is shut out here; ask an admin", row.name)));
    }
    if row.role != role {
        access.change_login(&row.name, LoginChange::Role(role)).await?;
    }
    Ok(LoginRow { role, ..row })
}

async fn add(store: &dyn Store, person: &Person, role: Role, now: DateTime<Utc>) -> Result<LoginRow, Failure> {
    let row = LoginRow {
        name: person.name.clone(),
        role,
        vouched: Some(person.vouched.clone()),
        password: None,
        totp: None,
        created_at: now,
        used_at: None,
        disabled_at: None,
    };
    if !store.access().add_login(row.clone()).await? {
        let text = format!(
            "the name {} is somebody else's here; an admin can make room: `earlybell user remove {0}`",
            person.name
        );
        return Err(Failure::Forbidden(text));
    }
    Ok(row)
}

// A claim by its name or, where there is none, inside of others: Keycloak writes `realm_access.roles`.
fn inside<'a>(claims: &'a Claims, path: &str) -> Option<&'a Value> {
    if let Some(found) = claims.all.get(path) {
        return Some(found);
    }
    let mut names = path.split('.');
    let first = claims.all.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).take(GROUPS_MAX).collect(),
        _ => Vec::new(),
    }
}
