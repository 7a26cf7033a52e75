//! How fast a /8 is planned into batches, against counting its addresses one by one.
//!
//! `cargo run --release -p netscan-model --example bench_plan`
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark takes the time and prints it"
)]

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Instant;

use netscan_model::AddressSet;
use netscan_model::plan::{Order, Plan};

fn main() {
    let addresses: AddressSet = "10.0.0.0-10.255.255.255".parse().expect("it is a range");
    let size = NonZeroU32::new(256).expect("not zero");
    for round in 1..=3 {
        let began = Instant::now();
        let plan = Plan::new(&addresses, size, Order::Shuffled { seed: round });
        let planned: u128 = plan.batches().map(|batch| black_box(batch).count()).sum();
        let ours = began.elapsed();
        let began = Instant::now();
        let walked = addresses.iter().map(black_box).count();
        let reference = began.elapsed();
        println!(
            "plan: {planned} addresses in {:.1} ms, {:.0} million addresses/s; \
             walking {walked} one by one: {:.1} ms",
            ours.as_secs_f64() * 1e3,
            planned as f64 / ours.as_secs_f64() / 1e6,
            reference.as_secs_f64() * 1e3,
        );
    }
}
