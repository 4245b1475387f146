//! Inline dates and times: text to payload and back, and their place on the timeline.
//!
//! Each datatype has two kinds. A zoned payload begins with the instant in UTC, so that it compares like
//! the value, and ends with the zone; a local one begins with the local time. Dates stand for their first
//! instant, years and months for their last day, and recurring ones are placed in 1972, as
//! `oxsdatatypes` does (XSD 1.1 § E.3.2).

use super::calendar::{DAY_MINUTES, DAY_MS, Scan, Zone, date_of, days_in_month, days_of};
use super::line::Line;
use super::{Datatype, Id, Tag};

/// First instant of a zoned `xsd:dateTime`; with 47 bits of milliseconds the last is in 3459.
const ZONED_ORIGIN_MS: i64 = days_of(-1000, 1, 1) * DAY_MS;
const ZONED_MS_BITS: u32 = 47;
/// Added to the milliseconds of a local `xsd:dateTime`.
const LOCAL_MS_BIAS: i64 = 1 << 52;
/// Added to the minutes of any other zoned kind.
const MINUTES_BIAS: i64 = 1 << 40;
/// Added to the days, months or years of a local kind that can be before the year 1.
const UNITS_BIAS: i64 = 1 << 31;
/// Added to the milliseconds of a zoned `xsd:time`, which is as early as -14:00.
const TIME_BIAS_MS: i64 = 14 * 60 * 60_000;
/// Bits that count the digits of the fraction of a second.
const DIGITS_BITS: u32 = 2;
/// The year in which recurring dates are placed; it has a leap day.
const REFERENCE_YEAR: i64 = 1972;

/// A date or time of any of the datatypes. Fields that a datatype lacks have the value that places it on
/// the timeline.
#[derive(Clone, Copy)]
struct Fields {
    year: i64,
    month: u8,
    day: u8,
    ms_of_day: i64,
    fraction_digits: u8,
    zone: Option<Zone>,
}

impl Fields {
    fn date(year: i64, month: u8, day: u8) -> Self {
        Self {
            year,
            month,
            day,
            ms_of_day: 0,
            fraction_digits: 0,
            zone: None,
        }
    }

    fn days(&self) -> i64 {
        days_of(self.year, i64::from(self.month), i64::from(self.day))
    }

    /// Milliseconds on the timeline, in UTC if there is a zone.
    fn timeline_ms(&self) -> i64 {
        let zone = self.zone.map_or(0, Zone::minutes);
        self.days() * DAY_MS + self.ms_of_day - zone * 60_000
    }
}

/// The kind of a datatype's literals without a zone; the kind with one is the next.
const fn local_tag(datatype: Datatype) -> Option<Tag> {
    Some(match datatype {
        Datatype::DateTime => Tag::DateTimeLocal,
        Datatype::Date => Tag::DateLocal,
        Datatype::Time => Tag::TimeLocal,
        Datatype::GYear => Tag::GYearLocal,
        Datatype::GYearMonth => Tag::GYearMonthLocal,
        Datatype::GMonth => Tag::GMonthLocal,
        Datatype::GMonthDay => Tag::GMonthDayLocal,
        Datatype::GDay => Tag::GDayLocal,
        _ => return None,
    })
}

/// The datatype of an inline temporal kind.
pub const fn datatype_of(tag: Tag) -> Option<Datatype> {
    Some(match tag {
        Tag::DateTimeLocal | Tag::DateTimeZoned => Datatype::DateTime,
        Tag::DateLocal | Tag::DateZoned => Datatype::Date,
        Tag::TimeLocal | Tag::TimeZoned => Datatype::Time,
        Tag::GYearLocal | Tag::GYearZoned => Datatype::GYear,
        Tag::GYearMonthLocal | Tag::GYearMonthZoned => Datatype::GYearMonth,
        Tag::GMonthLocal | Tag::GMonthZoned => Datatype::GMonth,
        Tag::GMonthDayLocal | Tag::GMonthDayZoned => Datatype::GMonthDay,
        Tag::GDayLocal | Tag::GDayZoned => Datatype::GDay,
        _ => return None,
    })
}

#[inline]
fn parse(datatype: Datatype, text: &str) -> Option<Fields> {
    let mut scan = Scan::new(text);
    let mut fields = match datatype {
        Datatype::DateTime | Datatype::Date => {
            let year = scan.year()?;
            scan.expect(b'-')?;
            let month = scan.month()?;
            scan.expect(b'-')?;
            let day = scan.day(Some(year), month)?;
            let mut fields = Fields::date(year, month, day);
            if datatype == Datatype::DateTime {
                scan.expect(b'T')?;
                (fields.ms_of_day, fields.fraction_digits) = scan.time()?;
            }
            fields
        }
        Datatype::Time => {
            let mut fields = Fields::date(REFERENCE_YEAR, 12, 31);
            (fields.ms_of_day, fields.fraction_digits) = scan.time()?;
            fields
        }
        Datatype::GYear => Fields::date(scan.year()?, 12, 31),
        Datatype::GYearMonth => {
            let year = scan.year()?;
            scan.expect(b'-')?;
            let month = scan.month()?;
            Fields::date(year, month, days_in_month(Some(year), month))
        }
        _ => {
            scan.expect(b'-')?;
            scan.expect(b'-')?;
            match datatype {
                Datatype::GMonth => {
                    let month = scan.month()?;
                    Fields::date(REFERENCE_YEAR, month, days_in_month(None, month))
                }
                Datatype::GMonthDay => {
                    let month = scan.month()?;
                    scan.expect(b'-')?;
                    let day = scan.day(None, month)?;
                    Fields::date(REFERENCE_YEAR, month, day)
                }
                _ => {
                    scan.expect(b'-')?;
                    Fields::date(REFERENCE_YEAR, 12, scan.day(None, 12)?)
                }
            }
        }
    };
    fields.zone = scan.end()?;
    Some(fields)
}

/// The id of a date or time of one of the eight inline datatypes, if it prints back identically.
#[inline]
pub fn encode(datatype: Datatype, text: &str) -> Option<Id> {
    let local = local_tag(datatype)?;
    let fields = parse(datatype, text)?;
    let digits = u64::from(fields.fraction_digits);
    let Some(zone) = fields.zone else {
        let payload = match local {
            Tag::DateTimeLocal => {
                ((fields.timeline_ms() + LOCAL_MS_BIAS) as u64) << DIGITS_BITS | digits
            }
            Tag::TimeLocal => (fields.ms_of_day as u64) << DIGITS_BITS | digits,
            Tag::DateLocal => (fields.days() + UNITS_BIAS) as u64,
            Tag::GYearLocal => (fields.year + UNITS_BIAS) as u64,
            Tag::GYearMonthLocal => {
                (fields.year * 12 + i64::from(fields.month) - 1 + UNITS_BIAS) as u64
            }
            Tag::GMonthLocal => u64::from(fields.month),
            Tag::GMonthDayLocal => u64::from(fields.month) << 5 | u64::from(fields.day),
            _ => u64::from(fields.day),
        };
        return Some(Id::new(local, payload));
    };
    let zoned = Tag::from_byte(local.byte() + 1)?;
    let payload = match zoned {
        Tag::DateTimeZoned => {
            let ms = u64::try_from(fields.timeline_ms() - ZONED_ORIGIN_MS).ok()?;
            if ms >> ZONED_MS_BITS != 0 {
                return None;
            }
            (ms << Zone::BITS | zone.code()) << DIGITS_BITS | digits
        }
        Tag::TimeZoned => {
            let ms = (fields.ms_of_day - zone.minutes() * 60_000 + TIME_BIAS_MS) as u64;
            (ms << Zone::BITS | zone.code()) << DIGITS_BITS | digits
        }
        _ => {
            let minutes = fields.days() * DAY_MINUTES - zone.minutes() + MINUTES_BIAS;
            (minutes as u64) << Zone::BITS | zone.code()
        }
    };
    Some(Id::new(zoned, payload))
}

/// Largest distance, in days, of an inline date from 0001-01-01, with a margin.
const DAYS_MAX: i64 = 100_001 * 366;

fn unpack(tag: Tag, payload: u64) -> Option<Fields> {
    let digits = (payload & 3) as u8;
    let fields = match tag {
        Tag::DateTimeLocal => at_ms(
            ((payload >> DIGITS_BITS) as i64) - LOCAL_MS_BIAS,
            digits,
            None,
        )?,
        Tag::DateTimeZoned => {
            let zone = Zone::from_code(payload >> DIGITS_BITS & 0x7F)?;
            let utc = (payload >> (DIGITS_BITS + Zone::BITS)) as i64 + ZONED_ORIGIN_MS;
            at_ms(utc + zone.minutes() * 60_000, digits, Some(zone))?
        }
        Tag::TimeLocal => time((payload >> DIGITS_BITS) as i64, digits, None)?,
        Tag::TimeZoned => {
            let zone = Zone::from_code(payload >> DIGITS_BITS & 0x7F)?;
            let utc = (payload >> (DIGITS_BITS + Zone::BITS)) as i64 - TIME_BIAS_MS;
            time(utc + zone.minutes() * 60_000, digits, Some(zone))?
        }
        Tag::DateLocal => at_day(payload as i64 - UNITS_BIAS)?,
        Tag::GYearLocal => year_end(payload as i64 - UNITS_BIAS),
        Tag::GYearMonthLocal => {
            let months = payload as i64 - UNITS_BIAS;
            let year = months.div_euclid(12);
            let month = months.rem_euclid(12) as u8 + 1;
            Fields::date(year, month, days_in_month(Some(year), month))
        }
        Tag::GMonthLocal => {
            let month = u8::try_from(payload)
                .ok()
                .filter(|month| (1..=12).contains(month))?;
            Fields::date(REFERENCE_YEAR, month, days_in_month(None, month))
        }
        Tag::GMonthDayLocal => {
            let month = u8::try_from(payload >> 5)
                .ok()
                .filter(|month| (1..=12).contains(month))?;
            let day = (payload & 31) as u8;
            (1..=days_in_month(None, month))
                .contains(&day)
                .then(|| Fields::date(REFERENCE_YEAR, month, day))?
        }
        Tag::GDayLocal => {
            let day = u8::try_from(payload)
                .ok()
                .filter(|day| (1..=31).contains(day))?;
            Fields::date(REFERENCE_YEAR, 12, day)
        }
        _ => {
            let zone = Zone::from_code(payload & 0x7F)?;
            let minutes = (payload >> Zone::BITS) as i64 - MINUTES_BIAS + zone.minutes();
            if minutes.rem_euclid(DAY_MINUTES) != 0 {
                return None;
            }
            let mut fields = at_day(minutes.div_euclid(DAY_MINUTES))?;
            fields.zone = Some(zone);
            fields
        }
    };
    ((-99_999..=99_999).contains(&fields.year) && is_canonical(tag, &fields)).then_some(fields)
}

/// Whether the fields that are not printed have the values that encoding gives them.
fn is_canonical(tag: Tag, fields: &Fields) -> bool {
    let last_day = fields.day == days_in_month(Some(fields.year), fields.month);
    match tag {
        Tag::DateTimeLocal | Tag::DateTimeZoned | Tag::TimeLocal | Tag::TimeZoned => {
            fields.ms_of_day % [1000, 100, 10, 1][usize::from(fields.fraction_digits & 3)] == 0
        }
        Tag::GYearZoned => fields.month == 12 && last_day,
        Tag::GYearMonthZoned => last_day,
        Tag::GMonthZoned => fields.year == REFERENCE_YEAR && last_day,
        Tag::GMonthDayZoned => fields.year == REFERENCE_YEAR,
        Tag::GDayZoned => fields.year == REFERENCE_YEAR && fields.month == 12,
        _ => true,
    }
}

fn year_end(year: i64) -> Fields {
    Fields::date(year, 12, 31)
}

fn at_day(days: i64) -> Option<Fields> {
    if days.abs() > DAYS_MAX {
        return None;
    }
    let (year, month, day) = date_of(days);
    Some(Fields::date(year, month, day))
}

fn at_ms(ms: i64, fraction_digits: u8, zone: Option<Zone>) -> Option<Fields> {
    let mut fields = at_day(ms.div_euclid(DAY_MS))?;
    fields.ms_of_day = ms.rem_euclid(DAY_MS);
    fields.fraction_digits = fraction_digits;
    fields.zone = zone;
    Some(fields)
}

fn time(ms_of_day: i64, fraction_digits: u8, zone: Option<Zone>) -> Option<Fields> {
    let mut fields = year_end(REFERENCE_YEAR);
    fields.ms_of_day = ms_of_day;
    fields.fraction_digits = fraction_digits;
    fields.zone = zone;
    (0..DAY_MS).contains(&ms_of_day).then_some(fields)
}

/// Prints an inline date or time; `None` if none has this payload.
pub fn print(tag: Tag, payload: u64, line: &mut Line) -> Option<()> {
    let fields = unpack(tag, payload)?;
    let datatype = datatype_of(tag)?;
    match datatype {
        Datatype::DateTime | Datatype::Date => {
            print_year(fields.year, line);
            line.push(b'-');
            line.push_two(u64::from(fields.month));
            line.push(b'-');
            line.push_two(u64::from(fields.day));
            if datatype == Datatype::DateTime {
                line.push(b'T');
                print_time(&fields, line);
            }
        }
        Datatype::Time => print_time(&fields, line),
        Datatype::GYear => print_year(fields.year, line),
        Datatype::GYearMonth => {
            print_year(fields.year, line);
            line.push(b'-');
            line.push_two(u64::from(fields.month));
        }
        Datatype::GMonth => {
            line.push_all(b"--");
            line.push_two(u64::from(fields.month));
        }
        Datatype::GMonthDay => {
            line.push_all(b"--");
            line.push_two(u64::from(fields.month));
            line.push(b'-');
            line.push_two(u64::from(fields.day));
        }
        _ => {
            line.push_all(b"---");
            line.push_two(u64::from(fields.day));
        }
    }
    if let Some(zone) = fields.zone {
        zone.print(line);
    }
    Some(())
}

fn print_year(year: i64, line: &mut Line) {
    if year < 0 {
        line.push(b'-');
    }
    line.push_number(year.unsigned_abs(), 4);
}

fn print_time(fields: &Fields, line: &mut Line) {
    let ms = fields.ms_of_day as u64;
    line.push_two(ms / 3_600_000);
    line.push(b':');
    line.push_two(ms / 60_000 % 60);
    line.push(b':');
    line.push_two(ms / 1000 % 60);
    let fraction = ms % 1000;
    match fields.fraction_digits {
        0 => return,
        _ => line.push(b'.'),
    }
    match fields.fraction_digits {
        1 => line.push_number(fraction / 100, 1),
        2 => line.push_two(fraction / 10),
        _ => line.push_number(fraction, 3),
    }
}

/// Where an inline date or time lies: milliseconds from 0001-01-01T00:00:00, in UTC if it has a zone,
/// and the zone in minutes. `None` if none has this payload.
pub fn timeline(tag: Tag, payload: u64) -> Option<(i64, Option<i64>)> {
    let fields = unpack(tag, payload)?;
    Some((fields.timeline_ms(), fields.zone.map(Zone::minutes)))
}

/// The part of a temporal payload that compares like the value: without zone and digits.
#[inline]
pub const fn payload_order(tag: Tag, payload: u64) -> u64 {
    match tag {
        Tag::DateTimeLocal | Tag::TimeLocal => payload >> DIGITS_BITS,
        Tag::DateTimeZoned | Tag::TimeZoned => payload >> (DIGITS_BITS + Zone::BITS),
        _ if tag.is_zoned() => payload >> Zone::BITS,
        _ => payload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(datatype: Datatype, text: &str) -> Option<String> {
        let id = encode(datatype, text)?;
        let mut line = Line::new();
        print(id.tag().unwrap(), id.payload(), &mut line).unwrap();
        Some(line.as_str().to_owned())
    }

    #[test]
    fn dates_and_times_print_as_they_were_written() {
        for (datatype, text) in [
            (Datatype::DateTime, "2024-02-29T23:59:59"),
            (Datatype::DateTime, "2024-02-29T23:59:59.5"),
            (Datatype::DateTime, "2024-02-29T23:59:59.500Z"),
            (Datatype::DateTime, "-0044-03-15T12:00:00Z"),
            (Datatype::DateTime, "-9999-01-01T00:00:00.001"),
            (Datatype::DateTime, "0000-01-01T00:00:00+14:00"),
            (Datatype::DateTime, "3458-12-31T23:59:59.99-14:00"),
            (Datatype::Date, "2000-07-04"),
            (Datatype::Date, "-10000-07-04-05:00"),
            (Datatype::Date, "99999-12-31Z"),
            (Datatype::Time, "00:00:00"),
            (Datatype::Time, "23:59:59.999-14:00"),
            (Datatype::Time, "00:00:00+14:00"),
            (Datatype::GYear, "2008"),
            (Datatype::GYear, "-0001Z"),
            (Datatype::GYearMonth, "2008-02"),
            (Datatype::GYearMonth, "2008-02+01:00"),
            (Datatype::GMonth, "--02"),
            (Datatype::GMonth, "--12-05:30"),
            (Datatype::GMonthDay, "--02-29"),
            (Datatype::GMonthDay, "--02-29Z"),
            (Datatype::GDay, "---31"),
            (Datatype::GDay, "---01+00:00"),
        ] {
            assert_eq!(round_trip(datatype, text).expect(text), text);
        }
    }

    #[test]
    fn other_dates_and_times_are_left_to_the_dictionary() {
        for (datatype, text) in [
            (Datatype::DateTime, ""),
            (Datatype::DateTime, "2024-02-30T00:00:00"),
            (Datatype::DateTime, "2024-01-01T24:00:00"),
            (Datatype::DateTime, "2024-01-01T00:00:60"),
            (Datatype::DateTime, "2024-01-01T00:00:00.1234"),
            (Datatype::DateTime, "2024-01-01T00:00:00."),
            (Datatype::DateTime, "2024-01-01 00:00:00"),
            (Datatype::DateTime, "2024-01-01T00:00:00-00:00"),
            (Datatype::DateTime, "2024-01-01T00:00:00+05:53"),
            (Datatype::DateTime, "3460-01-01T00:00:00Z"),
            (Datatype::DateTime, "-1001-12-31T00:00:00Z"),
            (Datatype::Date, "2023-02-29"),
            (Datatype::Date, "02023-01-01"),
            (Datatype::Date, "-0000-01-01"),
            (Datatype::Date, "123456-01-01"),
            (Datatype::Date, "2024-1-1"),
            (Datatype::GMonthDay, "--02-30"),
            (Datatype::GDay, "---32"),
            (Datatype::GMonth, "--13"),
            (Datatype::GYear, "208"),
            (Datatype::Duration, "P1D"),
            (Datatype::DateTimeStamp, "2024-01-01T00:00:00Z"),
        ] {
            assert_eq!(encode(datatype, text), None, "{text}");
        }
    }

    #[test]
    fn payloads_of_no_date_are_refused() {
        for &tag in Tag::ALL.iter().filter(|tag| tag.is_temporal()) {
            let mut line = Line::new();
            assert_eq!(
                print(tag, super::super::id::PAYLOAD_MAX, &mut line),
                None,
                "{tag:?}"
            );
        }
    }
}
