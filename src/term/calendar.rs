//! Inline dates and times: proleptic Gregorian, years 0001 to 9999, canonical forms only.

use super::id::{Id, Tag};
use std::fmt::Write;

const MS_PER_DAY: i64 = 86_400_000;
/// Time zone codes: quarter hours from -14:00, and one for `Z`.
const ZONE_ZERO: i64 = 56;
const ZONE_Z: u64 = 113;
const ZONE_BITS: u32 = 7;

/// Reads fixed-width decimal fields from the front of a text.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (field, rest) = self.0.split_at_checked(digits)?;
        let mut value = 0;
        for &byte in field {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + i64::from(digit);
        }
        self.0 = rest;
        Some(value)
    }

    fn expect(&mut self, text: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// Year, month, day as days since 0001-01-01.
    fn days(&mut self) -> Option<i64> {
        let year = self.number(4)?;
        self.expect(b"-")?;
        let month = self.number(2)?;
        self.expect(b"-")?;
        let day = self.number(2)?;
        let valid =
            year >= 1 && (1..=12).contains(&month) && day >= 1 && day <= month_days(year, month);
        valid.then(|| days_from_date(year, month, day))
    }

    /// Milliseconds of the day, and the digits after the point.
    fn time(&mut self) -> Option<(i64, u64)> {
        let hour = self.number(2)?;
        self.expect(b":")?;
        let minute = self.number(2)?;
        self.expect(b":")?;
        let second = self.number(2)?;
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let mut ms = 0;
        let mut digits = 0;
        if self.expect(b".").is_some() {
            digits = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
            if !(1..=3).contains(&digits) {
                return None;
            }
            ms = self.number(digits)? * [100, 10, 1][digits - 1];
        }
        Some((
            ((hour * 60 + minute) * 60 + second) * 1000 + ms,
            digits as u64,
        ))
    }

    /// The zone's code and its offset in minutes; `None` without or with a zone that is not inlined.
    fn zone(&mut self) -> Option<(u64, i64)> {
        if self.0 == b"Z" {
            return Some((ZONE_Z, 0));
        }
        let negative = match self.0.first()? {
            b'+' => false,
            b'-' => true,
            _ => return None,
        };
        self.0 = &self.0[1..];
        let hours = self.number(2)?;
        self.expect(b":")?;
        let minutes = self.number(2)?;
        let offset = hours * 60 + minutes;
        let valid = self.0.is_empty()
            && minutes % 15 == 0
            && minutes < 60
            && offset <= 14 * 60
            && !(negative && offset == 0);
        let offset = if negative { -offset } else { offset };
        valid.then_some(((offset / 15 + ZONE_ZERO) as u64, offset))
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days before the month in a year that is not a leap year.
const BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

fn days_before_year(year: i64) -> i64 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

fn days_from_date(year: i64, month: i64, day: i64) -> i64 {
    let leap = i64::from(month > 2 && is_leap(year));
    days_before_year(year) + BEFORE_MONTH[(month - 1) as usize] + leap + day - 1
}

/// Year, month, day of a day number.
fn date_from_days(days: i64) -> (i64, i64, i64) {
    let mut year = days * 400 / 146_097 + 1;
    while days_before_year(year) > days {
        year -= 1;
    }
    while days_before_year(year + 1) <= days {
        year += 1;
    }
    let mut rest = days - days_before_year(year);
    let mut month = 1;
    while rest >= month_days(year, month) {
        rest -= month_days(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

fn zone_offset(code: u64) -> i64 {
    match code {
        ZONE_Z => 0,
        _ => (code as i64 - ZONE_ZERO) * 15,
    }
}

// Writing to a String cannot fail: the results of `write!` below carry nothing.

fn write_zone(code: u64, out: &mut String) {
    if code == ZONE_Z {
        out.push('Z');
        return;
    }
    let offset = zone_offset(code);
    let sign = if offset < 0 { '-' } else { '+' };
    let _ = write!(
        out,
        "{sign}{:02}:{:02}",
        offset.abs() / 60,
        offset.abs() % 60
    );
}

fn write_days(days: i64, out: &mut String) {
    let (year, month, day) = date_from_days(days);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
}

fn write_time(ms: i64, digits: u64, out: &mut String) {
    let seconds = ms / 1000;
    let _ = write!(
        out,
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    let fraction = ms % 1000;
    let _ = match digits {
        1 => write!(out, ".{}", fraction / 100),
        2 => write!(out, ".{:02}", fraction / 10),
        3 => write!(out, ".{fraction:03}"),
        _ => Ok(()),
    };
}

/// Milliseconds since 0001-01-01 (of the UTC instant, one day up, where there is a zone), digits after the
/// point (2 bits), zone (7 bits).
pub(super) fn encode_date_time(lexical: &str) -> Option<Id> {
    let mut fields = Fields(lexical.as_bytes());
    let days = fields.days()?;
    fields.expect(b"T")?;
    let (time, digits) = fields.time()?;
    let ms = days * MS_PER_DAY + time;
    if fields.0.is_empty() {
        return Some(Id::new(Tag::DateTime, (ms as u64) << 2 | digits));
    }
    let (zone, offset) = fields.zone()?;
    let instant = (ms + MS_PER_DAY - offset * 60_000) as u64;
    // 47 bits reach to the year 4460.
    (instant < 1 << 47).then(|| {
        Id::new(
            Tag::DateTimeZoned,
            (instant << 2 | digits) << ZONE_BITS | zone,
        )
    })
}

/// Milliseconds since 0001-01-01T00:00:00, of the UTC instant where there is a zone.
pub(super) fn date_time_ms(id: Id) -> i64 {
    match id.tag() {
        Some(Tag::DateTimeZoned) => (id.payload() >> (ZONE_BITS + 2)) as i64 - MS_PER_DAY,
        _ => (id.payload() >> 2) as i64,
    }
}

pub(super) fn decode_date_time(id: Id, out: &mut String) {
    let zoned = id.tag() == Some(Tag::DateTimeZoned);
    let mut ms = date_time_ms(id);
    let payload = id.payload();
    let (digits, zone) = match zoned {
        true => (
            payload >> ZONE_BITS & 3,
            Some(payload & ((1 << ZONE_BITS) - 1)),
        ),
        false => (payload & 3, None),
    };
    ms += zone.map_or(0, zone_offset) * 60_000;
    write_days(ms.div_euclid(MS_PER_DAY), out);
    out.push('T');
    write_time(ms.rem_euclid(MS_PER_DAY), digits, out);
    if let Some(zone) = zone {
        write_zone(zone, out);
    }
}

/// Days since 0001-01-01; with a zone minutes of the UTC instant at which the day begins, one day up, and the
/// zone.
pub(super) fn encode_date(lexical: &str) -> Option<Id> {
    let mut fields = Fields(lexical.as_bytes());
    let days = fields.days()?;
    if fields.0.is_empty() {
        return Some(Id::new(Tag::Date, days as u64));
    }
    let (zone, offset) = fields.zone()?;
    let minutes = ((days + 1) * 1440 - offset) as u64;
    Some(Id::new(Tag::DateZoned, minutes << ZONE_BITS | zone))
}

pub(super) fn decode_date(id: Id, out: &mut String) {
    if id.tag() == Some(Tag::Date) {
        return write_days(id.payload() as i64, out);
    }
    let zone = id.payload() & ((1 << ZONE_BITS) - 1);
    let minutes = (id.payload() >> ZONE_BITS) as i64 + zone_offset(zone);
    write_days(minutes.div_euclid(1440) - 1, out);
    write_zone(zone, out);
}

/// Times and parts of dates without a zone.
pub(super) fn encode_part(lexical: &str, tag: Tag) -> Option<Id> {
    let mut fields = Fields(lexical.as_bytes());
    let payload = match tag {
        Tag::Time => {
            let (ms, digits) = fields.time()?;
            (ms as u64) << 2 | digits
        }
        Tag::Year => fields.number(4).filter(|&year| year > 0)? as u64,
        Tag::YearMonth => {
            let year = fields.number(4).filter(|&year| year > 0)?;
            fields.expect(b"-")?;
            let month = fields.number(2).filter(|month| (1..=12).contains(month))?;
            (year * 12 + month - 1) as u64
        }
        Tag::Month => {
            fields.expect(b"--")?;
            fields.number(2).filter(|month| (1..=12).contains(month))? as u64
        }
        Tag::Day => {
            fields.expect(b"---")?;
            fields.number(2).filter(|day| (1..=31).contains(day))? as u64
        }
        Tag::MonthDay => {
            fields.expect(b"--")?;
            let month = fields.number(2).filter(|month| (1..=12).contains(month))?;
            fields.expect(b"-")?;
            // A leap year has the most days.
            let day = fields
                .number(2)
                .filter(|&day| day >= 1 && day <= month_days(2000, month))?;
            (month * 32 + day) as u64
        }
        _ => return None,
    };
    fields.0.is_empty().then(|| Id::new(tag, payload))
}

pub(super) fn decode_part(id: Id, out: &mut String) {
    let value = id.payload();
    let _ = match id.tag() {
        Some(Tag::Time) => {
            write_time((value >> 2) as i64, value & 3, out);
            Ok(())
        }
        Some(Tag::Year) => write!(out, "{value:04}"),
        Some(Tag::YearMonth) => write!(out, "{:04}-{:02}", value / 12, value % 12 + 1),
        Some(Tag::Month) => write!(out, "--{value:02}"),
        Some(Tag::Day) => write!(out, "---{value:02}"),
        Some(Tag::MonthDay) => write!(out, "--{:02}-{:02}", value / 32, value % 32),
        _ => Ok(()),
    };
}
