//! A store in memory whose subjects know each other in a chain.

use crate::document::load;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::Database;
use triplestore::load::Format;

/// Each subject has a number of its own, one of 500 others, the next one of a knows-chain and one of so many names.
pub fn chain(subjects: u64, names: u64) -> Database {
    let database = Database::memory(&Config::default()).unwrap();
    let mut document = String::from("@prefix : <http://x/> .\n");
    for number in 0..subjects {
        let next = number * 7 % subjects;
        document.push_str(&format!(
            ":s{number} :id {number} ; :group {} ; :knows :s{next} ; :name \"name {}\" .\n",
            number % 500,
            number % names
        ));
    }
    load(&database, &document, Format::Turtle);
    database.compact(&Control::new()).unwrap();
    database
}
