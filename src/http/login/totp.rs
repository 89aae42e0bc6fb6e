//! One-time codes as every authenticator app makes them: RFC 6238 with SHA-1, six digits, thirty seconds.

use crate::http::token::{hash, same};
use chrono::{DateTime, Utc};
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};

/// Bytes of a secret: as long as what SHA-1 makes of it.
pub const SECRET_BYTES: usize = 20;

const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
/// Steps a clock may be off, each way.
const OFF_STEPS_MAX: i64 = 1;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The time step whose code this is, if it is one of those that are good now.
pub fn step_of(secret: &[u8], code: &str, now: DateTime<Utc>) -> Option<i64> {
    let shown: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let shown = hash(shown.as_bytes());
    let current = now.timestamp().div_euclid(STEP_SECONDS);
    // All of them, always: how long it takes says nothing.
    let steps = (current - OFF_STEPS_MAX)..=(current + OFF_STEPS_MAX);
    steps.fold(
        None,
        |found, step| if same(&hash(code_at(secret, step).as_bytes()), &shown) { Some(step) } else { found },
    )
}

/// The code of a time step.
pub fn code_at(secret: &[u8], step: i64) -> String {
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    // RFC 4226, 5.3: the last four bits say where to look.
    let at = usize::from(bytes[bytes.len() - 1] & 0x0F);
    let number = bytes[at..at + 4].iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte)) & 0x7FFF_FFFF;
    format!("{:0DIGITS$}", number % 10u32.pow(DIGITS as u32))
}

/// A secret as people type it into an app.
pub fn base32(secret: &[u8]) -> String {
    let bit = |at: usize| secret.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let letters = (secret.len() * 8).div_ceil(5);
    let letter = |at: usize| (0..5).fold(0, |number, offset| number << 1 | bit(at * 5 + offset));
    (0..letters).map(|at| char::from(BASE32[usize::from(letter(at))])).collect()
}

/// The address that apps read, as text or out of a picture.
pub fn url(name: &str, secret: &[u8]) -> String {
    // Names are plain: nothing but `@` could need an encoding.
    let name = name.replace('@', "%40");
    format!("otpauth://totp/Earlybell:{name}?secret={}&issuer=Earlybell", base32(secret))
}

#[cfg(test)]
mod tests {
    use super::{base32, code_at, step_of, url};
    use chrono::DateTime;

    // RFC 6238, appendix B: the last six of its eight digits.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(SECRET, seconds / 30), code, "{seconds}");
        }
    }

    #[test]
    fn a_clock_may_be_off_by_one_step() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(step_of(SECRET, "287 082", at(59)), Some(1));
        assert_eq!(step_of(SECRET, "287082", at(30 * 3 - 1)), Some(1));
        assert_eq!(step_of(SECRET, "287082", at(30 * 3)), None);
        assert_eq!(step_of(SECRET, "287082", at(0)), Some(1));
        for wrong in ["", "28708", "2870820", "287083", "٢٨٧٠٨٢"] {
            assert_eq!(step_of(SECRET, wrong, at(59)), None, "{wrong}");
        }
    }

    #[test]
    fn secrets_are_written_as_apps_read_them() {
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!((base32(b"f"), base32(b"foobar"), base32(b"")), ("MY".into(), "MZXW6YTBOI".into(), String::new()));
        let expected = "otpauth://totp/Earlybell:ada%40x?secret=MY&issuer=Earlybell";
        assert_eq!(url("ada@x", b"f"), expected);
    }
}
