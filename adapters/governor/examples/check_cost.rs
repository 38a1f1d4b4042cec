//! What a check costs: `cargo run --release -p muykol-governor --example check_cost`.

use std::time::{Duration, Instant};

use muykol_core::seams::{Limiter, Quota};
use muykol_governor::GovernorLimiter;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let quota = Quota {
        burst: 20,
        per: Duration::from_secs(60),
    };
    for keys in [1_u32, 1_000, 1_000_000] {
        let names: Vec<String> = (0..keys).map(|key| format!("person:{key:032x}")).collect();
        let limiter = GovernorLimiter::new();
        let rounds = 2_000_000 / keys;
        let start = Instant::now();
        for _ in 0..rounds {
            for name in &names {
                limiter.check(name, quota).await;
            }
        }
        let each = start.elapsed() / (rounds * keys);
        let start = Instant::now();
        limiter.sweep();
        println!(
            "{keys} keys: {each:?} a check, {:?} a sweep",
            start.elapsed()
        );
    }
}
