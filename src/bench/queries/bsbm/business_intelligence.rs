//! The business intelligence use case: vendors, producers and the owner of the portal ask about many products.
//!
//! Queries about a product type are asked for several types after one another, from a broad one down to a leaf of the
//! tree: how long they take depends on it by orders of magnitude, and every mix shall have as much of each.

use super::Mixes;
use super::template::{Parameters, Template, iri};
use crate::bench::dataset::bsbm::{Country, CountryIri, Day, ProducerIri, TODAY, TypeIri};
use crate::bench::random::Random;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A query in the mix.
pub(super) const ORDER: &[&Template] = &[&Q1, &Q2, &Q3, &Q4, &Q5, &Q6, &Q7, &Q8];

/// How many days a month has, and from how many days the first of three months begins.
const MONTH_DAYS: u64 = 28;
const FIRST_DAYS: u64 = 310;
/// How many products query 7 looks at.
const POPULAR_MAX: usize = 1000;
/// At how many levels of types, from the leaves upwards, query 4 is asked: it compares every product with every
/// feature.
const QUADRATIC_LEVELS: usize = 2;

/// The product types of producers of one country that are reviewed most in another.
const Q1: Template = Template {
    name: "Q1",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX rev: <http://purl.org/stuff/rev#>
SELECT ?productType ?reviewCount
{
  { SELECT ?productType (count(?review) AS ?reviewCount)
    {
      ?productType a bsbm:ProductType .
      ?product a ?productType .
      ?product bsbm:producer ?producer .
      ?producer bsbm:country %Country1% .
      ?review bsbm:reviewFor ?product .
      ?review rev:reviewer ?reviewer .
      ?reviewer bsbm:country %Country2% .
    }
    GROUP BY ?productType
  }
}
ORDER BY desc(?reviewCount) ?productType
LIMIT 10
",
    ordered: true,
    draw: |mixes, random| {
        let data = &mixes.data;
        let review = random.below(data.reviews());
        let producer = data.producers().owner(data.review(review).product);
        let person = data.persons().owner(review);
        Some(vec![vec![
            ("Country1", iri(CountryIri(data.producer_country(producer)))),
            ("Country2", iri(CountryIri(data.person_country(person)))),
        ]])
    },
};

/// The products that share most features with a product.
const Q2: Template = Template {
    name: "Q2",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
SELECT ?otherProduct ?sameFeatures
{
  ?otherProduct a bsbm:Product .
  FILTER(?otherProduct != %Product%)
  {
    SELECT ?otherProduct (count(?otherFeature) AS ?sameFeatures)
    {
      %Product% bsbm:productFeature ?feature .
      ?otherProduct bsbm:productFeature ?otherFeature .
      FILTER(?feature = ?otherFeature)
    }
    GROUP BY ?otherProduct
  }
}
ORDER BY desc(?sameFeatures) ?otherProduct
LIMIT 10
",
    ordered: true,
    draw: |mixes, random| {
        let product = mixes.product(random);
        mixes.similar(&product, |_| true)?;
        Some(vec![vec![(
            "Product",
            iri(mixes.data.product_iri(product.number)),
        )]])
    },
};

/// The products with the greatest rise in reviews from one month to the next.
const Q3: Template = Template {
    name: "Q3",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX dc: <http://purl.org/dc/elements/1.1/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT ?product (?monthCount / ?monthBeforeCount AS ?ratio)
{
  { SELECT ?product (count(?review) AS ?monthCount)
    {
      ?review bsbm:reviewFor ?product .
      ?review dc:date ?date .
      FILTER(?date >= \"%Month1%\"^^xsd:date && ?date < \"%Month2%\"^^xsd:date)
    }
    GROUP BY ?product
  } {
    SELECT ?product (count(?review) AS ?monthBeforeCount)
    {
      ?review bsbm:reviewFor ?product .
      ?review dc:date ?date .
      FILTER(?date >= \"%Month0%\"^^xsd:date && ?date < \"%Month1%\"^^xsd:date)
    }
    GROUP BY ?product
    HAVING (count(?review) > 0)
  }
}
ORDER BY desc(?monthCount / ?monthBeforeCount) ?product
LIMIT 10
",
    ordered: true,
    draw: |mixes, random| {
        let start = TODAY.before(366).after(random.below(FIRST_DAYS));
        let months: [Day; 3] = std::array::from_fn(|month| start.after(MONTH_DAYS * month as u64));
        reviewed_in_both(mixes, months).then(|| {
            vec![vec![
                ("Month0", months[0].to_string()),
                ("Month1", months[1].to_string()),
                ("Month2", months[2].to_string()),
            ]]
        })
    },
};

/// The features with the greatest difference in price between products with and without them.
const Q4: Template = Template {
    name: "Q4",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT ?feature (?withFeaturePrice / ?withoutFeaturePrice AS ?priceRatio)
{
  { SELECT ?feature (avg(xsd:decimal(str(?price))) AS ?withFeaturePrice)
    {
      ?product a %ProductType% ;
        bsbm:productFeature ?feature .
      ?offer bsbm:product ?product ;
        bsbm:price ?price .
    }
    GROUP BY ?feature
  }
  { SELECT ?feature (avg(xsd:decimal(str(?price))) AS ?withoutFeaturePrice)
    {
      { SELECT DISTINCT ?feature
        {
          ?p a %ProductType% ;
            bsbm:productFeature ?feature .
        }
      }
      ?product a %ProductType% .
      ?offer bsbm:product ?product ;
        bsbm:price ?price .
      FILTER NOT EXISTS { ?product bsbm:productFeature ?feature }
    }
    GROUP BY ?feature
  }
}
ORDER BY desc(?withFeaturePrice / ?withoutFeaturePrice) ?feature
LIMIT 10
",
    ordered: true,
    draw: |mixes, random| drill_down(mixes, QUADRATIC_LEVELS, random, features_differ),
};

/// The products of a type that are reviewed most in each country, and their prices.
const Q5: Template = Template {
    name: "Q5",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX rev: <http://purl.org/stuff/rev#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT ?country ?product ?nrOfReviews ?avgPrice
{
  { SELECT ?country (max(?nrOfReviews) AS ?maxReviews)
    {
      { SELECT ?country ?product (count(?review) AS ?nrOfReviews)
        {
          ?product a %ProductType% .
          ?review bsbm:reviewFor ?product ;
            rev:reviewer ?reviewer .
          ?reviewer bsbm:country ?country .
        }
        GROUP BY ?country ?product
      }
    }
    GROUP BY ?country
  }
  { SELECT ?product (avg(xsd:decimal(str(?price))) AS ?avgPrice)
    {
      ?product a %ProductType% .
      ?offer bsbm:product ?product .
      ?offer bsbm:price ?price .
    }
    GROUP BY ?product
  }
  { SELECT ?country ?product (count(?review) AS ?nrOfReviews)
    {
      ?product a %ProductType% .
      ?review bsbm:reviewFor ?product .
      ?review rev:reviewer ?reviewer .
      ?reviewer bsbm:country ?country .
    }
    GROUP BY ?country ?product
  }
  FILTER(?nrOfReviews = ?maxReviews)
}
ORDER BY desc(?nrOfReviews) ?country ?product
",
    ordered: true,
    draw: |mixes, random| drill_down(mixes, usize::MAX, random, most_reviewed_is_offered),
};

/// The reviewers who rate the products of a producer far above the average.
const Q6: Template = Template {
    name: "Q6",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX rev: <http://purl.org/stuff/rev#>
SELECT ?reviewer (avg(?score) AS ?reviewerAvgScore)
{
  { SELECT (avg(?score) AS ?avgScore)
    {
      ?product bsbm:producer %Producer% .
      ?review bsbm:reviewFor ?product .
      { ?review bsbm:rating1 ?score . } UNION
      { ?review bsbm:rating2 ?score . } UNION
      { ?review bsbm:rating3 ?score . } UNION
      { ?review bsbm:rating4 ?score . }
    }
  }
  ?product bsbm:producer %Producer% .
  ?review bsbm:reviewFor ?product .
  ?review rev:reviewer ?reviewer .
  { ?review bsbm:rating1 ?score . } UNION
  { ?review bsbm:rating2 ?score . } UNION
  { ?review bsbm:rating3 ?score . } UNION
  { ?review bsbm:rating4 ?score . }
}
GROUP BY ?reviewer
HAVING (2 * avg(?score) > 3 * min(?avgScore))
",
    ordered: false,
    draw: |mixes, random| {
        let producer = random.below(mixes.data.producers().owners());
        rated_far_above_average(mixes, producer)
            .then(|| vec![vec![("Producer", iri(ProducerIri(producer)))]])
    },
};

/// The most offered products of a type that nobody offers from one country.
const Q7: Template = Template {
    name: "Q7",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
SELECT ?product
{
  { SELECT ?product
    {
      { SELECT ?product (count(?offer) AS ?offerCount)
        {
          ?product a %ProductType% .
          ?offer bsbm:product ?product .
        }
        GROUP BY ?product
      }
    }
    ORDER BY desc(?offerCount) ?product
    LIMIT 1000
  }
  FILTER NOT EXISTS
  {
    ?offer bsbm:product ?product .
    ?offer bsbm:vendor ?vendor .
    ?vendor bsbm:country ?country .
    FILTER(?country = %Country%)
  }
}
",
    ordered: false,
    draw: |mixes, random| {
        let country = Country::draw(random);
        let mut steps = drill_down(mixes, usize::MAX, random, |mixes, number| {
            not_offered_from(mixes, number, country)
        })?;
        for step in &mut steps {
            step.push(("Country", iri(CountryIri(country))));
        }
        Some(steps)
    },
};

/// The vendors with the greatest share of offers below the average price of the product.
const Q8: Template = Template {
    name: "Q8",
    text: "\
PREFIX bsbm: <http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT ?vendor (?belowAvg / ?offerCount AS ?cheapExpensiveRatio)
{
  { SELECT ?vendor (count(?offer) AS ?belowAvg)
    {
      { ?product a %ProductType% .
        ?offer bsbm:product ?product .
        ?offer bsbm:vendor ?vendor .
        ?offer bsbm:price ?price .
        { SELECT ?product (avg(xsd:decimal(str(?price))) AS ?avgPrice)
          {
            ?product a %ProductType% .
            ?offer bsbm:product ?product .
            ?offer bsbm:vendor ?vendor .
            ?offer bsbm:price ?price .
          }
          GROUP BY ?product
        }
      } .
      FILTER (xsd:decimal(str(?price)) < ?avgPrice)
    }
    GROUP BY ?vendor
  }
  { SELECT ?vendor (count(?offer) AS ?offerCount)
    {
      ?product a %ProductType% .
      ?offer bsbm:product ?product .
      ?offer bsbm:vendor ?vendor .
    }
    GROUP BY ?vendor
  }
}
ORDER BY desc(?belowAvg / ?offerCount) ?vendor
LIMIT 10
",
    ordered: true,
    draw: |mixes, random| drill_down(mixes, usize::MAX, random, prices_differ),
};

/// The types above a product's, from the broadest below the root to its own, the last `levels` of them.
fn drill_down(
    mixes: &Mixes,
    levels: usize,
    random: &mut Random,
    hits: impl Fn(&Mixes, u64) -> bool,
) -> Option<Vec<Parameters>> {
    let leaf = mixes.product(random).leaf;
    let tree = mixes.data.hierarchy();
    let mut types: Vec<u64> = tree
        .path(leaf)
        .take_while(|&one| tree.level(one) > 0)
        .take(levels)
        .collect();
    types.reverse();
    let hits = types.iter().all(|&number| hits(mixes, number));
    hits.then(|| {
        let steps = types
            .into_iter()
            .map(|number| vec![("ProductType", iri(TypeIri(number)))]);
        steps.collect()
    })
}

/// Whether some product has a review published in the first of two months and one in the second.
fn reviewed_in_both(mixes: &Mixes, months: [Day; 3]) -> bool {
    let mut reviewed = [HashSet::new(), HashSet::new()];
    (0..mixes.data.reviews()).any(|number| {
        let review = mixes.data.review(number);
        let Some(month) = (0..2).find(|&month| {
            months[month] <= review.published && review.published < months[month + 1]
        }) else {
            return false;
        };
        reviewed[month].insert(review.product);
        reviewed[1 - month].contains(&review.product)
    })
}

/// Whether a product of this type that is offered has a feature that another has not.
fn features_differ(mixes: &Mixes, number: u64) -> bool {
    let mut offered = mixes
        .products_of_type(number)
        .filter(|product| mixes.catalogue.offers.of(product.number).len() > 0)
        .map(|product| mixes.data.features(&product));
    let Some(first) = offered.next() else {
        return false;
    };
    offered.any(|other| other != first)
}

/// Whether in some country a product with the most reviews of this type is offered.
fn most_reviewed_is_offered(mixes: &Mixes, number: u64) -> bool {
    let data = &mixes.data;
    let mut most: BTreeMap<&str, (u64, bool)> = BTreeMap::new();
    for product in mixes.products_of_type(number) {
        let offered = mixes.catalogue.offers.of(product.number).len() > 0;
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for review in mixes.catalogue.reviews.of(product.number) {
            let country = data.person_country(data.persons().owner(review));
            *counts.entry(country.code).or_default() += 1;
        }
        for (country, count) in counts {
            let best = most.entry(country).or_insert((0, false));
            *best = match count.cmp(&best.0) {
                std::cmp::Ordering::Less => *best,
                std::cmp::Ordering::Equal => (count, best.1 || offered),
                std::cmp::Ordering::Greater => (count, offered),
            };
        }
    }
    most.values().any(|&(_, offered)| offered)
}

/// Whether a person's ratings of a producer's products are on average more than one and a half times those of all. If
/// somebody's are exactly that, it does not count: how averages are rounded would decide.
fn rated_far_above_average(mixes: &Mixes, producer: u64) -> bool {
    let data = &mixes.data;
    let (mut all, mut all_sum) = (0, 0);
    let mut persons: HashMap<u64, (u64, u64)> = HashMap::new();
    for product in data.producers().items(producer) {
        for number in mixes.catalogue.reviews.of(product) {
            for rating in data.review(number).ratings.into_iter().flatten() {
                let (count, sum) = persons.entry(data.persons().owner(number)).or_default();
                (*count, *sum) = (*count + 1, *sum + rating);
                (all, all_sum) = (all + 1, all_sum + rating);
            }
        }
    }
    let sides = persons
        .values()
        .map(|&(count, sum)| (2 * sum * all).cmp(&(3 * all_sum * count)));
    let sides: Vec<std::cmp::Ordering> = sides.collect();
    sides.contains(&std::cmp::Ordering::Greater) && !sides.contains(&std::cmp::Ordering::Equal)
}

/// Whether one of the most offered products of this type is not offered from a country.
fn not_offered_from(mixes: &Mixes, number: u64, country: &Country) -> bool {
    let data = &mixes.data;
    let mut counted: Vec<(usize, u64)> = mixes
        .products_of_type(number)
        .map(|product| {
            (
                mixes.catalogue.offers.of(product.number).len(),
                product.number,
            )
        })
        .filter(|&(count, _)| count > 0)
        .collect();
    // Which of those with as many offers as the last are looked at depends on their names: none of them is counted on.
    if counted.len() > POPULAR_MAX {
        counted.sort_unstable();
        let cut = counted[counted.len() - 1 - POPULAR_MAX].0;
        counted.retain(|&(count, _)| count > cut);
    }
    counted.into_iter().any(|(_, product)| {
        let mut offers = mixes.catalogue.offers.of(product);
        offers.all(|offer| data.vendor_country(data.vendors().owner(offer)).code != country.code)
    })
}

/// Whether a product of this type has offers at different prices.
fn prices_differ(mixes: &Mixes, number: u64) -> bool {
    mixes.products_of_type(number).any(|product| {
        let offers = mixes.catalogue.offers.of(product.number);
        let prices: HashSet<u64> = offers
            .map(|offer| mixes.data.offer(offer).price_cents)
            .collect();
        prices.len() > 1
    })
}
