//! The check that nothing is invented: every quotation is word for word, put right, or gone.

use std::ops::Range;

use serde::Serialize;

use super::{
    HeldText, Library, TranslationId,
    compare::{likeness, matched_by_prefix, nearest},
    judge::{Claim, Judge, Judgement, Quoted, Shown, Words},
    page::{Cited, LINK, PERSON, Page, SPEECH, before_link},
    parse_exact,
    sentence::is_end,
    wording::Word,
};

/// What the verifier says about a quotation or a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The words stand in a held text; its own spelling and punctuation are shown.
    Exact,
    /// The words or the reference were wrong; the true ones are shown.
    Corrected,
    /// There is no such verse; its sentence was taken out.
    UnknownReference,
    /// The words are in no held text; their sentence was taken out.
    NotScripture,
}

/// One thing the verifier found. Holds words of the text: not for logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The reference as it is shown now; as it was written, if it names nothing; `None` for a
    /// quotation that named none and was found nowhere.
    pub reference: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The words as they were quoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted: Option<String>,
    /// The words that are shown instead; `None` where they were taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// The translation of the words that are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translation: Option<TranslationId>,
}

/// A text after the check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// What may be sent. Byte for byte the text that came in, if it held no Scripture.
    pub text: String,
    /// What was found, in the order of the text.
    pub findings: Vec<Finding>,
}

/// Checks every quotation in `text` against the held texts; `translation` is shown where words
/// had to be replaced (an unknown one counts as the default).
///
/// A reference that is only mentioned stays as it is, if it exists. Total on any input; linear in
/// the text's length but for the comparisons, each of which is bounded.
pub fn verify(text: &str, library: &Library, translation: &TranslationId) -> Verified {
    let page = Page::read(text);
    let markers = markers(text);
    if page.cited.is_empty()
        && page.quotations.is_empty()
        && page.sources.is_empty()
        && markers.is_empty()
    {
        return Verified {
            text: text.to_owned(),
            findings: Vec::new(),
        };
    }
    let mut check = Check {
        judge: Judge::new(library, translation),
        page: &page,
        replaced: Vec::new(),
        removed: Vec::new(),
        findings: Vec::new(),
        settled: vec![false; page.cited.len()],
        judged: Vec::new(),
    };
    for (range, reference) in markers {
        check.expand(&range, &reference, library, translation);
    }
    check.impossible_references();
    check.quotations();
    check.joined_words();
    check.spoken_words();
    check.finish()
}

/// Lines, or parts of them, of the form `[[John 3:16]]`.
fn markers(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("[[").map(|at| from + at) {
        let Some(length) = text[start..].find("]]") else {
            break;
        };
        let inner = &text[start + 2..start + length];
        from = start + 2;
        if !inner.contains('\n') && !inner.contains('[') {
            from = start + length + 2;
            found.push((start..from, inner.trim().to_owned()));
        }
    }
    found
}

struct Check<'p, 't, 'l> {
    judge: Judge<'l>,
    page: &'p Page<'t>,
    replaced: Vec<(Range<usize>, String)>,
    removed: Vec<Range<usize>>,
    findings: Vec<(usize, Finding)>,
    /// Which references belong to a quotation that was judged, or are dealt with otherwise.
    settled: Vec<bool>,
    /// Stretches that were judged.
    judged: Vec<Range<usize>>,
}

/// How a reference and a quotation stand to one another.
#[derive(Clone, Copy)]
struct Tie {
    cited: usize,
    claim: Claim,
}

impl Check<'_, '_, '_> {
    /// Puts the passage in place of its marker.
    fn expand(
        &mut self,
        range: &Range<usize>,
        written: &str,
        library: &Library,
        translation: &TranslationId,
    ) {
        for (index, cited) in self.page.cited.iter().enumerate() {
            if range.start <= cited.found.range.start && cited.found.range.end <= range.end {
                self.settled[index] = true;
            }
        }
        let passage = parse_exact(written).ok().and_then(|reference| {
            self.judge.texts().iter().find_map(|text| {
                let preferred = library.passage(&reference, translation).ok();
                preferred.or_else(|| library.passage(&reference, &text.translation().id).ok())
            })
        });
        let Some(passage) = passage else {
            self.removed.push(self.page.sentences_around(range));
            self.note(
                range.start,
                written.to_owned(),
                Verdict::UnknownReference,
                None,
            );
            return;
        };
        let reference = passage.reference.to_string();
        let shown = format!(
            "\u{201c}{}\u{201d}\n\u{2014} {reference} ({})",
            passage.text, passage.translation
        );
        self.findings.push((
            range.start,
            Finding {
                reference: Some(reference),
                verdict: Verdict::Exact,
                quoted: None,
                shown: Some(passage.text),
                translation: Some(passage.translation),
            },
        ));
        self.replaced.push((range.clone(), shown));
    }

    fn note(&mut self, at: usize, reference: String, verdict: Verdict, quoted: Option<String>) {
        let reference = (!reference.is_empty()).then_some(reference);
        let finding = Finding {
            reference,
            verdict,
            quoted,
            shown: None,
            translation: None,
        };
        self.findings.push((at, finding));
    }

    /// Takes out the sentences of references that name nothing, with what they were said to quote.
    fn impossible_references(&mut self) {
        let page = self.page;
        for (index, cited) in page.cited.iter().enumerate() {
            if cited.found.problem.is_none() || self.settled[index] {
                continue;
            }
            self.settled[index] = true;
            let mut range = cited.found.range.clone();
            let mut quoted = None;
            for quotation in 0..page.quotations.len() {
                let tied = self
                    .ties(quotation)
                    .iter()
                    .any(|tie| tie.cited == index && tie.claim == Claim::Firm);
                if tied {
                    let outer = &page.quotations[quotation].outer;
                    range = range.start.min(outer.start)..range.end.max(outer.end);
                    quoted = Some(page.text[page.quotations[quotation].inner.clone()].to_owned());
                }
            }
            let written = page.text[cited.found.range.clone()].to_owned();
            self.removed.push(page.sentences_around(&range));
            self.note(
                cited.found.range.start,
                written,
                Verdict::UnknownReference,
                quoted,
            );
        }
    }

    /// The references that a quotation may belong to, the likeliest first.
    fn ties(&self, quotation: usize) -> Vec<Tie> {
        let page = self.page;
        if let Some(cited) = page.inside[quotation] {
            return vec![Tie {
                cited,
                claim: Claim::Firm,
            }];
        }
        let outer = &page.quotations[quotation].outer;
        let next = page
            .cited
            .iter()
            .position(|cited| cited.found.range.start >= outer.end);
        let previous = page
            .cited
            .iter()
            .rposition(|cited| cited.end <= outer.start);
        let behind = next.and_then(|cited| self.tie_behind(quotation, cited));
        let before = previous.and_then(|cited| self.tie_before(quotation, cited));
        match (behind, before) {
            (Some(behind), Some(before)) => {
                let gap = &page.text[outer.end..page.cited[behind.cited].found.range.start];
                let own = gap.contains(['(', '[', '\u{2014}', '\u{2013}']) || gap.contains(" - ");
                if before.claim == Claim::Firm && !own {
                    vec![before, behind]
                } else {
                    vec![behind, before]
                }
            }
            (behind, before) => behind.into_iter().chain(before).collect(),
        }
    }

    /// A reference behind a quotation: "…" (John 3:16), "…" — John 3:16, "…" says John 3:16.
    fn tie_behind(&self, quotation: usize, cited: usize) -> Option<Tie> {
        let page = self.page;
        let gap = page.quotations[quotation].outer.end..page.cited[cited].found.range.start;
        if page
            .quotations
            .get(quotation + 1)
            .is_some_and(|next| next.outer.start < gap.end)
        {
            return None;
        }
        let between = &page.text[gap.clone()];
        let words = page.words_in(&gap);
        let linked = words
            .iter()
            .all(|word| LINK.binary_search(&word.folded.as_str()).is_ok());
        let near = between.len() <= 80 && between.matches('\n').count() <= 2 && words.len() <= 8;
        (linked && near).then_some(Tie {
            cited,
            claim: Claim::Firm,
        })
    }

    /// A reference before a quotation: John 3:16: "…", John 3:16 says, "…".
    fn tie_before(&self, quotation: usize, cited: usize) -> Option<Tie> {
        let page = self.page;
        let outer = &page.quotations[quotation].outer;
        let gap = page.cited[cited].end..outer.start;
        let between = &page.text[gap.clone()];
        let words = page.words_in(&gap);
        let interrupted = quotation > 0 && page.quotations[quotation - 1].outer.end > gap.start;
        if words.len() > 40 || (between.contains("\n\n") && !words.is_empty()) {
            return None;
        }
        let somebody = words
            .iter()
            .any(|word| PERSON.binary_search(&word.folded.as_str()).is_ok());
        let speaks = words
            .iter()
            .any(|word| SPEECH.binary_search(&word.folded.as_str()).is_ok());
        let leads = between
            .trim_end()
            .ends_with([':', ',', '\u{2014}', '\u{2013}', '-']);
        let apart = between.contains(['.', '!', '?']);
        let firm = words.is_empty() || ((speaks || leads) && words.len() <= 16 && !apart);
        let firm = if interrupted {
            self.continues(quotation)
        } else {
            firm && !somebody
        };
        let claim = if firm { Claim::Firm } else { Claim::Loose };
        Some(Tie { cited, claim })
    }

    /// Whether a quotation goes on where the one before it was interrupted: "…," he said, "…".
    fn continues(&self, quotation: usize) -> bool {
        let Some(before) = quotation
            .checked_sub(1)
            .map(|before| &self.page.quotations[before])
        else {
            return false;
        };
        let gap = before.outer.end..self.page.quotations[quotation].outer.start;
        // One that stands within the one before it does not go on where that one ended.
        let Some(between) = self.page.text.get(gap.clone()) else {
            return false;
        };
        let comma = self.page.text[before.inner.clone()].ends_with(',') || between.starts_with(',');
        comma && self.page.words_in(&gap).len() <= 6 && !between.contains(['.', '!', '?', '\n'])
    }

    /// Whether a source is named beside a quotation: The Bible says, "…"; "…," says Scripture.
    fn source_beside(&self, outer: &Range<usize>) -> bool {
        let page = self.page;
        page.sources.iter().any(|source| {
            let (gap, most) = if source.end <= outer.start {
                (source.end..outer.start, 8)
            } else if outer.end <= source.start {
                (outer.end..source.start, 3)
            } else {
                return false;
            };
            let words = page.words_in(&gap);
            words.len() <= most
                && !page.text[gap.clone()].contains(is_end)
                && !words
                    .iter()
                    .any(|word| PERSON.binary_search(&word.folded.as_str()).is_ok())
        })
    }

    fn quotations(&mut self) {
        let page = self.page;
        let mut replaced_before = None;
        for (index, quotation) in page.quotations.iter().enumerate() {
            let sourced = self.source_beside(&quotation.outer);
            let mut ties = self.ties(index);
            if sourced {
                // A named source counts for more than a reference somewhere near.
                ties.retain(|tie| tie.claim == Claim::Firm);
            }
            if ties
                .iter()
                .any(|tie| page.cited[tie.cited].found.problem.is_some())
            {
                continue;
            }
            let quoted = Quoted {
                text: page.text,
                words: page.words_in(&quotation.inner),
            };
            let judged: Vec<(Option<usize>, Option<Judgement>)> = if ties.is_empty() {
                let claim = if sourced { Claim::Firm } else { Claim::None };
                vec![(None, self.judge.judge(&quoted, None, claim))]
            } else {
                ties.iter()
                    .map(|tie| {
                        let reference = &page.cited[tie.cited].found.reference;
                        (
                            Some(tie.cited),
                            self.judge.judge(&quoted, Some(reference), tie.claim),
                        )
                    })
                    .collect()
            };
            for tie in ties.iter().filter(|tie| tie.claim == Claim::Firm) {
                self.settled[tie.cited] = true;
            }
            let exact = judged
                .iter()
                .position(|(_, judgement)| matches!(judgement, Some(Judgement::Exact(_))));
            let Some((cited, Some(mut judgement))) = judged.into_iter().nth(exact.unwrap_or(0))
            else {
                continue;
            };
            let firm = sourced || ties.first().is_some_and(|tie| tie.claim == Claim::Firm);
            if firm && self.is_well_known_saying(&quotation.inner) {
                judgement = Judgement::Unreal;
            }
            let range = match cited.filter(|_| matches!(judgement, Judgement::Unreal)) {
                Some(cited) => {
                    let cited = &page.cited[cited];
                    let outer = &quotation.outer;
                    outer.start.min(cited.found.range.start)..outer.end.max(cited.end)
                }
                None => quotation.outer.clone(),
            };
            let exact = matches!(judgement, Judgement::Exact(_));
            if !exact && cited.is_some() && replaced_before == cited && self.continues(index) {
                // The true text stands already where the quotation began.
                let begun = page.quotations[index - 1].outer.end;
                self.replaced
                    .push((begun..quotation.outer.end, String::new()));
                continue;
            }
            replaced_before = cited.filter(|_| matches!(judgement, Judgement::Corrected(_)));
            self.settle(&quotation.inner, &range, cited, judgement);
        }
    }

    fn is_well_known_saying(&self, range: &Range<usize>) -> bool {
        let words = self.page.words_in(range).len();
        self.page.unreal.iter().any(|saying| {
            range.start <= saying.start
                && saying.end <= range.end
                && words <= self.page.words_in(saying).len() + 2
        })
    }

    /// Writes down a judgement and what it changes.
    fn settle(
        &mut self,
        inner: &Range<usize>,
        sentence: &Range<usize>,
        cited: Option<usize>,
        judgement: Judgement,
    ) {
        let page = self.page;
        let inner = trim(page.text, inner);
        self.judged.push(inner.clone());
        let quoted = page.text[inner.clone()].to_owned();
        let cited = cited.map(|cited| &page.cited[cited]);
        let (verdict, shown) = match judgement {
            Judgement::Unreal => {
                self.removed.push(page.sentences_around(sentence));
                let reference = cited.map(|cited| page.text[cited.found.range.clone()].to_owned());
                self.note(
                    inner.start,
                    reference.unwrap_or_default(),
                    Verdict::NotScripture,
                    Some(quoted),
                );
                return;
            }
            Judgement::Exact(shown) => (Verdict::Exact, shown),
            Judgement::Corrected(shown) => (Verdict::Corrected, shown),
        };
        if let Some(cited) = cited {
            self.correct_reference(cited, &shown);
        }
        let text = match shown.text {
            Words::Whole(text) => {
                self.replaced.push((inner.clone(), text.clone()));
                text
            }
            Words::Exact(parts) => {
                let single = parts.len() == 1;
                let texts: Vec<String> = parts.iter().map(|(_, text, _)| text.clone()).collect();
                for (words, text, (begins, ends)) in parts {
                    let start = if single && begins {
                        // The sign that the verse begins with may stand before what was taken
                        // for the quotation.
                        let front = &text[..text.find(char::is_alphanumeric).unwrap_or(0)];
                        let lead = &page.text[..inner.start];
                        let before = lead.strip_suffix(front);
                        let before = before.or_else(|| lead.strip_suffix(front.trim_end()));
                        let written = page.text[inner.clone()].starts_with(front);
                        before.filter(|_| !written).map_or(inner.start, str::len)
                    } else {
                        words.start
                    };
                    let end = if single && ends { inner.end } else { words.end };
                    let text = match (single && begins, single && ends) {
                        (true, true) => text,
                        (begins, ends) => strip(&text, !begins, !ends).to_owned(),
                    };
                    self.replaced.push((start..end, text));
                }
                texts.join(" … ")
            }
        };
        self.findings.push((
            inner.start,
            Finding {
                reference: Some(shown.reference.to_string()),
                verdict,
                quoted: Some(quoted),
                shown: Some(text),
                translation: Some(shown.translation),
            },
        ));
    }

    /// Puts a wrong reference, or the name of another translation behind it, right.
    fn correct_reference(&mut self, cited: &Cited, shown: &Shown) {
        if shown.moved && shown.reference != cited.found.reference {
            self.replaced
                .push((cited.found.range.clone(), shown.reference.to_string()));
        }
        if let Some(label) = &cited.label
            && self.page.text[label.clone()] != *shown.translation.0
        {
            self.replaced
                .push((label.clone(), shown.translation.0.clone()));
        }
    }

    /// Words without quotation marks that are joined to a reference.
    fn joined_words(&mut self) {
        for index in 0..self.page.cited.len() {
            if self.settled[index] {
                continue;
            }
            let reference = &self.page.cited[index].found.reference;
            let mut joined = self.words_behind(index);
            if joined.is_empty() {
                joined.extend(self.words_before(index));
            }
            for (inner, claim) in joined {
                let quoted = Quoted {
                    text: self.page.text,
                    words: self.page.words_in(&inner),
                };
                let judgement = self.judge.judge(&quoted, Some(reference), claim);
                let Some(judgement) = judgement.filter(|it| !it.is_chance(quoted.words)) else {
                    continue;
                };
                self.settled[index] = true;
                self.settle(&inner, &inner, Some(index), judgement);
                break;
            }
        }
    }

    /// "John 3:16 says, For God so loved the world …": where the words are, and how firmly they
    /// are called Scripture.
    fn words_behind(&self, index: usize) -> Vec<(Range<usize>, Claim)> {
        let page = self.page;
        let cited = &page.cited[index];
        if cited.bracketed {
            return Vec::new();
        }
        let Some((start, claim)) = joint(page, cited.end) else {
            return Vec::new();
        };
        let paragraph = page.paragraph(start);
        let next = page.cited.get(index + 1).map_or(paragraph.end, |next| {
            let sentence = page.sentences_around(&next.found.range).start;
            if sentence > start {
                sentence
            } else {
                next.found.range.start
            }
        });
        let quotation = page
            .quotations
            .iter()
            .find(|quotation| quotation.outer.start >= start);
        let limit = paragraph
            .end
            .min(next)
            .min(quotation.map_or(usize::MAX, |q| q.outer.start));
        let words = page.words_in(&(start..limit));
        let words = &words[..words.len().min(300)];
        let ends: Vec<usize> = page
            .sentences
            .iter()
            .map(|sentence| sentence.end)
            .filter(|end| *end > start && *end <= limit)
            .chain([limit])
            .collect();
        let Ok(verses) = cited.found.reference.verses() else {
            return Vec::new();
        };
        let true_start = self.judge.texts().iter().any(|text| {
            text.numbers(words)
                .starts_with(&held_near(text, words, &verses))
        });
        let mut best: Option<(isize, usize)> = None;
        let mut length = usize::MAX;
        for text in self.judge.texts() {
            let held = held_near(text, words, &verses);
            length = length.min(held.len().max(1));
            let matched = matched_by_prefix(&text.numbers(words), &held);
            let bare = verses
                .last()
                .is_some_and(|verses| text.verse(verses.end - 1).ends_with(char::is_alphanumeric));
            let numbers = text.numbers(words);
            let whole = whole_run(page.text, words, &numbers, &held, bare);
            let clauses: Vec<usize> = clause_ends(page.text, words)
                .filter(|end| {
                    words.partition_point(|word| word.range.end <= *end) + 1 >= held.len()
                })
                .collect();
            // As many words as the verse has, if they are not its own.
            let as_long = words
                .get(held.len().saturating_sub(1))
                .filter(|_| !true_start)
                .map(|word| word.range.end);
            for end in ends.iter().chain(&whole).chain(&clauses).chain(&as_long) {
                let count = words.partition_point(|word| word.range.end <= *end);
                let Some(matched) = matched.get(count) else {
                    continue;
                };
                let score = worth(*matched, count);
                if count > 0 && best.is_none_or(|(before, _)| score > before) {
                    best = Some((score, *end));
                }
            }
        }
        let Some((score, end)) = best else {
            return Vec::new();
        };
        // If nothing agrees there, as many words as the verse has may stand for it, or the whole
        // sentence may stand elsewhere.
        let as_long = words.get(length - 1).map_or(limit, |word| word.range.end);
        let sentence = ends.first().copied().unwrap_or(limit);
        let best = (score > 0).then_some((end, claim));
        best.into_iter()
            .chain([(as_long, Claim::Loose), (sentence, claim)])
            .map(|(end, claim)| (trim(page.text, &(start..end)), claim))
            .collect()
    }

    /// "For God so loved the world … (John 3:16)".
    fn words_before(&self, index: usize) -> Option<(Range<usize>, Claim)> {
        let page = self.page;
        let cited = &page.cited[index];
        let lead = &page.text[..cited.found.range.start];
        let end = before_link(lead).len();
        let gap = &lead[end..];
        if !gap.contains(|c: char| !c.is_whitespace()) && !gap.contains('\n') {
            return None;
        }
        let limit = page
            .paragraph(end)
            .start
            .max(
                index
                    .checked_sub(1)
                    .map_or(0, |before| page.cited[before].end),
            )
            .max(
                page.quotations
                    .iter()
                    .map(|quotation| quotation.outer.end)
                    .filter(|quotation| *quotation <= end)
                    .max()
                    .unwrap_or(0),
            );
        let words = page.words_in(&(limit.min(end)..end));
        let words = &words[words.len().saturating_sub(300)..];
        let verses = cited.found.reference.verses().ok()?;
        let mut starts: Vec<usize> = page
            .sentences
            .iter()
            .map(|sentence| sentence.start)
            .filter(|start| *start >= limit && *start < end)
            .collect();
        starts.push(limit);
        let mut best: Option<(isize, usize, usize)> = None;
        for text in self.judge.texts() {
            let mut held = held_near(text, words, &verses);
            let mut numbers = text.numbers(words);
            let run = longest_run_at_end(&numbers, &held);
            held.reverse();
            numbers.reverse();
            let matched = matched_by_prefix(&numbers, &held);
            for start in &starts {
                let count = words
                    .iter()
                    .filter(|word| word.range.start >= *start)
                    .count();
                let Some(&found) = matched.get(count) else {
                    continue;
                };
                if count == 0 {
                    continue;
                }
                // Only the last words are quoted, and they are quoted truly.
                // A word or two in front of a whole verse, with nothing between, belong to it.
                let added = (run >= held.len())
                    .then(|| added_before(page.text, words, run))
                    .flatten();
                let run_only = found == run && run >= 3 && (run * 5 >= count * 3 || run >= 5);
                let from = if run_only {
                    words[words.len() - run].range.start
                } else {
                    let first = &words[words.len() - count..];
                    let mut held = held.clone();
                    held.reverse();
                    let alike = likeness(&text.numbers(first), &held);
                    if alike.matched > 0 && alike.first > 2 {
                        first[alike.first].range.start
                    } else {
                        first[0].range.start
                    }
                };
                let at_run = words.get(words.len() - run).map(|word| word.range.start);
                let from = added.filter(|_| at_run == Some(from)).unwrap_or(from);
                let kept = words.iter().filter(|word| word.range.start >= from).count();
                let mut score = worth(found, kept);
                if run >= held.len() {
                    // The whole verse stands there to the word: no other text can be meant.
                    score += 4;
                }
                if best.is_none_or(|(before, ..)| score > before) {
                    best = Some((score, from, found));
                }
            }
        }
        let (score, start, matched) = best?;
        if score <= 0 || matched == 0 {
            // Nothing of it stands there: the last sentence may stand elsewhere.
            let last = starts.iter().copied().max()?;
            return Some((trim(page.text, &(last..end)), Claim::Loose));
        }
        Some((trim(page.text, &(start..end)), Claim::Loose))
    }

    /// Words without quotation marks and without a reference behind a source: "It is written:
    /// …"; and sayings that are taken for Scripture.
    fn spoken_words(&mut self) {
        let page = self.page;
        for saying in &page.unreal {
            let sentence = page.sentences_around(saying);
            let claimed = page
                .sources
                .iter()
                .any(|source| sentence.start <= source.start && source.end <= sentence.end);
            if claimed && !self.removed.contains(&sentence) {
                let quoted = page.text[saying.clone()].to_owned();
                self.note(
                    saying.start,
                    String::new(),
                    Verdict::NotScripture,
                    Some(quoted),
                );
                self.removed.push(sentence);
            }
        }
        for source in &page.sources {
            let rest = &page.text[source.end..];
            let joint = rest.trim_start_matches([' ', ':', ',', '*', '_']);
            let mark = &rest[..rest.len() - joint.len()];
            let colon = mark.contains(':');
            let start = source.end + mark.len();
            if !(colon || mark.contains(',')) || !joint.starts_with(char::is_uppercase) {
                continue;
            }
            let end = page.sentences_around(&(source.start..start + 1)).end;
            let inner = trim(page.text, &(start..end));
            let touched =
                page.quotations.iter().any(|quotation| {
                    quotation.outer.start < inner.end && inner.start < quotation.outer.end
                }) || page.cited.iter().any(|cited| {
                    cited.found.range.start <= inner.end + 3 && inner.start < cited.end
                }) || self
                    .removed
                    .iter()
                    .chain(&self.judged)
                    .any(|range| range.start < inner.end && inner.start < range.end);
            if touched {
                continue;
            }
            let quoted = Quoted {
                text: page.text,
                words: page.words_in(&inner),
            };
            let claim = if colon { Claim::Firm } else { Claim::Loose };
            if let Some(judgement) = self.judge.judge(&quoted, None, claim) {
                self.settle(&inner, &inner, None, judgement);
            }
        }
    }

    /// Puts the text together.
    fn finish(mut self) -> Verified {
        let text = self.page.text;
        self.removed.sort_by_key(|range| range.start);
        self.replaced.sort_by_key(|(range, _)| range.start);
        let mut edits: Vec<(Range<usize>, Option<String>)> = Vec::new();
        for removed in self.removed {
            match edits.last_mut() {
                Some((last, None)) if removed.start <= last.end => {
                    last.end = last.end.max(removed.end);
                }
                _ => edits.push((removed, None)),
            }
        }
        for (range, replacement) in self.replaced {
            let free = edits
                .iter()
                .all(|(edit, _)| range.end <= edit.start || edit.end <= range.start);
            if free && text[range.clone()] != replacement {
                edits.push((range, Some(replacement)));
            }
        }
        edits.sort_by_key(|(range, _)| range.start);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (range, replacement) in edits {
            out.push_str(&text[at..range.start]);
            at = range.end;
            if let Some(replacement) = replacement {
                out.push_str(&replacement);
                continue;
            }
            // The line break behind the last sentence of a paragraph stays.
            let taken = &text[range];
            let blank = &taken[taken.trim_end().len()..];
            if at == text.len() {
                out.truncate(out.trim_end().len());
            } else if blank.contains('\n') && !out.is_empty() && !out.ends_with('\n') {
                out.truncate(out.trim_end().len());
                out.push_str(blank);
            }
        }
        out.push_str(&text[at..]);
        self.findings.sort_by_key(|(at, _)| *at);
        let findings = self
            .findings
            .into_iter()
            .map(|(_, finding)| finding)
            .collect();
        Verified {
            text: out,
            findings,
        }
    }
}

/// The words of the verses; where these are many, of those that come nearest to `words`.
fn held_near(text: &HeldText, words: &[Word], verses: &[Range<usize>]) -> Vec<u16> {
    let stretches = || verses.iter().map(|verses| text.stretch(verses));
    let total: usize = stretches().map(|stretch| stretch.len()).sum();
    if total <= 400 {
        return stretches()
            .flat_map(|stretch| text.word_numbers(&stretch))
            .collect();
    }
    let numbers = text.numbers(&words[..words.len().min(80)]);
    stretches()
        .filter_map(|stretch| nearest(text, &numbers, Some(&stretch)))
        .max_by_key(|(_, likeness)| likeness.matched)
        .map(|(verses, _)| text.word_numbers(&text.stretch(&verses)))
        .unwrap_or_default()
}

/// How much a stretch of `count` words with `matched` of them in the verse speaks for being the
/// quotation: a third of the words must be right for it to speak for it at all.
fn worth(matched: usize, count: usize) -> isize {
    isize::try_from(3 * matched).unwrap_or(isize::MAX) - isize::try_from(count).unwrap_or(0)
}

/// Where one or two words begin that stand directly in front of the last `run` words, with
/// punctuation or nothing before them.
fn added_before(text: &str, words: &[Word], run: usize) -> Option<usize> {
    let first = words.len() - run;
    for back in 1..=first.min(2) {
        let word = &words[first - back];
        let next = words.get(first - back + 1)?;
        let between = text[word.range.end..next.range.start].trim_end_matches(['(', '[']);
        if !between.trim().is_empty() {
            return None;
        }
        let apart = (first - back).checked_sub(1).is_none_or(|before| {
            !text[words[before].range.end..word.range.start]
                .trim()
                .is_empty()
        });
        if apart {
            return Some(word.range.start);
        }
    }
    None
}

/// Where something new begins in the middle of a sentence, as behind a verse that ends with a
/// semicolon: a capital letter after other punctuation.
fn clause_ends<'w>(text: &'w str, words: &'w [Word]) -> impl Iterator<Item = usize> + 'w {
    words.windows(2).filter_map(|pair| {
        let gap = &text[pair[0].range.end..pair[1].range.start];
        let new = text[pair[1].range.start..].starts_with(char::is_uppercase);
        (new && gap.contains([',', ';', ':', ')', '\u{2014}']))
            .then(|| pair[0].range.end + gap.trim_end().len())
    })
}

/// Where the whole of `held` ends, if the words begin with it and something new begins behind
/// it: a verse that ends in the middle of its sentence, "… of the field; You are not alone."
///
/// `bare` says that the verse itself ends without punctuation.
fn whole_run(
    text: &str,
    words: &[Word],
    numbers: &[u16],
    held: &[u16],
    bare: bool,
) -> Option<usize> {
    if held.is_empty() || !numbers.starts_with(held) {
        return None;
    }
    let end = words.get(held.len() - 1)?.range.end;
    let next = words.get(held.len())?.range.start;
    let gap = &text[end..next];
    let new = text[next..].starts_with(char::is_uppercase);
    (new && (bare || gap.contains([',', ';', ':', ')', '\u{2014}'])))
        .then(|| end + gap.trim_end().len())
}

/// How many of the last words stand together somewhere in `held`.
fn longest_run_at_end(numbers: &[u16], held: &[u16]) -> usize {
    let mut longest = 0;
    for end in 1..=held.len() {
        let run = numbers
            .iter()
            .rev()
            .zip(held[..end].iter().rev())
            .take_while(|(a, b)| a == b)
            .count();
        longest = longest.max(run);
    }
    longest
}

/// What joins a reference to words behind it: a colon, a dash, a verb of speaking, a line break.
fn joint(page: &Page<'_>, end: usize) -> Option<(usize, Claim)> {
    let rest = &page.text[end..];
    let line = rest.trim_start_matches([' ', '\t', '*', '_', '\u{a0}']);
    if line.starts_with('\n') {
        let alone = page.text[..end].rsplit('\n').next().is_some_and(|line| {
            line.len() < 60 && line.trim_start_matches(['#', '*', ' ', '_']).len() < 50
        });
        let start = end + rest.len() - line.trim_start().len();
        return alone.then_some((start, Claim::Loose));
    }
    let body = line.trim_start_matches([':', '\u{2014}', '\u{2013}', '-', ',', ' ', '*', '_']);
    let mark = &line[..line.len() - body.len()];
    let start = end + rest.len() - body.len();
    if !mark.trim().is_empty() {
        return Some((start, Claim::Loose));
    }
    let mut words = page.words.iter().skip_while(|word| word.range.start < end);
    let verb = words.next()?;
    if SPEECH.binary_search(&verb.folded.as_str()).is_err() {
        return None;
    }
    let mut last = verb.range.end;
    let mut indirect = false;
    for word in words.take(2) {
        let next = page.text[last..word.range.start].trim().is_empty();
        if !next || !matches!(word.folded.as_str(), "us" | "me" | "that" | "this") {
            break;
        }
        indirect |= word.folded == "that";
        last = word.range.end;
    }
    let rest = &page.text[last..];
    let body = rest.trim_start_matches([' ', ':', ',', '\u{2014}', '\u{2013}', '\n', '*', '_']);
    let mark = &rest[..rest.len() - body.len()];
    let firm = mark.contains([':', ',']) && !indirect;
    Some((
        last + mark.len(),
        if firm { Claim::Firm } else { Claim::Loose },
    ))
}

/// `range` without white space at its ends.
fn trim(text: &str, range: &Range<usize>) -> Range<usize> {
    let within = &text[range.clone()];
    let start = range.start + within.len() - within.trim_start().len();
    start..(start + within.trim().len()).max(start)
}

/// `text` without what is neither letter nor digit at the sides asked for.
fn strip(text: &str, front: bool, back: bool) -> &str {
    let text = if front {
        text.trim_start_matches(|c: char| !c.is_alphanumeric())
    } else {
        text
    };
    if back {
        text.trim_end_matches(|c: char| !c.is_alphanumeric())
    } else {
        text
    }
}
