//! What the verifier costs: replies of some 2,000 characters with four quotations, one of them
//! wrong. Run with `cargo run --release -p muykol-core --example verify_bench`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use muykol_core::scripture::{
    HeldText, Library, Reference, StreamVerifier, TranslationId, parse_exact, verify,
};

fn main() {
    let started = Instant::now();
    let library = Library::embedded();
    println!("opening the texts: {:?}", started.elapsed());
    let sizes: Vec<usize> = library.texts().iter().map(HeldText::size).collect();
    println!("compiled texts: {sizes:?} bytes");
    let asv = TranslationId::from("ASV");
    let replies: Vec<String> = (1..=200)
        .map(|number| reply(&library, &asv, number))
        .collect();
    let length = replies
        .iter()
        .map(|reply| reply.chars().count())
        .sum::<usize>()
        / replies.len();
    println!("replies of {length} characters on average");

    let shared = Arc::new(library.clone());
    let mut all: Vec<Duration> = Vec::new();
    let mut best = vec![Duration::MAX; replies.len()];
    let mut streamed = vec![Duration::MAX; replies.len()];
    for round in 0..50 {
        for (number, reply) in replies.iter().enumerate() {
            let started = Instant::now();
            let verified = verify(reply, &library, &asv);
            all.push(started.elapsed());
            best[number] = best[number].min(started.elapsed());
            assert_eq!(verified.findings.len(), 4);
            if round < 5 {
                let started = Instant::now();
                let mut stream = StreamVerifier::new(Arc::clone(&shared), asv.clone());
                for piece in reply.split_inclusive(' ') {
                    stream.push(piece);
                }
                stream.finish();
                streamed[number] = streamed[number].min(started.elapsed());
            }
        }
    }
    for (name, mut times) in [
        ("whole, every run", all),
        ("whole, best run of each reply", best),
        ("streamed word by word, best run of each reply", streamed),
    ] {
        times.sort_unstable();
        let at = |share: usize| times[(times.len() - 1) * share / 100];
        println!(
            "{name}: p50 {:?}, p99 {:?}, max {:?}",
            at(50),
            at(99),
            at(100)
        );
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status
            .lines()
            .filter(|line| line.starts_with("Vm") || line.starts_with("Rss"))
            .for_each(|line| println!("{line}"));
    }
}

fn reply(library: &Library, translation: &TranslationId, number: u16) -> String {
    let mut reply = String::new();
    for chapter in [3, 6, 10, 14] {
        reply.push_str(
            "I hear how heavy these nights have become, and I am glad you wrote. You do not have \
             to carry it alone, and you do not have to carry it well. Somebody who loves you may \
             be awake as well.\n\n",
        );
        let Ok(john) = parse_exact("John") else {
            continue;
        };
        let reference =
            Reference::verse_range(john.book, chapter, 1 + number % 28, 1 + number % 28);
        let Ok(passage) = library.passage(&reference, translation) else {
            continue;
        };
        let wrong = chapter == 10;
        let text = if wrong {
            passage.text.replacen(' ', " lantern ", 1)
        } else {
            passage.text
        };
        reply.extend(["“", &text, "” (", &reference.to_string(), ")\n\n"]);
    }
    while reply.chars().count() < 1_950 {
        reply.push_str("What would help you most in the next hour? ");
    }
    reply
}
