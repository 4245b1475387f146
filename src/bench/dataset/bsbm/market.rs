//! Vendors and their offers.

use super::country::COUNTRIES;
use super::date::{Day, TODAY};
use super::entity::Entity;
use super::vocabulary::{bsbm, instances};
use super::{Bsbm, Country, DELIVERY_DAYS_MAX, Kind};
use crate::bench::dataset::Writer;
use crate::bench::random::Random;
use std::fmt;
use std::ops::Range;

/// Vendors and offers were published in so many days before today.
const PUBLISHED_DAYS: u64 = 97;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::bench) struct Offer {
    pub product: u64,
    pub price_cents: u64,
    pub valid_to: Day,
    pub delivery_days: u64,
    published: Day,
}

pub(in crate::bench) struct VendorIri(pub u64);

impl fmt::Display for VendorIri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0 + 1;
        write!(f, instances!("dataFromVendor{}/Vendor{}"), number, number)
    }
}

/// An offer of a vendor.
pub(in crate::bench) struct OfferIri {
    pub vendor: u64,
    pub offer: u64,
}

impl fmt::Display for OfferIri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (vendor, offer) = (self.vendor + 1, self.offer + 1);
        write!(f, instances!("dataFromVendor{}/Offer{}"), vendor, offer)
    }
}

impl Bsbm {
    pub(in crate::bench) fn offer(&self, number: u64) -> Offer {
        self.offer_from(&mut self.random(Kind::Offer, number))
    }

    fn offer_from(&self, random: &mut Random) -> Offer {
        let published = Day::between(TODAY.before(PUBLISHED_DAYS), TODAY, random);
        Offer {
            product: self.product_of_offer.below(self.products, random),
            price_cents: random.between(500, 999_999),
            valid_to: published.after(random.between(7, 90)),
            delivery_days: 1 + self.delivery_days.below(DELIVERY_DAYS_MAX, random),
            published,
        }
    }

    pub(in crate::bench) fn offer_iri(&self, offer: u64) -> OfferIri {
        OfferIri {
            vendor: self.vendors.owner(offer),
            offer,
        }
    }

    /// The first vendor is from the country that queries ask for; with few vendors there might be none from there.
    pub(in crate::bench) fn vendor_country(&self, vendor: u64) -> &'static Country {
        match vendor {
            0 => &COUNTRIES[0],
            _ => Country::draw(&mut self.random(Kind::Vendor, vendor)),
        }
    }

    pub(super) fn write_offers(&self, offers: Range<u64>, writer: &mut Writer<'_>) {
        let mut vendor = self.vendors.owner(offers.start);
        let mut end = self.vendors.items(vendor).end;
        let mut iri = VendorIri(vendor).to_string();
        if self.vendors.items(vendor).start == offers.start {
            self.write_vendor(vendor, writer);
        }
        for offer in offers {
            if offer == end {
                vendor += 1;
                end = self.vendors.items(vendor).end;
                iri = VendorIri(vendor).to_string();
                self.write_vendor(vendor, writer);
            }
            self.write_offer(OfferIri { vendor, offer }, &iri, writer);
        }
    }

    fn write_vendor(&self, vendor: u64, writer: &mut Writer<'_>) {
        let mut random = self.random(Kind::Vendor, vendor);
        let _ = Country::draw(&mut random);
        let mut entity = Entity::new(VendorIri(vendor), bsbm!("Vendor"), writer);
        entity.described(20, 50, &mut random);
        entity.homepage(format_args!("http://www.vendor{}.com/", vendor + 1));
        entity.located(self.vendor_country(vendor));
        let date = Day::between(TODAY.before(PUBLISHED_DAYS), TODAY, &mut random);
        entity.published_by_itself(date);
    }

    fn write_offer(&self, iri: OfferIri, vendor: &str, writer: &mut Writer<'_>) {
        let mut random = self.random(Kind::Offer, iri.offer);
        let offer = self.offer_from(&mut random);
        let webpage = format!("{iri}/");
        let mut entity = Entity::new(iri, bsbm!("Offer"), writer);
        entity.link(bsbm!("product"), self.product_iri(offer.product));
        entity.link(bsbm!("vendor"), vendor);
        let (whole, cents) = (offer.price_cents / 100, offer.price_cents % 100);
        entity.typed(
            bsbm!("price"),
            format_args!("{whole}.{cents:02}"),
            bsbm!("USD"),
        );
        let valid_from = offer.published.before(random.between(0, 90));
        entity.date_time(bsbm!("validFrom"), valid_from);
        entity.date_time(bsbm!("validTo"), offer.valid_to);
        entity.integer(bsbm!("deliveryDays"), offer.delivery_days);
        entity.link(bsbm!("offerWebpage"), webpage);
        entity.published(vendor, offer.published);
    }
}
