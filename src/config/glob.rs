//! Patterns of files: `*` and `?` within a name, as in `rules/*.yml`; relative to the configuration file.

use std::io;
use std::path::{Component, Path, PathBuf};

/// Files that match, in the order of their names. A pattern without `*` and `?` is a file, there or not.
pub fn expand(base: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![if Path::new(pattern).is_absolute() { PathBuf::new() } else { base.to_owned() }];
    for component in Path::new(pattern).components() {
        let name = component.as_os_str().to_string_lossy();
        if matches!(component, Component::Normal(_)) && name.contains(['*', '?']) {
            found = matching(&found, &name)?;
        } else {
            for path in &mut found {
                path.push(component);
            }
        }
    }
    if pattern.contains(['*', '?']) {
        found.retain(|path| path.is_file());
    }
    Ok(found)
}

fn matching(folders: &[PathBuf], pattern: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in folders.iter().filter(|folder| folder.is_dir() || folder.as_os_str().is_empty()) {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        for entry in here.read_dir()? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') && matches_name(pattern, &name) {
                found.push(folder.join(name));
            }
        }
    }
    found.sort();
    Ok(found)
}

// Greedy with one step back to the last star: linear enough, and no recursion for `*a*a*a*b`.
fn matches_name(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                p = star_at + 1;
                n = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::{expand, matches_name};

    #[test]
    fn names_match_like_in_a_shell() {
        for (pattern, name, expected) in [
            ("*.yml", "a.yml", true),
            ("*.yml", "a.yaml", false),
            ("a?c*", "abc", true),
            ("*a*b", "xaxxb", true),
            ("*a*b", "xaxxbc", false),
            ("", "a", false),
        ] {
            assert_eq!(matches_name(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn patterns_find_files_in_order_and_names_stand_for_themselves() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.yml", "a.yml", "c.txt", ".hidden.yml"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("folder.yml")).unwrap();
        let names = |pattern: &str| -> Vec<String> {
            let found = expand(folder.path(), pattern).unwrap();
            found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string()).collect()
        };
        assert_eq!(names("*.yml"), ["a.yml", "b.yml"]);
        assert_eq!(names("missing.yml"), ["missing.yml"]);
        assert_eq!(names("none/*.yml"), [""; 0]);
    }
}
