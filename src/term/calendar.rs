//! The proleptic Gregorian calendar, and reading the fields of XSD dates and times.
//!
//! The timeline is that of XSD 1.1 (§ E.3.1): days are counted from 0001-01-01, a year 0000 exists.

/// Minutes of a day.
pub const DAY_MINUTES: i64 = 24 * 60;
/// Milliseconds of a day.
pub const DAY_MS: i64 = DAY_MINUTES * 60_000;

/// Days from 0001-01-01 to a date.
#[inline]
pub const fn days_of(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let days_of_months = (153 * month_from_march + 2) / 5;
    let days_of_years =
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    days_of_years + days_of_months + day - 1 - 306
}

/// The date that is `days` after 0001-01-01: year, month, day.
pub const fn date_of(days: i64) -> (i64, u8, u8) {
    let days = days + 306;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month as u8, day as u8)
}

/// Days of a month; in no particular year, February has 29.
pub const fn days_in_month(year: Option<i64>, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => match year {
            Some(year) if year % 4 != 0 || year % 100 == 0 && year % 400 != 0 => 28,
            _ => 29,
        },
        _ => 31,
    }
}

/// A time zone as an inline id holds it: 0..=112 for -14:00..=+14:00 in quarters of an hour, 113 for "Z".
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Zone(u8);

impl Zone {
    pub const BITS: u32 = 7;
    const UTC_LETTER: u8 = 113;
    const QUARTERS_MAX: i64 = 56;

    pub const fn code(self) -> u64 {
        self.0 as u64
    }

    pub const fn from_code(code: u64) -> Option<Self> {
        if code <= Self::UTC_LETTER as u64 {
            Some(Self(code as u8))
        } else {
            None
        }
    }

    /// Minutes ahead of UTC.
    pub const fn minutes(self) -> i64 {
        if self.0 == Self::UTC_LETTER {
            0
        } else {
            (self.0 as i64 - Self::QUARTERS_MAX) * 15
        }
    }

    /// How it is written.
    pub fn print(self, line: &mut super::line::Line) {
        if self.0 == Self::UTC_LETTER {
            return line.push(b'Z');
        }
        let minutes = self.minutes();
        line.push(if minutes < 0 { b'-' } else { b'+' });
        line.push_two(minutes.unsigned_abs() / 60);
        line.push(b':');
        line.push_two(minutes.unsigned_abs() % 60);
    }
}

/// Reads the fields of a date or time from the front of a text, in the forms that are printed back.
pub struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    #[inline]
    pub fn new(text: &'a str) -> Self {
        Self {
            rest: text.as_bytes(),
        }
    }

    #[inline]
    pub fn expect(&mut self, byte: u8) -> Option<()> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        (first == byte).then_some(())
    }

    #[inline]
    fn digit(byte: u8) -> Option<u8> {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then_some(digit)
    }

    #[inline]
    fn two_digits(&mut self) -> Option<u8> {
        let ([tens, units], rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(Self::digit(*tens)? * 10 + Self::digit(*units)?)
    }

    /// A year of four or five digits, "-" in front of one before 0000.
    #[inline]
    pub fn year(&mut self) -> Option<i64> {
        let negative = self.rest.first() == Some(&b'-');
        if negative {
            self.rest = &self.rest[1..];
        }
        let ([a, b, c, d], rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        let mut year = i64::from(Self::digit(*a)?) * 1000
            + i64::from(Self::digit(*b)?) * 100
            + i64::from(Self::digit(*c)?) * 10
            + i64::from(Self::digit(*d)?);
        if let Some(digit) = self.rest.first().and_then(|&byte| Self::digit(byte)) {
            if *a == b'0' {
                return None;
            }
            self.rest = &self.rest[1..];
            year = year * 10 + i64::from(digit);
        }
        if negative && year == 0 {
            return None;
        }
        Some(if negative { -year } else { year })
    }

    #[inline]
    pub fn month(&mut self) -> Option<u8> {
        self.two_digits().filter(|month| (1..=12).contains(month))
    }

    #[inline]
    pub fn day(&mut self, year: Option<i64>, month: u8) -> Option<u8> {
        self.two_digits()
            .filter(|&day| day >= 1 && day <= days_in_month(year, month))
    }

    /// A time of day as milliseconds, and how many digits its fraction has (0 to 3). 24:00:00 is not
    /// read, since it would be printed as 00:00:00.
    #[inline]
    pub fn time(&mut self) -> Option<(i64, u8)> {
        let hour = self.two_digits().filter(|&hour| hour <= 23)?;
        self.expect(b':')?;
        let minute = self.two_digits().filter(|&minute| minute <= 59)?;
        self.expect(b':')?;
        let second = self.two_digits().filter(|&second| second <= 59)?;
        let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
        let mut ms = 0;
        let mut digits = 0;
        if self.rest.first() == Some(&b'.') {
            self.rest = &self.rest[1..];
            let mut unit = 100;
            while let Some(digit) = self.rest.first().and_then(|&byte| Self::digit(byte)) {
                ms += i64::from(digit) * unit;
                unit /= 10;
                digits += 1;
                self.rest = &self.rest[1..];
                if digits > 3 {
                    return None;
                }
            }
            if digits == 0 {
                return None;
            }
        }
        Some((seconds * 1000 + ms, digits))
    }

    /// The time zone, if any, which ends the text. `None` for anything else that is left.
    #[inline]
    pub fn end(self) -> Option<Option<Zone>> {
        match self.rest {
            [] => Some(None),
            b"Z" => Some(Some(Zone(Zone::UTC_LETTER))),
            [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
                let mut scan = Scan {
                    rest: &self.rest[1..],
                };
                let hours = scan.two_digits()?;
                scan.expect(b':')?;
                let minutes = scan.two_digits().filter(|&minutes| minutes <= 59)?;
                let quarters = i64::from(hours) * 4 + i64::from(minutes) / 15;
                if minutes % 15 != 0 || quarters > Zone::QUARTERS_MAX {
                    return None;
                }
                match (*sign, quarters) {
                    (b'-', 0) => None,
                    (b'-', _) => Some(Some(Zone((Zone::QUARTERS_MAX - quarters) as u8))),
                    _ => Some(Some(Zone((Zone::QUARTERS_MAX + quarters) as u8))),
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        assert_eq!(days_of(1, 1, 1), 0);
        assert_eq!(days_of(1970, 1, 1), 719_162);
        assert_eq!(days_of(0, 12, 31), -1);
        let mut expected = days_of(-801, 1, 1);
        for year in -801..=2400 {
            for month in 1..=12 {
                for day in 1..=days_in_month(Some(year), month) {
                    let days = days_of(year, i64::from(month), i64::from(day));
                    assert_eq!(days, expected);
                    assert_eq!(date_of(days), (year, month, day));
                    expected += 1;
                }
            }
        }
    }

    #[test]
    fn time_zones_that_would_print_otherwise_are_not_read() {
        for (text, minutes) in [("Z", 0), ("+00:00", 0), ("-14:00", -840), ("+05:45", 345)] {
            let zone = Scan::new(text).end().unwrap().unwrap();
            assert_eq!(zone.minutes(), minutes);
            let mut line = super::super::line::Line::new();
            zone.print(&mut line);
            assert_eq!(line.as_str(), text);
            assert_eq!(Zone::from_code(zone.code()), Some(zone));
        }
        for text in [
            "-00:00", "+14:15", "+01:07", "+1:00", "z", "+01:00 ", "+01:60", "00:00",
        ] {
            assert_eq!(Scan::new(text).end(), None, "{text}");
        }
    }
}
