//! The whole path under arbitrary interleavings.
//!
//! Several processes share one store and one provider. A script of steps writes messages,
//! delivers them again, lets single tasks go on to their next await, kills and freezes processes
//! at any await, lets time pass, makes the store and the provider fail, and erases people. Then
//! the troubles end, and the promises of the path are checked:
//!
//! - every accepted message is answered, exactly once in history;
//! - the order of a conversation is kept;
//! - every message in danger is answered where its sender sees it, stored or not;
//! - nobody sees a message twice, unless its answer was lost or its sender could have died over
//!   it.

mod phone;
mod shaky;
mod world;

pub use phone::Trouble;
pub use world::{Step, World};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::contract::MemoryStore;

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..3_usize, 0..6_u8).prop_map(|(person, what)| Step::Write { person, what }),
            2 => (0..1000_usize).prop_map(Step::Redeliver),
            24 => (0..1000_usize, 1..6_u8).prop_map(|(task, times)| Step::Poll { task, times }),
            6 => (0..2_usize).prop_map(Step::Sweep),
            2 => (0..2_usize).prop_map(Step::Kill),
            2 => (0..2_usize).prop_map(Step::Freeze),
            1 => (0..2_usize).prop_map(Step::Thaw),
            4 => (1..6_000_u64).prop_map(Step::Pass),
            1 => Just(Step::Pass(15_000)),
            2 => trouble().prop_map(Step::Trouble),
            1 => (1..5_u32).prop_map(Step::StoreFails),
            1 => (0..3_usize).prop_map(Step::Erase),
        ]
    }

    fn trouble() -> impl Strategy<Value = Trouble> {
        prop_oneof![
            Just(Trouble::RetryAfter),
            Just(Trouble::Transient),
            Just(Trouble::Blocked),
            Just(Trouble::Moved),
            Just(Trouble::Rejected),
            Just(Trouble::Vanished),
            Just(Trouble::LostAnswer),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, max_shrink_iters: 2000, ..ProptestConfig::default() })]

        #[test]
        fn the_path_keeps_its_promises(steps in prop::collection::vec(step(), 1..160)) {
            World::run(MemoryStore::new(), 2, &steps);
        }
    }
}
