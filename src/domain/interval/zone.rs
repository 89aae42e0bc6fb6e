//! `location`: a time zone by its name.

use crate::nearest::nearest;
use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A time zone of the IANA database, such as `Europe/Berlin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Location(Tz);

impl Location {
    /// Where nothing is said.
    pub const UTC: Self = Self(Tz::UTC);

    /// By its name, exactly as the database spells it.
    pub fn parse(name: &str) -> Result<Self, String> {
        match name {
            // Go's name for none.
            "" => Ok(Self::UTC),
            "Local" => {
                Err("`Local` is another zone on every machine; write its name, for example Europe/Berlin".to_owned())
            }
            _ => name.parse().map(Self).map_err(|_| unknown(name)),
        }
    }

    /// As the database spells it.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What a wall clock there is ahead of UTC, in seconds.
    pub fn ahead(self, at: DateTime<Utc>) -> i64 {
        i64::from(self.0.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc())
    }

    /// What a wall clock there shows.
    pub fn wall(self, at: DateTime<Utc>) -> NaiveDateTime {
        self.0.from_utc_datetime(&at.naive_utc()).naive_local()
    }

    /// When a wall clock there shows this: the first time where it does twice; where it is skipped, as if the clock had not
    /// been put forward.
    pub fn instant(self, wall: NaiveDateTime) -> DateTime<Utc> {
        if let Some(at) = self.0.from_local_datetime(&wall).earliest() {
            return at.to_utc();
        }
        // No clock was ever put forward by more than a day.
        let before = wall.checked_sub_signed(TimeDelta::days(1)).unwrap_or(wall);
        let ahead =
            self.0.offset_from_local_datetime(&before).earliest().map_or(0, |offset| offset.fix().local_minus_utc());
        (wall - TimeDelta::seconds(i64::from(ahead))).and_utc()
    }
}

fn unknown(name: &str) -> String {
    let known: Vec<&str> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
    let meant = nearest(name, &known).map(|near| format!("did you mean `{near}`?"));
    let meant = meant.unwrap_or_else(|| "write for example UTC or Europe/Berlin".to_owned());
    format!("there is no time zone `{name}`; {meant}")
}

impl TryFrom<String> for Location {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::parse(&name)
    }
}

impl From<Location> for String {
    fn from(location: Location) -> Self {
        location.name().to_owned()
    }
}
