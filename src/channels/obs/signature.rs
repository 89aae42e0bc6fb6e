//! Proof by an SSH key, as the login proxy of build.opensuse.org takes it: OpenSSH signs the time.

use chrono::{DateTime, Utc};
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Longest realm that is signed for, in bytes.
pub const REALM_BYTES_MAX: usize = 200;

/// The realm of `WWW-Authenticate: Signature realm="…"`, if it asks for a signature.
pub fn realm(challenge: &str) -> Option<String> {
    let rest = challenge.trim().strip_prefix("Signature ")?;
    let (_, rest) = rest.split_once("realm=\"")?;
    let (realm, _) = rest.split_once('"')?;
    let plain = realm.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    (!realm.is_empty() && realm.len() <= REALM_BYTES_MAX && plain).then(|| realm.to_owned())
}

/// The header `Authorization` by which `user` proves to hold the key, at this time, for this realm.
pub async fn authorization(user: &str, key: &Path, realm: &str, at: DateTime<Utc>) -> Result<String, String> {
    let created = at.timestamp();
    let signature = sign(key, realm, &format!("(created): {created}")).await?;
    Ok(format!(
        "Signature keyId=\"{user}\",algorithm=\"ssh\",headers=\"(created)\",created={created},signature=\"{signature}\""
    ))
}

async fn sign(key: &Path, realm: &str, text: &str) -> Result<String, String> {
    let failed = |because: String| format!("ssh-keygen could not sign with {}: {because}", key.display());
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "sign", "-n", realm, "-f"]).arg(key).env_clear();
    let inherited = ["PATH", "SSH_AUTH_SOCK"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    // A key with a passphrase shall fail, and not ask somebody.
    command.envs(inherited).env("LC_ALL", "C").env("SSH_ASKPASS_REQUIRE", "never");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes()).await.map_err(|error| failed(error.to_string()))?;
    }
    let output = child.wait_with_output().await.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(domain::text::clean_line(said.lines().next().unwrap_or_default(), 200)));
    }
    let armored = String::from_utf8_lossy(&output.stdout);
    let base64: String = armored.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    if base64.is_empty() { Err(failed("it wrote nothing".to_owned())) } else { Ok(base64) }
}

#[cfg(test)]
mod tests {
    use super::realm;

    #[test]
    fn only_a_challenge_for_a_signature_names_a_realm() {
        let asked = "Signature realm=\"Use your developer account\",headers=\"(created)\"";
        assert_eq!(realm(asked).as_deref(), Some("Use your developer account"));
        for other in ["Basic realm=\"API login\"", "Signature", "Signature realm=\"\"", "Signature realm=\"a\nb\""] {
            assert_eq!(realm(other), None, "{other}");
        }
    }
}
