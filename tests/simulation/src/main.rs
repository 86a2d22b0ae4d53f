fn main() {
    let seed: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let leads: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let n: u64 = std::env::args().nth(3).map_or(1, |n| n.parse().unwrap());
    let watch = piste_simulation::world::stopwatch();
    let mut coverage = piste_simulation::coverage::Coverage::default();
    for seed in seed..seed + n {
        let plan = if seed == 0 {
            piste_simulation::plan::Plan::calm(0, leads)
        } else {
            piste_simulation::plan::Plan::of(seed, leads)
        };
        let w = piste_simulation::world::stopwatch();
        let o = piste_simulation::world::run(&plan);
        coverage.add(&o.coverage);
        println!(
            "seed {seed}: {:?} mails {} copies {} writes {} requests {} leads {} trace {:x} {:?}",
            o.broken,
            o.mails,
            o.copies,
            o.writes,
            o.requests,
            o.leads,
            o.trace,
            w.elapsed()
        );
    }
    for l in coverage.lines() {
        println!("{l}");
    }
    println!("missing: {:#?}", coverage.missing());
    println!("{:?}", watch.elapsed());
}
