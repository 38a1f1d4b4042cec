//! "Did you mean …?"

/// The name most like what was written, if one is like it at all: at most every third letter
/// differs (Damerau-Levenshtein distance: one letter more, less, other, or two changed about).
pub(super) fn nearest(written: &str, names: impl Iterator<Item = String>) -> Option<String> {
    // The distance costs the product of the lengths; no name of ours is nearly so long.
    if written.len() > 100 {
        return None;
    }
    names
        .map(|name| (strsim::damerau_levenshtein(written, &name), name))
        .filter(|(distance, name)| distance * 3 <= name.len().max(4))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_is_like_it_is_offered() {
        let names = || {
            ["bind", "public_url", "allowed_origins"]
                .map(str::to_owned)
                .into_iter()
        };
        assert_eq!(nearest("bin", names()).as_deref(), Some("bind"));
        assert_eq!(nearest("publicurl", names()).as_deref(), Some("public_url"));
        assert_eq!(nearest("url", names()), None);
        assert_eq!(nearest(&"x".repeat(100_000), names()), None);
    }
}
