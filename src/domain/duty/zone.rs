//! Time zones as calendars name them: by the IANA name, behind a prefix, as Windows calls them, or by what stands beside.

use crate::interval::Location;

// Of the CLDR's table of Windows zones: those that teams live in.
const WINDOWS: [(&str, &str); 40] = [
    ("AUS Eastern Standard Time", "Australia/Sydney"),
    ("Arabian Standard Time", "Asia/Dubai"),
    ("Argentina Standard Time", "America/Buenos_Aires"),
    ("Atlantic Standard Time", "America/Halifax"),
    ("Canada Central Standard Time", "America/Regina"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("Central Standard Time", "America/Chicago"),
    ("Central Standard Time (Mexico)", "America/Mexico_City"),
    ("China Standard Time", "Asia/Shanghai"),
    ("E. Africa Standard Time", "Africa/Nairobi"),
    ("E. Australia Standard Time", "Australia/Brisbane"),
    ("E. Europe Standard Time", "Europe/Chisinau"),
    ("E. South America Standard Time", "America/Sao_Paulo"),
    ("Eastern Standard Time", "America/New_York"),
    ("Egypt Standard Time", "Africa/Cairo"),
    ("FLE Standard Time", "Europe/Kiev"),
    ("GMT Standard Time", "Europe/London"),
    ("GTB Standard Time", "Europe/Bucharest"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("India Standard Time", "Asia/Calcutta"),
    ("Israel Standard Time", "Asia/Jerusalem"),
    ("Korea Standard Time", "Asia/Seoul"),
    ("Mountain Standard Time", "America/Denver"),
    ("New Zealand Standard Time", "Pacific/Auckland"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("Pakistan Standard Time", "Asia/Karachi"),
    ("Romance Standard Time", "Europe/Paris"),
    ("Russian Standard Time", "Europe/Moscow"),
    ("SA Pacific Standard Time", "America/Bogota"),
    ("SE Asia Standard Time", "Asia/Bangkok"),
    ("Singapore Standard Time", "Asia/Singapore"),
    ("South Africa Standard Time", "Africa/Johannesburg"),
    ("Taipei Standard Time", "Asia/Taipei"),
    ("Tokyo Standard Time", "Asia/Tokyo"),
    ("Turkey Standard Time", "Europe/Istanbul"),
    ("US Mountain Standard Time", "America/Phoenix"),
    ("UTC", "UTC"),
    ("W. Australia Standard Time", "Australia/Perth"),
    ("W. Europe Standard Time", "Europe/Berlin"),
];

/// The zone of this name.
pub fn location(name: &str) -> Option<Location> {
    let name = name.trim();
    let known = |name: &str| Location::parse(name).ok().filter(|_| !name.is_empty());
    let windows = || WINDOWS.iter().find(|(windows, _)| *windows == name).and_then(|(_, zone)| known(zone));
    known(name).or_else(windows).or_else(|| behind_a_prefix(name, &known))
}

// `/freeassociation.sourceforge.net/Europe/Berlin`, `/mozilla.org/20050126_1/America/Argentina/Ushuaia`.
fn behind_a_prefix(name: &str, known: &impl Fn(&str) -> Option<Location>) -> Option<Location> {
    let name = name.strip_prefix('/')?;
    name.match_indices('/').take(8).find_map(|(at, _)| known(&name[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_many_names() {
        let name = |text: &str| location(text).map(Location::name);
        assert_eq!(name("Europe/Berlin"), Some("Europe/Berlin"));
        assert_eq!(name("W. Europe Standard Time"), Some("Europe/Berlin"));
        assert_eq!(name("/freeassociation.sourceforge.net/Europe/Berlin"), Some("Europe/Berlin"));
        assert_eq!(name("/mozilla.org/20050126_1/America/Argentina/Ushuaia"), Some("America/Argentina/Ushuaia"));
        for none in ["", "Local", "Mars/Olympus", "/", "////////////////////UTC"] {
            assert_eq!(name(none), None, "{none}");
        }
    }

    #[test]
    fn the_table_names_zones_that_exist() {
        for (windows, _) in WINDOWS {
            assert!(location(windows).is_some(), "{windows}");
        }
    }
}
