//! References and quotations in any text, whole and in pieces.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use muykol_core::scripture::{
    Checked, Finding, Library, StreamVerifier, find_references, parse_exact, verify,
};

static LIBRARY: LazyLock<Arc<Library>> = LazyLock::new(|| Arc::new(Library::embedded()));

fuzz_target!(|data: &[u8]| {
    let Some((cut, text)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let _ = parse_exact(text);
    for found in find_references(text) {
        assert!(text.get(found.range.clone()).is_some(), "{:?}", found.range);
        // What is held can be asked for as it is written, unless it is a list: a list read out of
        // noise may be written more plainly than it was read.
        if found.reference.spans.len() == 1
            && LIBRARY.passage(&found.reference, &"KJV".into()).is_ok()
        {
            let written = found.reference.to_string();
            assert_eq!(
                parse_exact(&written).as_ref(),
                Ok(&found.reference),
                "{written}"
            );
        }
    }
    let verified = verify(text, &LIBRARY, &"ASV".into());
    if verified.findings.is_empty() {
        assert_eq!(verified.text, text);
    }
    // How a text is cut does not matter.
    let size = usize::from(*cut).max(1);
    assert_eq!(streamed(&[text]), streamed(&pieces(text, size)));
});

fn streamed(pieces: &[&str]) -> (Vec<Checked>, Vec<Finding>) {
    let mut stream = StreamVerifier::new(Arc::clone(&LIBRARY), "ASV".into());
    let mut released: Vec<Checked> = pieces.iter().flat_map(|piece| stream.push(piece)).collect();
    released.extend(stream.finish());
    (released, stream.findings().to_vec())
}

/// Pieces of at most `size` characters.
fn pieces(mut text: &str, size: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let end = text
            .char_indices()
            .nth(size)
            .map_or(text.len(), |(at, _)| at);
        let (piece, rest) = text.split_at(end);
        pieces.push(piece);
        text = rest;
    }
    pieces
}
