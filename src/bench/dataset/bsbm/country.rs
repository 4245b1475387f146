//! Countries of producers, vendors and persons.

use super::vocabulary::COUNTRY;
use crate::bench::random::Random;
use std::fmt;

pub(in crate::bench) struct Country {
    /// ISO 3166.
    pub code: &'static str,
    /// How many of a hundred producers, vendors or persons are from here.
    share: u64,
    /// Of reviews that are written here.
    pub language: &'static str,
}

const fn country(code: &'static str, share: u64, language: &'static str) -> Country {
    Country {
        code,
        share,
        language,
    }
}

pub(super) const COUNTRIES: &[Country] = &[
    country("US", 40, "en"),
    country("GB", 10, "en"),
    country("JP", 10, "ja"),
    country("CN", 10, "zh"),
    country("DE", 5, "de"),
    country("FR", 5, "fr"),
    country("ES", 5, "es"),
    country("RU", 5, "ru"),
    country("KR", 5, "ko"),
    country("AT", 5, "de"),
];

impl Country {
    pub fn draw(random: &mut Random) -> &'static Country {
        let mut left = random.below(100);
        for country in COUNTRIES {
            if left < country.share {
                return country;
            }
            left -= country.share;
        }
        &COUNTRIES[0]
    }
}

pub(in crate::bench) struct CountryIri<'a>(pub &'a Country);

impl fmt::Display for CountryIri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{COUNTRY}{}", self.0.code)
    }
}
