use std::time::Instant;
use triplestore::{config::Config, control::Control, database::*, load::*, query::*};
fn main() {
    let file = std::env::args().nth(1).unwrap();
    let db = Database::memory(&Config::default()).unwrap();
    db.load_files(&[&file], &LoadOptions::default(), &Control::new())
        .unwrap();
    let _ = Format::NTriples;
    let snap = db.snapshot().unwrap();
    for q in [
        "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }",
        "SELECT ?p (COUNT(*) AS ?n) WHERE { ?s ?p ?o } GROUP BY ?p",
        "PREFIX ub: <http://www.lehigh.edu/~zhp2/2004/0401/univ-bench.owl#> SELECT ?x WHERE { ?x a ub:GraduateStudent . ?x ub:takesCourse <http://www.Department0.University0.edu/GraduateCourse0> }",
        "PREFIX ub: <http://www.lehigh.edu/~zhp2/2004/0401/univ-bench.owl#> SELECT ?x ?y ?z WHERE { ?x a ub:GraduateStudent . ?y a ub:University . ?z a ub:Department . ?x ub:memberOf ?z . ?z ub:subOrganizationOf ?y . ?x ub:undergraduateDegreeFrom ?y }",
        "PREFIX ub: <http://www.lehigh.edu/~zhp2/2004/0401/univ-bench.owl#> SELECT (COUNT(*) AS ?n) WHERE { ?x ub:name ?a . ?x ub:emailAddress ?b . ?x ub:telephone ?c }",
        "PREFIX ub: <http://www.lehigh.edu/~zhp2/2004/0401/univ-bench.owl#> SELECT ?x ?n WHERE { ?x ub:name ?n } ORDER BY ?n ?x LIMIT 10",
        "PREFIX ub: <http://www.lehigh.edu/~zhp2/2004/0401/univ-bench.owl#> SELECT (COUNT(*) AS ?n) WHERE { ?x ub:advisor ?y . ?y ub:teacherOf ?z . ?x ub:takesCourse ?z }",
        "ASK { ?s ?p 42 }",
    ] {
        let c = db.query_control();
        for _ in 0..2 {
            let t = Instant::now();
            match snap.query(q, &QueryOptions::default(), &c) {
                Ok(QueryResults::Rows(mut rows)) => {
                    let mut n = 0;
                    let mut first = String::new();
                    let mut b = ResultBatch::new();
                    while rows.next(2048, &mut b).unwrap() {
                        n += b.rows();
                        if first.is_empty() {
                            first = format!(
                                "{:?} {:?}",
                                b.term(0, 0),
                                b.term(0, b.columns().len() - 1)
                            );
                        }
                    }
                    println!(
                        "{:.2} ms {n} rows {first}\n   {}",
                        t.elapsed().as_secs_f64() * 1e3,
                        &q[q.len().saturating_sub(90)..]
                    );
                }
                Ok(QueryResults::Boolean(b)) => {
                    println!("{:.2} ms {b}", t.elapsed().as_secs_f64() * 1e3)
                }
                Ok(_) => println!("graph"),
                Err(e) => println!("{e}"),
            }
        }
    }
}
