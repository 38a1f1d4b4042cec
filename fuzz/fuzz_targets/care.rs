//! What is heard in any text, and that what was said before can only raise it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muykol_core::care::{self, Context, ReplyContext};

/// The most characters that one character becomes when it is folded (U+FDFA).
const LONGEST_FOLD: usize = 18;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let plain = care::normalise(&text);
    assert_eq!(
        care::normalise(&plain),
        plain,
        "normalising twice changes something"
    );
    assert!(plain.chars().count() <= text.chars().count() * LONGEST_FOLD);

    let alone = care::assess(&text, &Context::default());
    assert!((0.0..=1.0).contains(&alone.emotion.confidence));
    if alone.crisis.level.takes_emergency_lane() {
        assert!(!alone.crisis.kinds.is_empty(), "danger of no kind");
        assert!(!care::crisis_reply(&alone.crisis, &ReplyContext::default()).is_empty());
    }

    let (before, last) = text.split_once('\n').unwrap_or(("", &text));
    let context = Context {
        recent: &[before],
        locale: Some("en"),
    };
    let fresh = care::assess(last, &Context::default());
    let after = care::assess(last, &context);
    assert!(after.crisis.level >= fresh.crisis.level);
});
