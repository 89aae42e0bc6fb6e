//! Where somebody goes after signing in: a path of ours, never another site.

/// Longest path, in bytes.
const BYTES_MAX: usize = 500;

/// A path on this server, with its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// Takes a path of ours; anything else is the first page. Browsers read `//`, `/\` and control characters in their
    /// own ways, and some of those lead elsewhere.
    pub fn parse(text: &str) -> Self {
        let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        let local = text.starts_with('/') && !text.starts_with("//") && text.bytes().all(plain);
        Self(if local && text.len() <= BYTES_MAX { text.to_owned() } else { "/".to_owned() })
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a query for the page to sign in on, with its `?`; nothing for the first page.
    pub fn query(&self) -> String {
        if self.0 == "/" {
            return String::new();
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        format!("?next={}", self.0.bytes().map(encode).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::LocalPath;

    #[test]
    fn leads_to_paths_of_ours_only() {
        for path in ["/", "/incidents/42", "/rules?labels=%7Ba%3D%22b%22%7D", "/rules/a//b"] {
            assert_eq!(LocalPath::parse(path).as_str(), path);
        }
        for elsewhere in [
            "",
            "incidents",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: x",
            "/ä",
            &format!("/{}", "a".repeat(500)),
        ] {
            assert_eq!(LocalPath::parse(elsewhere).as_str(), "/", "{elsewhere:?}");
        }
        assert_eq!(LocalPath::parse("/rules?a=b&c").query(), "?next=/rules%3Fa%3Db%26c");
        assert_eq!(LocalPath::parse("/").query(), "");
    }
}
