//! An OpenID Connect provider: stateful, strict about what it is told, and able to misbehave on demand.

use super::host::Host;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use earlybell::clock::Clock;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use ring::{hmac, signature};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

pub const CLIENT: &str = "earlybell";
pub const SECRET: &str = "s3cr:t/with+odd chars";
pub const CALLBACK: &str = "https://bell.example.org/login/oidc/callback";

/// How a client shows that it is the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    Basic,
    Post,
    Public,
}

/// What is wrong with an ID token, or with what the provider publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    Nonce,
    NoNonce,
    Audience,
    TwoAudiencesWithoutParty,
    OtherParty,
    Issuer,
    Expired,
    NoExpiry,
    Future,
    NotYet,
    NoSubject,
    Unsigned,
    SharedSecret,
    OtherAlgorithm,
    ForeignKey,
    UnknownKey,
    AccessToken,
    Critical,
    NoIdToken,
    KeyInHeader,
}

/// A key it signs with.
pub enum SigningKey {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

pub struct FakeProvider {
    /// Its issuer.
    pub url: String,
    world: Arc<Mutex<World>>,
    _host: Host,
}

/// What it knows, and what it is told to do wrong.
pub struct World {
    clock: Arc<dyn Clock>,
    pub url: String,
    pub auth: ClientAuth,
    /// Who signs in next, beside what every token says.
    pub claims: Map<String, Value>,
    pub wrong: Option<Wrong>,
    /// What it answers to these paths instead of what it should.
    pub answers: BTreeMap<&'static str, (u16, String)>,
    /// The key it signs with, and those it publishes.
    pub signs: (String, SigningKey),
    pub published: Vec<(String, Value)>,
    pub discovery: Map<String, Value>,
    /// What it was asked.
    pub asked: Vec<String>,
    codes: BTreeMap<String, Grant>,
}

struct Grant {
    redirect_uri: String,
    challenge: String,
    nonce: String,
    used: bool,
}

/// A key of the fixtures.
pub fn rsa(number: u8) -> SigningKey {
    let path = format!("{}/tests/fixtures/oidc/rsa{number}.pk8", env!("CARGO_MANIFEST_DIR"));
    SigningKey::Rsa(RsaKeyPair::from_pkcs8(&std::fs::read(path).unwrap()).unwrap())
}

/// A new key on P-256.
pub fn ec() -> SigningKey {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    SigningKey::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).unwrap())
}

impl SigningKey {
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
        }
    }

    pub fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Rsa(pair) => {
                let public: PublicKeyComponents<Vec<u8>> = pair.public().into();
                json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, "n": url64(&public.n), "e": url64(&public.e)})
            }
            Self::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "kid": id, "x": url64(&point[1..33]), "y": url64(&point[33..])})
            }
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::Ec(pair) => signature::Signature::as_ref(&pair.sign(&random, message).unwrap()).to_vec(),
        }
    }

    // What everybody can know of it, as a shared secret: the oldest trick there is.
    fn public(&self) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => pair.public().as_ref().to_vec(),
            Self::Ec(pair) => pair.public_key().as_ref().to_vec(),
        }
    }
}

pub fn url64(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with this header and body, signed.
pub fn token(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", url64(header.to_string().as_bytes()), url64(claims.to_string().as_bytes()));
    format!("{signed}.{}", url64(&sign(signed.as_bytes())))
}

impl FakeProvider {
    /// Starts it on a free port, on a thread of its own; it knows one person, and one client.
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let signs = ("first".to_owned(), rsa(1));
        let published = vec![(signs.0.clone(), signs.1.jwk(&signs.0))];
        let claims = json!({"sub": "17", "preferred_username": "ada", "groups": ["sre", "all"]});
        let world = Arc::new(Mutex::new(World {
            clock,
            url: String::new(),
            auth: ClientAuth::Basic,
            claims: claims.as_object().unwrap().clone(),
            wrong: None,
            answers: BTreeMap::new(),
            signs,
            published,
            discovery: Map::new(),
            asked: Vec::new(),
            codes: BTreeMap::new(),
        }));
        let data = Data::from(world.clone());
        let host = Host::of(move |fake| {
            fake.app_data(data.clone()).default_service(web::to(serve));
        });
        let port = host.port;
        let url = format!("http://127.0.0.1:{port}/realm");
        world.lock().unwrap().url.clone_from(&url);
        Self { url, world, _host: host }
    }

    /// Its inside, to look at or to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Signs with another key from now on, and publishes it beside the one before.
    pub fn changes_key(&self, id: &str, key: SigningKey) {
        let mut world = self.world();
        world.published.push((id.to_owned(), key.jwk(id)));
        world.signs = (id.to_owned(), key);
    }

    /// How often it was asked for this path.
    pub fn asked(&self, path: &str) -> usize {
        self.world().asked.iter().filter(|asked| *asked == path).count()
    }
}

async fn serve(request: HttpRequest, body: Bytes, world: Data<Mutex<World>>) -> HttpResponse {
    let mut world = world.lock().unwrap();
    let path = request.path().to_owned();
    world.asked.push(path.clone());
    if let Some((status, body)) = world.answers.get(path.as_str()).cloned() {
        let mut response = HttpResponse::build(status.try_into().unwrap());
        return response.insert_header(("Location", "https://elsewhere.example/")).body(body);
    }
    let refused = |problem: String| {
        HttpResponse::BadRequest().json(json!({"error": "invalid_request", "error_description": problem}))
    };
    match path.as_str() {
        "/realm/.well-known/openid-configuration" => HttpResponse::Ok().json(world.describes()),
        "/realm/jwks" => {
            let keys: Vec<&Value> = world.published.iter().map(|(_, key)| key).collect();
            HttpResponse::Ok().json(json!({ "keys": keys }))
        }
        "/realm/authorize" => match world.authorizes(&fields(request.query_string())) {
            Ok(url) => HttpResponse::Found().insert_header(("Location", url)).finish(),
            Err(problem) => refused(problem),
        },
        "/realm/token" => {
            let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
            if request.method() != "POST" || header("content-type") != "application/x-www-form-urlencoded" {
                return refused("not a form that was posted".to_owned());
            }
            match world.redeems(header("authorization"), &fields(std::str::from_utf8(&body).unwrap())) {
                Ok(answer) => HttpResponse::Ok().json(answer),
                Err((error, text)) => {
                    HttpResponse::BadRequest().json(json!({"error": error, "error_description": text}))
                }
            }
        }
        _ => HttpResponse::NotFound().finish(),
    }
}

fn fields(form: &str) -> BTreeMap<String, String> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(form).unwrap().into_inner();
    let count = pairs.len();
    let fields: BTreeMap<String, String> = pairs.into_iter().collect();
    assert_eq!(fields.len(), count, "a field stands twice: {form}");
    fields
}

impl World {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn describes(&self) -> Value {
        let url = &self.url;
        let methods = match self.auth {
            ClientAuth::Post => json!(["client_secret_post"]),
            _ => json!(["client_secret_basic", "client_secret_post"]),
        };
        let mut said = json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/jwks"),
            "token_endpoint_auth_methods_supported": methods,
            "response_types_supported": ["code"],
        });
        for (name, value) in &self.discovery {
            said[name] = value.clone();
        }
        said
    }

    // Whoever comes here is signed in already, and says yes.
    fn authorizes(&mut self, asked: &BTreeMap<String, String>) -> Result<String, String> {
        let field = |name: &str| asked.get(name).map(String::as_str).ok_or(format!("{name} is missing"));
        let must = |name: &str, expected: &str| match field(name)? {
            found if found == expected => Ok(()),
            found => Err(format!("{name} is {found}, not {expected}")),
        };
        must("response_type", "code")?;
        must("client_id", CLIENT)?;
        must("redirect_uri", CALLBACK)?;
        must("code_challenge_method", "S256")?;
        if !field("scope")?.split(' ').any(|scope| scope == "openid") {
            return Err("openid is not in the scopes".to_owned());
        }
        let (state, nonce, challenge) = (field("state")?, field("nonce")?, field("code_challenge")?);
        if state.len() < 22 || nonce.len() < 22 || challenge.len() != 43 || state == nonce {
            return Err("what should be random is short".to_owned());
        }
        let code = format!("code-{}", self.codes.len());
        let grant = Grant {
            redirect_uri: CALLBACK.to_owned(),
            challenge: challenge.to_owned(),
            nonce: nonce.to_owned(),
            used: false,
        };
        self.codes.insert(code.clone(), grant);
        let issuer: String = self.url.bytes().map(|byte| format!("%{byte:02X}")).collect();
        Ok(format!("{CALLBACK}?code={code}&state={state}&iss={issuer}"))
    }

    fn redeems(
        &mut self,
        authorization: &str,
        form: &BTreeMap<String, String>,
    ) -> Result<Value, (&'static str, String)> {
        let is_client = match self.auth {
            ClientAuth::Basic => {
                let pair = "earlybell:s3cr%3At%2Fwith%2Bodd%20chars";
                authorization == format!("Basic {}", BASE64_STANDARD.encode(pair))
                    && !form.contains_key("client_secret")
            }
            ClientAuth::Post => {
                authorization.is_empty() && form.get("client_secret").is_some_and(|secret| secret == SECRET)
            }
            ClientAuth::Public => authorization.is_empty() && !form.contains_key("client_secret"),
        };
        let named = self.auth == ClientAuth::Basic || form.get("client_id").is_some_and(|client| client == CLIENT);
        if !is_client || !named {
            return Err(("invalid_client", format!("{authorization} {form:?}")));
        }
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        if field("grant_type") != "authorization_code" {
            return Err(("unsupported_grant_type", field("grant_type").to_owned()));
        }
        let grant = self.codes.get_mut(field("code")).ok_or(("invalid_grant", "no such code".to_owned()))?;
        if std::mem::replace(&mut grant.used, true) {
            return Err(("invalid_grant", "the code was used".to_owned()));
        }
        if field("redirect_uri") != grant.redirect_uri {
            return Err(("invalid_grant", "another redirect_uri".to_owned()));
        }
        if url64(digest(&SHA256, field("code_verifier").as_bytes()).as_ref()) != grant.challenge {
            return Err(("invalid_grant", "the code_verifier does not fit".to_owned()));
        }
        let nonce = grant.nonce.clone();
        let mut answer = json!({"access_token": "opaque", "token_type": "Bearer", "expires_in": 300});
        if self.wrong != Some(Wrong::NoIdToken) {
            answer["id_token"] = json!(self.id_token(&nonce));
        }
        Ok(answer)
    }

    fn claims(&self, nonce: &str) -> Value {
        let now = self.now().timestamp();
        let mut claims = json!({"iss": self.url, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce});
        for (name, value) in &self.claims {
            claims[name] = value.clone();
        }
        let object = claims.as_object_mut().unwrap();
        let mut set = |name: &str, value: Value| object.insert(name.to_owned(), value);
        match self.wrong {
            Some(Wrong::Nonce) => set("nonce", json!("another")),
            Some(Wrong::NoNonce) => object.remove("nonce"),
            Some(Wrong::Audience) => set("aud", json!(["somebody"])),
            Some(Wrong::TwoAudiencesWithoutParty) => set("aud", json!([CLIENT, "somebody"])),
            Some(Wrong::OtherParty) => set("azp", json!("somebody")),
            Some(Wrong::Issuer) => set("iss", json!(format!("{}/", self.url))),
            Some(Wrong::Expired) => set("exp", json!(now - 60)),
            Some(Wrong::NoExpiry) => object.remove("exp"),
            Some(Wrong::Future) => set("iat", json!(now + 61)),
            Some(Wrong::NotYet) => set("nbf", json!(now + 61)),
            Some(Wrong::NoSubject) => object.remove("sub"),
            _ => None,
        };
        claims
    }

    fn id_token(&self, nonce: &str) -> String {
        let claims = self.claims(nonce);
        let (id, key) = &self.signs;
        let mut header = json!({"alg": key.algorithm(), "kid": id, "typ": "JWT"});
        match self.wrong {
            Some(Wrong::Unsigned) => {
                header["alg"] = json!("none");
                token(&header, &claims, |_| Vec::new())
            }
            Some(Wrong::SharedSecret) => {
                header["alg"] = json!("HS256");
                let secret = hmac::Key::new(hmac::HMAC_SHA256, &key.public());
                token(&header, &claims, |message| hmac::sign(&secret, message).as_ref().to_vec())
            }
            Some(Wrong::OtherAlgorithm) => {
                header["alg"] = json!("RS384");
                token(&header, &claims, |message| key.sign(message))
            }
            Some(Wrong::ForeignKey) => {
                let foreign = rsa(2);
                token(&header, &claims, |message| foreign.sign(message))
            }
            Some(Wrong::KeyInHeader) => {
                let foreign = rsa(2);
                header["jwk"] = foreign.jwk(id);
                header["kid"] = json!("unheard-of");
                token(&header, &claims, |message| foreign.sign(message))
            }
            other => {
                match other {
                    Some(Wrong::UnknownKey) => header["kid"] = json!("unheard-of"),
                    Some(Wrong::AccessToken) => header["typ"] = json!("at+jwt"),
                    Some(Wrong::Critical) => header["crit"] = json!(["exp"]),
                    _ => {}
                }
                token(&header, &claims, |message| key.sign(message))
            }
        }
    }
}
