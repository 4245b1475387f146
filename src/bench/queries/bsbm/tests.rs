use super::*;

#[test]
fn a_mix_follows_from_the_data_the_seed_and_its_number() {
    let make = |products, data, seed| Mixes::new(Bsbm::new(products, data), seed);
    let mixes = make(1000, 1, 2);
    assert_eq!(mixes.explore(3), make(1000, 1, 2).explore(3));
    assert_eq!(
        mixes.business_intelligence(3),
        make(1000, 1, 2).business_intelligence(3)
    );
    assert_ne!(mixes.explore(3), mixes.explore(4));
    assert_ne!(mixes.explore(3), make(1000, 1, 3).explore(3));
    assert_ne!(mixes.explore(3), make(1000, 2, 2).explore(3));
}

#[test]
fn mixes_have_the_queries_of_the_specification_in_its_order() {
    let mixes = Mixes::new(Bsbm::new(1000, 1), 0);
    for number in 0..20 {
        let explore = mixes.explore(number);
        let names: Vec<&str> = explore.iter().map(|query| &query.name[1..]).collect();
        assert_eq!(
            names.join(" "),
            "1 2 2 3 2 2 4 2 2 5 7 7 5 7 7 8 9 9 8 9 9 10 10 11 12"
        );
        let intelligence = mixes.business_intelligence(number);
        let names: Vec<&str> = intelligence.iter().map(|query| &query.name[1..]).collect();
        // Three levels of types below the root.
        assert_eq!(names.join(" "), "1 2 3 4 4 5 5 5 6 7 7 7 8 8 8");
        for query in explore.iter().chain(&intelligence) {
            assert!(!query.text.contains('%'), "{}", query.text);
            assert!(!query.text.contains("LIMIT") || query.ordered || query.name == "Q7");
        }
    }
}

#[test]
fn small_data_leaves_out_only_what_cannot_have_rows() {
    for products in [1, 10, 100] {
        let mixes = Mixes::new(Bsbm::new(products, 1), 0);
        assert!(mixes.explore(0).len() > 15, "{products}");
        mixes.business_intelligence(0);
    }
}
