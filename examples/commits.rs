use std::time::Instant;
use triplestore::{
    config::{Config, Durability},
    control::Control,
    database::*,
    term::*,
};
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let _ = std::fs::remove_dir_all(&dir);
    let config = Config {
        durability: Durability::OsBuffered,
        ..Config::default()
    };
    let db = Database::open(&dir, &config).unwrap();
    let control = Control::new();
    let iri = |n: u64| format!("http://example.org/thing/{n}/x");
    let mut t = db.store().begin(&control).unwrap();
    let ids: Vec<u64> = (0..100_000)
        .map(|n| t.intern(TermRef::Iri(&iri(n))).unwrap().raw())
        .collect();
    t.insert([ids[0], ids[1], ids[2], 0]).unwrap();
    t.commit().unwrap();
    let mut x = 12345u64;
    let mut rnd = move |n: usize| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x % n as u64) as usize
    };
    for (batch, rounds) in [(1usize, 200_000usize), (1000, 2000)] {
        let mut lat = Vec::with_capacity(rounds);
        let start = Instant::now();
        let cpu0 = cpu();
        for _ in 0..rounds {
            let quads: Vec<[u64; 4]> = (0..batch)
                .map(|_| [ids[rnd(100_000)], ids[rnd(20)], ids[rnd(100_000)], 0])
                .collect();
            let t0 = Instant::now();
            let mut t = db.store().begin(&control).unwrap();
            for q in quads {
                t.insert(q).unwrap();
            }
            t.commit().unwrap();
            lat.push(t0.elapsed().as_nanos() as u64);
        }
        let wall = start.elapsed().as_secs_f64();
        lat.sort_unstable();
        println!(
            "batch {batch}: median {:.2} us p99 {:.2} us max {:.1} ms, mean {:.2} us/quad, cpu {:.2} us/quad",
            lat[lat.len() / 2] as f64 / 1e3,
            lat[lat.len() * 99 / 100] as f64 / 1e3,
            lat[lat.len() - 1] as f64 / 1e6,
            wall * 1e6 / (rounds * batch) as f64,
            (cpu() - cpu0) * 1e6 / (rounds * batch) as f64
        );
    }
    let t0 = Instant::now();
    db.quiesce(&control).unwrap();
    println!(
        "quiesce {:.2}s total cpu {:.2}s {:?}",
        t0.elapsed().as_secs_f64(),
        cpu(),
        db.health().unwrap().runs_max
    );
    println!("{:?}", db.check(&control).unwrap());
}
fn cpu() -> f64 {
    let mut u: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut u) };
    (u.ru_utime.tv_sec + u.ru_stime.tv_sec) as f64
        + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) as f64 / 1e6
}
