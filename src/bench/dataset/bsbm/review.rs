//! Persons, and the reviews they write on rating sites.

use super::date::{Day, TODAY, day};
use super::entity::Entity;
use super::vocabulary::{bsbm, dc, foaf, instances, rev};
use super::{Bsbm, Country, Kind};
use crate::bench::dataset::Writer;
use crate::bench::dataset::text::{Name, Words};
use crate::bench::random::Random;
use std::fmt;
use std::ops::Range;

const RATINGS: [&str; 4] = [
    bsbm!("rating1"),
    bsbm!("rating2"),
    bsbm!("rating3"),
    bsbm!("rating4"),
];
/// Of a hundred reviews, how many have each rating.
const RATED: u64 = 70;
/// Reviews were written in so many days before today.
const REVIEWED_DAYS: u64 = 365;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::bench) struct Review {
    pub product: u64,
    /// When it was published, between its own date and today.
    pub published: Day,
    pub ratings: [Option<u64>; 4],
    date: Day,
}

/// A person of a rating site.
pub(in crate::bench) struct PersonIri {
    pub site: u64,
    pub person: u64,
}

impl fmt::Display for PersonIri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (site, person) = (self.site + 1, self.person + 1);
        write!(
            f,
            instances!("dataFromRatingSite{}/Reviewer{}"),
            site, person
        )
    }
}

/// A review on a rating site.
pub(in crate::bench) struct ReviewIri {
    pub site: u64,
    pub review: u64,
}

impl fmt::Display for ReviewIri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (site, review) = (self.site + 1, self.review + 1);
        write!(f, instances!("dataFromRatingSite{}/Review{}"), site, review)
    }
}

impl Bsbm {
    pub(in crate::bench) fn review(&self, number: u64) -> Review {
        self.review_from(&mut self.random(Kind::Review, number))
    }

    fn review_from(&self, random: &mut Random) -> Review {
        let date = Day::between(TODAY.before(REVIEWED_DAYS), TODAY, random);
        Review {
            product: self.product_of_offer.below(self.products, random),
            published: Day::between(date, TODAY, random),
            ratings: std::array::from_fn(|_| {
                (random.below(100) < RATED).then(|| random.between(1, 10))
            }),
            date,
        }
    }

    pub(in crate::bench) fn review_iri(&self, review: u64) -> ReviewIri {
        ReviewIri {
            site: self.sites.owner(review),
            review,
        }
    }

    /// Where a person lives; reviews are in the language of that country.
    pub(in crate::bench) fn person_country(&self, person: u64) -> &'static Country {
        Country::draw(&mut self.random(Kind::Person, person))
    }

    pub(super) fn write_persons(&self, persons: Range<u64>, writer: &mut Writer<'_>) {
        for person in persons {
            let mut random = self.random(Kind::Person, person);
            let country = Country::draw(&mut random);
            let reviews = self.persons.items(person);
            let site = self.sites.owner(reviews.start);
            let number = site + 1;
            let publisher = format!(
                instances!("dataFromRatingSite{}/RatingSite{}"),
                number, number
            );
            let iri = PersonIri { site, person }.to_string();
            let mut entity = Entity::new(&iri, foaf!("Person"), writer);
            entity.text(foaf!("name"), Name::draw(&mut random));
            let [first, second, third]: [u64; 3] = std::array::from_fn(|_| random.next());
            let third = third >> 32;
            entity.text(
                foaf!("mbox_sha1sum"),
                format_args!("{first:016x}{second:016x}{third:08x}"),
            );
            entity.located(country);
            let date = Day::between(TODAY, day(2008, 9, 23), &mut random);
            entity.published(&publisher, date);
            for review in reviews {
                self.write_review(review, site, &iri, country, &publisher, writer);
            }
        }
    }

    fn write_review(
        &self,
        number: u64,
        site: u64,
        person: &str,
        country: &Country,
        publisher: &str,
        writer: &mut Writer<'_>,
    ) {
        let mut random = self.random(Kind::Review, number);
        let review = self.review_from(&mut random);
        let iri = ReviewIri {
            site,
            review: number,
        };
        let mut entity = Entity::new(iri, rev!("Review"), writer);
        entity.link(bsbm!("reviewFor"), self.product_iri(review.product));
        entity.link(rev!("reviewer"), person);
        entity.date_time(bsbm!("reviewDate"), review.date);
        entity.text(dc!("title"), Words::between(4, 15, &mut random));
        let text = Words::between(50, 200, &mut random);
        entity.tagged(rev!("text"), text, country.language);
        for (property, rating) in RATINGS.into_iter().zip(review.ratings) {
            if let Some(rating) = rating {
                entity.integer(property, rating);
            }
        }
        entity.published(publisher, review.published);
    }
}
