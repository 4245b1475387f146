//! The kinds of values settings have: how each is read, printed and bounded.

use super::{GIB, KIB, MIB, machine};
use std::path::{Component, PathBuf};

/// A kind of setting. `parse(print(value)) == value` for every value in range.
pub trait Kind {
    type Value;
    const NAME: &'static str;

    /// `None` if the text is not a value in range.
    fn parse(&self, text: &str) -> Option<Self::Value>;
    fn print(&self, value: &Self::Value) -> String;
    fn in_range(&self, value: &Self::Value) -> bool;
    /// What `parse` takes, in words that complete "takes ...".
    fn accepts(&self) -> String;
}

pub struct Flag;

impl Kind for Flag {
    type Value = bool;
    const NAME: &'static str = "flag";

    fn parse(&self, text: &str) -> Option<bool> {
        match text {
            "true" | "1" | "on" => Some(true),
            "false" | "0" | "off" => Some(false),
            _ => None,
        }
    }

    fn print(&self, value: &bool) -> String {
        value.to_string()
    }

    fn in_range(&self, _: &bool) -> bool {
        true
    }

    fn accepts(&self) -> String {
        "true or false".to_owned()
    }
}

/// Whether a number is in `min..=max`, or is the zero that stands for something else.
fn bounded(value: u64, zero: Option<&str>, min: u64, max: u64) -> bool {
    (value == 0 && zero.is_some()) || (min..=max).contains(&value)
}

fn zero_words(zero: Option<&str>) -> String {
    match zero {
        Some(meaning) => format!("; 0 means: {meaning}"),
        None => String::new(),
    }
}

/// A number with one of `units` behind it. `None` if it is not a number or overflows.
fn number_with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim_start();
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*factor)
}

/// Bytes, with optional binary units, or a percentage of physical memory.
pub struct Bytes {
    pub zero: Option<&'static str>,
    pub min: u64,
    pub max: u64,
}

const BYTE_UNITS: &[(&str, u64)] = &[
    ("", 1),
    ("B", 1),
    ("KiB", KIB),
    ("MiB", MIB),
    ("GiB", GIB),
    ("TiB", 1 << 40),
];

impl Kind for Bytes {
    type Value = u64;
    const NAME: &'static str = "bytes";

    fn parse(&self, text: &str) -> Option<u64> {
        let value = match text.strip_suffix('%') {
            Some(percent) => {
                let percent: u64 = percent.parse().ok().filter(|n| *n <= 100)?;
                machine::physical_memory_bytes() / 100 * percent
            }
            None => number_with_unit(text, BYTE_UNITS)?,
        };
        self.in_range(&value).then_some(value)
    }

    fn print(&self, value: &u64) -> String {
        print_bytes(*value)
    }

    fn in_range(&self, value: &u64) -> bool {
        bounded(*value, self.zero, self.min, self.max)
    }

    fn accepts(&self) -> String {
        format!(
            "bytes from {} to {}, plain or with KiB, MiB, GiB, TiB, or a percentage of physical memory{}",
            print_bytes(self.min),
            print_bytes(self.max),
            zero_words(self.zero)
        )
    }
}

/// The largest unit that keeps the number whole.
fn print_bytes(value: u64) -> String {
    match BYTE_UNITS[2..]
        .iter()
        .rev()
        .find(|(_, factor)| value > 0 && value.is_multiple_of(*factor))
    {
        Some((unit, factor)) => format!("{} {unit}", value / factor),
        None => value.to_string(),
    }
}

/// A time span in milliseconds, or with a unit.
pub struct Millis {
    pub zero: Option<&'static str>,
    pub min: u64,
    pub max: u64,
}

const TIME_UNITS: &[(&str, u64)] = &[
    ("", 1),
    ("ms", 1),
    ("s", 1000),
    ("min", 60_000),
    ("h", 3_600_000),
];

impl Kind for Millis {
    type Value = u64;
    const NAME: &'static str = "milliseconds";

    fn parse(&self, text: &str) -> Option<u64> {
        number_with_unit(text, TIME_UNITS).filter(|value| self.in_range(value))
    }

    fn print(&self, value: &u64) -> String {
        value.to_string()
    }

    fn in_range(&self, value: &u64) -> bool {
        bounded(*value, self.zero, self.min, self.max)
    }

    fn accepts(&self) -> String {
        format!(
            "milliseconds from {} to {}, plain or with ms, s, min, h{}",
            self.min,
            self.max,
            zero_words(self.zero)
        )
    }
}

/// A plain number.
pub struct Count {
    pub zero: Option<&'static str>,
    pub min: u64,
    pub max: u64,
}

impl Kind for Count {
    type Value = u64;
    const NAME: &'static str = "count";

    fn parse(&self, text: &str) -> Option<u64> {
        number_with_unit(text, &[("", 1)]).filter(|value| self.in_range(value))
    }

    fn print(&self, value: &u64) -> String {
        value.to_string()
    }

    fn in_range(&self, value: &u64) -> bool {
        bounded(*value, self.zero, self.min, self.max)
    }

    fn accepts(&self) -> String {
        format!(
            "a number from {} to {}{}",
            self.min,
            self.max,
            zero_words(self.zero)
        )
    }
}

/// A directory, or nothing.
pub struct OptionalPath;

impl Kind for OptionalPath {
    type Value = Option<PathBuf>;
    const NAME: &'static str = "path";

    fn parse(&self, text: &str) -> Option<Option<PathBuf>> {
        if text.is_empty() {
            return Some(None);
        }
        let path = Some(PathBuf::from(text));
        self.in_range(&path).then_some(path)
    }

    fn print(&self, value: &Option<PathBuf>) -> String {
        value
            .as_ref()
            .map(|path| path.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    fn in_range(&self, value: &Option<PathBuf>) -> bool {
        value.as_ref().is_none_or(|path| {
            path.is_absolute()
                && path.components().all(|part| part != Component::ParentDir)
                && !path.as_os_str().as_encoded_bytes().contains(&0)
        })
    }

    fn accepts(&self) -> String {
        "an absolute path without `..`; empty means: none".to_owned()
    }
}

/// What an acknowledged commit survives (definition 26).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Durability {
    #[default]
    Sync,
    Interval,
    OsBuffered,
}

impl Durability {
    pub const ALL: [Durability; 3] = [
        Durability::Sync,
        Durability::Interval,
        Durability::OsBuffered,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Durability::Sync => "sync",
            Durability::Interval => "interval",
            Durability::OsBuffered => "os_buffered",
        }
    }
}

/// What patterns outside GRAPH read where neither the query nor its options say it (definition 13).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DefaultGraph {
    #[default]
    Store,
    Union,
}

impl DefaultGraph {
    pub const ALL: [DefaultGraph; 2] = [DefaultGraph::Store, DefaultGraph::Union];

    pub fn name(self) -> &'static str {
        match self {
            DefaultGraph::Store => "store",
            DefaultGraph::Union => "union",
        }
    }
}

/// Kinds of settings that are one of a few names.
macro_rules! choices {
    ($($(#[doc = $doc:literal])* $kind:ident: $value:ident;)*) => {$(
        $(#[doc = $doc])*
        pub struct $kind;

        impl Kind for $kind {
            type Value = $value;
            const NAME: &'static str = "choice";

            fn parse(&self, text: &str) -> Option<$value> {
                $value::ALL.into_iter().find(|choice| choice.name() == text)
            }

            fn print(&self, value: &$value) -> String {
                value.name().to_owned()
            }

            fn in_range(&self, _: &$value) -> bool {
                true
            }

            fn accepts(&self) -> String {
                format!("one of {}", $value::ALL.map($value::name).join(", "))
            }
        }
    )*};
}

choices! {
    /// One of the durability modes, by name.
    DurabilityChoice: Durability;
    /// One of the default graphs, by name.
    DefaultGraphChoice: DefaultGraph;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANY_BYTES: Bytes = Bytes {
        zero: Some("none"),
        min: 1,
        max: u64::MAX,
    };

    #[test]
    fn bytes_take_binary_units_and_percentages() {
        assert_eq!(ANY_BYTES.parse("64 MiB"), Some(64 * MIB));
        assert_eq!(ANY_BYTES.parse("64MiB"), Some(64 * MIB));
        assert_eq!(ANY_BYTES.parse("1GiB"), Some(GIB));
        assert_eq!(ANY_BYTES.parse("12"), Some(12));
        assert!(ANY_BYTES.parse("50%").unwrap() > MIB);
        for bad in [
            "",
            "-1",
            "MiB",
            "1 MB",
            "101%",
            "%",
            "16777216 TiB",
            "1.5 GiB",
        ] {
            assert_eq!(ANY_BYTES.parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn times_take_units() {
        let time = Millis {
            zero: None,
            min: 1,
            max: 7_200_000,
        };
        assert_eq!(time.parse("2h"), Some(7_200_000));
        assert_eq!(time.parse("30 s"), Some(30_000));
        assert_eq!(time.parse("3h"), None);
        assert_eq!(time.parse("0"), None);
    }

    #[test]
    fn a_path_is_absolute_and_does_not_climb() {
        assert_eq!(OptionalPath.parse(""), Some(None));
        assert!(OptionalPath.parse("/srv/data").is_some());
        assert_eq!(OptionalPath.parse("data"), None);
        assert_eq!(OptionalPath.parse("/srv/../etc"), None);
        assert_eq!(OptionalPath.parse("/srv/\0"), None);
    }

    proptest! {
        #[test]
        fn printed_bytes_read_back(value in any::<u64>(), shift in 0u32..50) {
            let value = value >> shift << shift;
            prop_assert_eq!(ANY_BYTES.parse(&ANY_BYTES.print(&value)), Some(value));
        }
    }
}
