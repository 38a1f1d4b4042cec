//! Decides what a quotation is: true, nearly true, or no Scripture at all.

use std::ops::Range;

use super::{
    HeldText, Library, Reference, TranslationId,
    compare::{exact_anywhere, exact_within, kinship, likeness, nearest},
    compile::NO_WORD,
    library::LONGEST_PASSAGE,
    page::COMMON,
    text::Stretch,
    wording::{Word, words},
};

/// How firmly a text claims that words are Scripture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// It does not say so: only what is all but word for word is touched.
    None,
    /// A reference stands near: only what is clearly like it is touched.
    Loose,
    /// A reference or a source is joined to it: it is true, corrected, or goes.
    Firm,
}

/// Words to be judged, cut where an ellipsis stands.
pub(super) struct Quoted<'p> {
    pub text: &'p str,
    pub words: &'p [Word],
}

/// What the words are.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// Where they really stand.
    pub reference: Reference,
    /// Whether that is not the reference that was given.
    pub moved: bool,
    /// The translation they are taken from.
    pub translation: TranslationId,
    /// The true words.
    pub text: Words,
}

/// The true words of a quotation.
#[derive(Debug, Clone)]
pub(super) enum Words {
    /// Each part between ellipses.
    Exact(Vec<Part>),
    /// What replaces the whole.
    Whole(String),
}

/// A part of a quotation: the range of its words, the true text, and whether it begins and ends
/// where verses do.
pub(super) type Part = (Range<usize>, String, (bool, bool));

/// The verdict on a quotation.
#[derive(Debug, Clone)]
pub(super) enum Judgement {
    Exact(Shown),
    Corrected(Shown),
    Unreal,
}

impl Judgement {
    /// Whether it only says that a word or two happen to stand somewhere in the verse.
    pub fn is_chance(&self, words: &[Word]) -> bool {
        match self {
            Self::Exact(Shown {
                text: Words::Exact(parts),
                ..
            }) => {
                words.len() < 3
                    && parts
                        .iter()
                        .any(|(_, _, (begins, ends))| !(*begins && *ends))
            }
            _ => false,
        }
    }
}

/// Judges quotations against the held texts.
pub(super) struct Judge<'l> {
    texts: Vec<&'l HeldText>,
}

impl<'l> Judge<'l> {
    pub fn new(library: &'l Library, preferred: &TranslationId) -> Self {
        Self {
            texts: library.preferring(preferred),
        }
    }

    /// The held texts, the preferred one first.
    pub fn texts(&self) -> &[&'l HeldText] {
        &self.texts
    }

    /// Judges `quoted`; `None` if it is to be left alone.
    pub fn judge(
        &self,
        quoted: &Quoted<'_>,
        reference: Option<&Reference>,
        claim: Claim,
    ) -> Option<Judgement> {
        if quoted.words.is_empty() {
            return None;
        }
        let verses = reference.and_then(|reference| reference.verses().ok());
        if let (Some(reference), Some(verses)) = (reference, &verses)
            && let Some(judgement) = self.under(quoted, reference, verses)
        {
            return Some(judgement);
        }
        let near = verses
            .as_ref()
            .and_then(|verses| verses.first())
            .map_or(0, |verses| verses.start);
        if let Some(judgement) = self.elsewhere(quoted, reference, near, claim) {
            return Some(judgement);
        }
        let like = reference
            .zip(verses.as_ref())
            .and_then(|(reference, verses)| self.like(quoted, reference, verses, claim));
        let (matched, like) = like.unzip();
        let count = quoted.words.len();
        if like.is_some() && matched.unwrap_or(0) * 2 >= count {
            return like;
        }
        if let Some(judgement) = self.nearly_elsewhere(quoted, reference, claim) {
            return Some(judgement);
        }
        like.or((claim == Claim::Firm).then_some(Judgement::Unreal))
    }

    /// Word for word under its own reference.
    fn under(
        &self,
        quoted: &Quoted<'_>,
        reference: &Reference,
        verses: &[Range<usize>],
    ) -> Option<Judgement> {
        let parts = quoted.parts();
        let mut whole: Option<(usize, Shown)> = None;
        let mut partial: Option<(usize, Shown)> = None;
        let mut nearly_whole = false;
        for text in &self.texts {
            let within: Vec<Stretch> = merged(verses)
                .iter()
                .map(|verses| text.stretch(verses))
                .collect();
            let numbers: Vec<Vec<u16>> = parts.iter().map(|part| text.numbers(part)).collect();
            let Some(found) = exact_within(text, &numbers, &within) else {
                continue;
            };
            let held: usize = within.iter().map(ExactSizeIterator::len).sum();
            let (changed, words) = true_parts(quoted.text, text, &parts, &found);
            let missing = held.saturating_sub(quoted.words.len());
            // A word is missing at one end: that is a slip and no partial quotation.
            if missing > 0
                && reference.names_verses()
                && let ([within], [found]) = (within.as_slice(), found.as_slice())
                && one_word_missing(text, within, found)
            {
                nearly_whole = true;
                continue;
            }
            let best = if missing == 0 {
                &mut whole
            } else {
                &mut partial
            };
            // Of two texts with the same words, the one that was quoted to the letter.
            if best.as_ref().is_none_or(|(before, _)| changed < *before) {
                let shown = Shown {
                    reference: reference.clone(),
                    moved: false,
                    translation: text.translation().id.clone(),
                    text: Words::Exact(words),
                };
                *best = Some((changed, shown));
            }
        }
        if let Some((_, whole)) = whole {
            return Some(Judgement::Exact(whole));
        }
        if nearly_whole {
            return self
                .show(reference, false, verses)
                .map(Judgement::Corrected);
        }
        partial.map(|(_, partial)| Judgement::Exact(partial))
    }

    /// Word for word, but elsewhere.
    fn elsewhere(
        &self,
        quoted: &Quoted<'_>,
        reference: Option<&Reference>,
        near: usize,
        claim: Claim,
    ) -> Option<Judgement> {
        let least = match (claim, reference) {
            (Claim::Firm, _) => 4,
            (Claim::Loose, _) => 5,
            (Claim::None, _) => 7,
        };
        if quoted.words.len() < least || quoted.parts().len() != 1 {
            return None;
        }
        let mut best: Option<(usize, Shown)> = None;
        for text in &self.texts {
            let numbers = text.numbers(quoted.words);
            let near = text.stretch(&(near..near + 1)).start;
            let Some(found) = exact_anywhere(text, &numbers, near) else {
                continue;
            };
            let parts = [quoted.words];
            let (changed, words) =
                true_parts(quoted.text, text, &parts, std::slice::from_ref(&found));
            if best.as_ref().is_none_or(|(before, _)| changed < *before) {
                let shown = Shown {
                    reference: Reference::of_verses(text.verses_of(&found))?,
                    moved: reference.is_some(),
                    translation: text.translation().id.clone(),
                    text: Words::Exact(words),
                };
                best = Some((changed, shown));
            }
        }
        let (_, shown) = best?;
        Some(match reference {
            Some(_) => Judgement::Corrected(shown),
            None => Judgement::Exact(shown),
        })
    }

    /// Like the verses under its own reference: how many words agree, and the verdict.
    fn like(
        &self,
        quoted: &Quoted<'_>,
        reference: &Reference,
        verses: &[Range<usize>],
        claim: Claim,
    ) -> Option<(usize, Judgement)> {
        if claim == Claim::None {
            return None;
        }
        let count = quoted.words.len();
        let mut best: Option<(usize, bool, Vec<Range<usize>>)> = None;
        for text in &self.texts {
            let numbers = text.numbers(quoted.words);
            let (window, held) = window(text, &numbers, verses)?;
            let matched = likeness(&numbers, &held).matched;
            let (kin, telling) = kinship(quoted.words, text, &held, COMMON);
            let alike = matched * 2 >= count && (matched >= 3 || held.len() <= 5);
            let clearly = if held.len() <= 5 {
                // So few words need not even stand in order.
                numbers
                    .iter()
                    .filter(|number| held.contains(number))
                    .count()
                    * 2
                    >= count
            } else {
                matched * 5 >= count * 3 && matched >= 4
            };
            // Words in another language are a translation that is not held.
            let unknown = numbers.iter().filter(|number| **number == NO_WORD).count();
            let foreign = unknown * 2 > count;
            let related = foreign || kin >= 2 || (kin == 1 && telling <= 3) || alike;
            let enough = if claim == Claim::Firm {
                related
            } else {
                clearly
            };
            if best.as_ref().is_none_or(|(before, enough_before, _)| {
                (enough, matched) > (*enough_before, *before)
            }) {
                best = Some((matched, enough, window));
            }
        }
        let (matched, enough, window) = best?;
        if !enough {
            return None;
        }
        Some((
            matched,
            Judgement::Corrected(self.show(reference, false, &window)?),
        ))
    }

    /// All but word for word, under another reference or none.
    fn nearly_elsewhere(
        &self,
        quoted: &Quoted<'_>,
        reference: Option<&Reference>,
        claim: Claim,
    ) -> Option<Judgement> {
        let count = quoted.words.len();
        let (least, percent) = match claim {
            Claim::Firm => (5, 70),
            Claim::Loose => (6, 75),
            Claim::None => (8, 80),
        };
        if count < least {
            return None;
        }
        let (verses, likeness) = self
            .texts
            .iter()
            .filter_map(|text| nearest(text, &text.numbers(quoted.words), None))
            .max_by_key(|(_, likeness)| likeness.matched)?;
        if likeness.matched < 5 || likeness.matched * 100 < count * percent {
            return None;
        }
        let found = Reference::of_verses(verses.clone())?;
        let shown = self.show(&found, reference.is_some(), &[verses])?;
        Some(Judgement::Corrected(shown))
    }

    /// The true text of `verses` in the first held text that has them.
    fn show(&self, reference: &Reference, moved: bool, verses: &[Range<usize>]) -> Option<Shown> {
        self.texts.iter().find_map(|text| {
            let parts: Vec<String> = merged(verses)
                .into_iter()
                .map(|verses| text.passage(verses))
                .filter(|part| !part.is_empty())
                .collect();
            (!parts.is_empty()).then(|| Shown {
                reference: reference.clone(),
                moved,
                translation: text.translation().id.clone(),
                text: Words::Whole(parts.join(" … ")),
            })
        })
    }
}

/// The verses that a quotation under `verses` means: all of them, or, if they are many, those
/// that come nearest; with their words.
fn window(
    text: &HeldText,
    numbers: &[u16],
    verses: &[Range<usize>],
) -> Option<(Vec<Range<usize>>, Vec<u16>)> {
    let spans = merged(verses);
    let held: usize = spans.iter().map(|verses| text.stretch(verses).len()).sum();
    let count: usize = verses.iter().map(ExactSizeIterator::len).sum();
    if held > 3 * numbers.len() + 40 || count > LONGEST_PASSAGE {
        let window = spans
            .iter()
            .filter_map(|verses| nearest(text, numbers, Some(&text.stretch(verses))))
            .max_by_key(|(_, likeness)| likeness.matched);
        if let Some((verses, _)) = window {
            let held = text.word_numbers(&text.stretch(&verses));
            return Some((vec![verses], held));
        }
        if count > 3 {
            return None;
        }
    }
    let held = spans
        .iter()
        .flat_map(|verses| text.word_numbers(&text.stretch(verses)))
        .collect();
    Some((verses.to_vec(), held))
}

/// Ranges that follow one another become one.
fn merged(verses: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in verses {
        match merged.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => merged.push(range.clone()),
        }
    }
    merged
}

/// The true text of each part; and how far it differs from how the reply spells it: 0 if not at
/// all, 1 for the signs at either end, 3 for each part that differs in itself.
fn true_parts(
    reply: &str,
    text: &HeldText,
    parts: &[&[Word]],
    found: &[Stretch],
) -> (usize, Vec<Part>) {
    let mut changed = 0;
    let mut shown = Vec::new();
    for (part, found) in parts.iter().zip(found) {
        let whole = text.stretch(&text.verses_of(found));
        let range = match (part.first(), part.last()) {
            (Some(first), Some(last)) => first.range.start..last.range.end,
            _ => 0..0,
        };
        let truth = text.true_text(found);
        let core = truth.trim_matches(|c: char| !c.is_alphanumeric());
        let (front, back) = truth.split_once(core).unwrap_or_default();
        let back = back.trim_matches('\u{2019}');
        let behind = reply[range.end..].trim_start_matches('\u{2019}');
        let behind = &behind[..behind.find(|c| !is_stop(c)).unwrap_or(behind.len())];
        if reply[range.clone()] == *core {
            changed += usize::from(behind != back);
            changed += usize::from(!reply[..range.start].ends_with(front));
        } else {
            changed += 3;
        }
        shown.push((
            range,
            truth,
            (whole.start == found.start, whole.end == found.end),
        ));
    }
    (changed, shown)
}

/// Whether `found` is all of `within` but one word at one end, as a reader counts words:
/// "burnt-offering" is one.
fn one_word_missing(text: &HeldText, within: &Stretch, found: &Stretch) -> bool {
    if within.len() - found.len() > 4 {
        return false;
    }
    let passage = text.passage(text.verses_of(within));
    let places = words(&passage);
    let ends = (
        places.get(found.start - within.start),
        (found.end - within.start)
            .checked_sub(1)
            .and_then(|last| places.get(last)),
    );
    let (Some(first), Some(last)) = ends else {
        return false;
    };
    let count = |part: &str| {
        part.split(|c: char| c.is_whitespace() || c == '\u{2014}')
            .filter(|chunk| chunk.contains(char::is_alphanumeric))
            .count()
    };
    count(&passage[..first.range.start]) + count(&passage[last.range.end..]) <= 1
}

fn is_stop(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | '\u{2014}')
}

impl<'p> Quoted<'p> {
    /// The runs of words between ellipses.
    pub fn parts(&self) -> Vec<&'p [Word]> {
        let mut parts = Vec::new();
        let mut start = 0;
        for (at, pair) in self.words.windows(2).enumerate() {
            let gap = &self.text[pair[0].range.end..pair[1].range.start];
            let dots = gap.chars().filter(|c| *c == '.').count();
            if gap.contains('\u{2026}') || dots >= 2 {
                parts.push(&self.words[start..=at]);
                start = at + 1;
            }
        }
        parts.push(&self.words[start..]);
        parts
    }
}
