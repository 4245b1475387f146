use std::time::Instant;
use triplestore::{config::Config, control::Control, database::*};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let dir = &args[1];
    let _ = std::fs::remove_dir_all(dir);
    let config = Config::default();
    let db = Database::open(dir, &config).unwrap();
    for file in &args[2..] {
        let t = Instant::now();
        let r = db
            .load_files(&[file], &LoadOptions::default(), &Control::new())
            .unwrap();
        let s = t.elapsed().as_secs_f64();
        println!(
            "{file}: {} statements {} inserted in {s:.2}s = {:.2} M/s",
            r.statements,
            r.inserted,
            r.statements as f64 / s / 1e6
        );
        let t = Instant::now();
        db.quiesce(&Control::new()).unwrap();
        println!(
            "quiesce {:.2}s health {:?}",
            t.elapsed().as_secs_f64(),
            db.health().unwrap()
        );
    }
    let t = Instant::now();
    let st = db.snapshot().unwrap().stats(&Control::new()).unwrap();
    println!("stats {:?} {:.3}s", st, t.elapsed().as_secs_f64());
    let t = Instant::now();
    let r = db.check(&Control::new()).unwrap();
    println!("check {:?} {:.3}s", r, t.elapsed().as_secs_f64());
    let t = Instant::now();
    db.close().unwrap();
    println!("close {:.3}s", t.elapsed().as_secs_f64());
    let t = Instant::now();
    let db = Database::open(dir, &config).unwrap();
    println!(
        "open {:.3}s quads {}",
        t.elapsed().as_secs_f64(),
        db.health().unwrap().quads
    );
    db.close().unwrap();
}
