//! What can be said of products only by looking at all of the data.

use crate::bench::dataset::bsbm::Bsbm;

/// Which offers and reviews a product has, and which products a leaf of the tree of types.
pub(super) struct Catalogue {
    pub offers: Index,
    pub reviews: Index,
    /// By the leaf's place among leaves.
    pub products: Index,
}

impl Catalogue {
    pub fn new(data: &Bsbm) -> Self {
        let leaves = data.hierarchy().leaves();
        let leaf = |product| data.product(product).leaf - leaves.start;
        let offers: Vec<u64> = (0..data.offers())
            .map(|offer| data.offer(offer).product)
            .collect();
        let reviews: Vec<u64> = (0..data.reviews())
            .map(|review| data.review(review).product)
            .collect();
        let products: Vec<u64> = (0..data.products()).map(leaf).collect();
        Self {
            offers: Index::new(data.products(), &offers),
            reviews: Index::new(data.products(), &reviews),
            products: Index::new(leaves.end - leaves.start, &products),
        }
    }
}

/// Items by their owners, ascending.
pub(super) struct Index {
    /// Where the items of each owner end.
    ends: Vec<u32>,
    items: Vec<u32>,
}

impl Index {
    /// `owners` has the owner of each item, below `count`.
    fn new(count: u64, owners: &[u64]) -> Self {
        let mut ends = vec![0_u32; count as usize];
        for &owner in owners {
            ends[owner as usize] += 1;
        }
        let mut end = 0;
        for slot in &mut ends {
            end += *slot;
            *slot = end;
        }
        // Filled from the back, each end moves to the start of its items, and then they are ends again.
        let mut items = vec![0; owners.len()];
        let mut next = ends.clone();
        for (item, &owner) in owners.iter().enumerate().rev() {
            let place = &mut next[owner as usize];
            *place -= 1;
            items[*place as usize] = item as u32;
        }
        Self { ends, items }
    }

    pub fn of(&self, owner: u64) -> impl ExactSizeIterator<Item = u64> {
        let owner = owner as usize;
        let start = owner.checked_sub(1).map_or(0, |before| self.ends[before]);
        let items = &self.items[start as usize..self.ends[owner] as usize];
        items.iter().map(|&item| u64::from(item))
    }
}
