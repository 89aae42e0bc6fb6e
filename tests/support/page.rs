//! Pages that show what a test saw: between two marks stands what it made of it.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

// Two tests may write one page.
static ALONE: Mutex<()> = Mutex::new(());

/// Fails where a page of `docs` shows something else below this mark; `UPDATE=1` writes it there.
pub fn shows(page: &str, mark: &str, seen: &str) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {mark}: made by the tests -->\n"), format!("<!-- end of {mark} -->\n"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("docs/{page} has no {begin}"));
    let (shown, after) = rest.split_once(&end).unwrap_or_else(|| panic!("docs/{page} has no {end}"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{begin}{seen}{end}{after}")).unwrap();
        return;
    }
    assert!(shown == seen, "docs/{page} shows something else as {mark}; UPDATE=1 writes this there:\n{seen}");
}
