//! Days as BSBM writes them.

use crate::bench::random::Random;
use std::fmt;

/// A day, counted from 1970-01-01; written as an xsd:date.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::bench) struct Day(pub u64);

/// The day on which queries are asked. Offers and reviews are no younger.
pub(in crate::bench) const TODAY: Day = day(2008, 6, 20);

/// A day of the Gregorian calendar, from 1970 on.
pub(super) const fn day(year: u64, month: u64, day: u64) -> Day {
    // Years begin in March, so that the day that is sometimes missing is the last of a year.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days_of_months = (153 * month + 2) / 5;
    Day(year * 365 + year / 4 - year / 100 + year / 400 + days_of_months + day - 1 - 719_468)
}

impl Day {
    /// A day from `first` on and before `end`.
    pub fn between(first: Day, end: Day, random: &mut Random) -> Self {
        Self(first.0 + random.below((end.0 - first.0).max(1)))
    }

    pub fn before(self, days: u64) -> Self {
        Self(self.0 - days)
    }

    pub fn after(self, days: u64) -> Self {
        Self(self.0 + days)
    }

    fn calendar(self) -> (u64, u64, u64) {
        // Hinnant: chrono-compatible low-level date algorithms.
        let days = self.0 + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let year = era * 400 + year;
        if month < 10 {
            (year, month + 3, day)
        } else {
            (year + 1, month - 9, day)
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.calendar();
        let mut text = *b"0000-00-00";
        let mut rest = year;
        for place in (0..4).rev() {
            text[place] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        for (place, number) in [(5, month), (8, day)] {
            text[place] = b'0' + (number / 10) as u8;
            text[place + 1] = b'0' + (number % 10) as u8;
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_the_calendar_has_them() {
        assert_eq!(day(1970, 1, 1), Day(0));
        assert_eq!(TODAY, Day(14_050));
        let days = [
            day(2000, 2, 29),
            day(2000, 2, 29).after(1),
            day(2007, 12, 31),
            TODAY,
        ];
        assert_eq!(
            days.map(|day| day.to_string()),
            ["2000-02-29", "2000-03-01", "2007-12-31", "2008-06-20"]
        );
    }
}
