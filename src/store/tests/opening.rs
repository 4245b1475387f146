//! What can and cannot be opened.

use super::*;

#[test]
fn every_way_to_open_something_else_has_a_code_of_its_own() {
    let directory = Directory::new();
    let refused = |open: Open, create: bool| {
        let mut options = options(&directory.0, open);
        options.create_if_missing = create;
        Store::open(options).err().unwrap().code()
    };
    assert_eq!(refused(Open::ReadWrite, false), Code::NotFound);
    assert_eq!(refused(Open::ReadOnly, true), Code::NotFound);
    std::fs::create_dir_all(&directory.0).unwrap();
    std::fs::write(directory.0.join("something"), "else").unwrap();
    assert_eq!(refused(Open::ReadWrite, true), Code::NotAStore);
    std::fs::remove_file(directory.0.join("something")).unwrap();

    let store = open(&directory.0, Open::ReadWrite);
    assert_eq!(refused(Open::ReadWrite, true), Code::StoreInUse);
    assert_eq!(refused(Open::ReadOnly, true), Code::StoreInUse);
    commit(&store, &[(true, [1, 1, 1, 0])]);
    store.close().unwrap();
    assert_eq!(store.version().err().unwrap().code(), Code::Closed);

    let reader = open(&directory.0, Open::ReadOnly);
    check(&reader, &BTreeSet::from([[1, 1, 1, 0]]));
    assert_eq!(
        reader.begin(&Control::new()).err().unwrap().code(),
        Code::ReadOnly
    );
    let _second = open(&directory.0, Open::ReadOnly);
}
