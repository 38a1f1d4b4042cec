use muykol_core::care::{Context, assess, check_rules};
#[test]
fn probe() {
    let Ok(path) = std::env::var("CARE_PROBE") else {
        return;
    };
    check_rules().unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    for line in text.lines() {
        let (label, t) = line.split_once('\t').unwrap_or(("", line));
        let t = t.replace("\\n", "\n");
        let a = assess(&t, &Context::default());
        println!(
            "{label}\t{}\t{:?}\t{}\t{}\t{:?}\t{:?}\t{:.2}",
            a.crisis.level.name(),
            a.crisis.kinds,
            a.crisis.reasons.join(","),
            t,
            a.emotion.primary,
            a.emotion.secondary,
            a.emotion.confidence
        );
    }
}
