//! Names that nobody knows: which one was meant, or which there are.

use crate::text::clean_line;

// Far-fetched guesses confuse more than a list of what there is.
const LIKENESS_MIN: f64 = 0.8;

// Of a long list nobody finds the one they meant.
const LISTED_MAX: usize = 40;

/// Says that a name is not known, and which one was meant or which there are.
pub fn unknown<S: AsRef<str>>(what: &str, name: &str, known: &[S]) -> String {
    let name = clean_line(name, 80);
    if let Some(near) = nearest(&name, known) {
        return format!("unknown {what} `{name}`; did you mean `{near}`?");
    }
    if known.is_empty() {
        return format!("unknown {what} `{name}`; there are none");
    }
    let list: Vec<&str> = known.iter().map(AsRef::as_ref).take(LISTED_MAX).collect();
    let more = if known.len() > LISTED_MAX { ", …" } else { "" };
    format!("unknown {what} `{name}`; known: {}{more}", list.join(", "))
}

/// The known name that is most like this one, if one is like it.
pub fn nearest<'a, S: AsRef<str>>(name: &str, known: &'a [S]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let likeness = |candidate: &str| strsim::jaro_winkler(&name, &candidate.to_lowercase());
    known
        .iter()
        .map(|candidate| (likeness(candidate.as_ref()), candidate.as_ref()))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::unknown;

    #[test]
    fn names_the_nearest_or_all() {
        let known = ["office-hours", "maintenance"];
        assert_eq!(
            unknown("receiver", "Maintenence", &known),
            "unknown receiver `Maintenence`; did you mean `maintenance`?"
        );
        assert_eq!(unknown("receiver", "x", &known), "unknown receiver `x`; known: office-hours, maintenance");
        assert_eq!(unknown::<&str>("receiver", "x", &[]), "unknown receiver `x`; there are none");
        let many: Vec<String> = (0..60).map(|at| format!("number {at}")).collect();
        assert!(unknown("receiver", "x", &many).ends_with("number 39, …"));
    }
}
