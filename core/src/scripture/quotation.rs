//! What is set apart as a quotation: in quotation marks, in italics, as a block.

use std::ops::Range;

/// A stretch of text that is set apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quotation {
    /// With its marks.
    pub outer: Range<usize>,
    /// Without them.
    pub inner: Range<usize>,
}

/// Everything in `text` that is set apart, in order of its beginning. Marks that are never closed
/// run to the end of their paragraph.
pub(super) fn quotations(text: &str) -> Vec<Quotation> {
    let mut found = Vec::new();
    let mut start = 0;
    for paragraph in text.split("\n\n") {
        let range = start..start + paragraph.len();
        marked(text, &range, &mut found);
        blocks(text, &range, &mut found);
        start = range.end + 2;
    }
    found.sort_by_key(|quotation| {
        (
            quotation.outer.start,
            std::cmp::Reverse(quotation.outer.end),
        )
    });
    found
}

/// The sign that closes what `c` opens.
fn closing(c: char) -> Option<&'static [char]> {
    Some(match c {
        '"' => &['"', '\u{201d}'],
        '\u{201c}' | '\u{201e}' => &['\u{201d}', '\u{201c}', '"'],
        '\u{ab}' => &['\u{bb}'],
        '\u{bb}' => &['\u{ab}'],
        '\u{2039}' => &['\u{203a}'],
        '\u{2018}' | '\u{201a}' => &['\u{2019}', '\u{2018}', '\''],
        '\'' => &['\'', '\u{2019}'],
        '*' => &['*'],
        '_' => &['_'],
        _ => return None,
    })
}

fn marked(text: &str, paragraph: &Range<usize>, found: &mut Vec<Quotation>) {
    let mut outer_end = paragraph.start;
    let mut italic_end = paragraph.start;
    let mut before = ' ';
    for (at, c) in text[paragraph.clone()].char_indices() {
        let at = paragraph.start + at;
        let after_opener = at + c.len_utf8();
        let opens = closing(c).filter(|_| {
            let next = text[after_opener..paragraph.end].chars().next();
            next.is_some_and(|next| !next.is_whitespace())
                && !before.is_alphanumeric()
                && (c != '\u{bb}' || before.is_whitespace())
        });
        let italic = matches!(c, '*' | '_');
        let from = if italic { italic_end } else { outer_end };
        if let Some(closers) = opens
            && at >= from
            && !(italic && before == c)
        {
            let mut inner = after_opener..paragraph.end;
            while italic && text[inner.clone()].starts_with(c) {
                inner.start += 1;
            }
            let closer = close(text, &inner, c, closers);
            // A mark that looks like an apostrophe or a bullet and is never closed is none.
            let unsure = italic || matches!(c, '\'' | '\u{2018}' | '\u{201a}');
            if let Some(end) = closer.or((!unsure).then_some(paragraph.end)) {
                inner.end = end;
                let mut outer = at..end;
                while let Some(last) = text[outer.end..paragraph.end].chars().next() {
                    if !closers.contains(&last) {
                        break;
                    }
                    outer.end += last.len_utf8();
                    if !italic {
                        break;
                    }
                }
                *if italic {
                    &mut italic_end
                } else {
                    &mut outer_end
                } = outer.end;
                if inner.start < inner.end {
                    found.push(Quotation { outer, inner });
                }
            }
        }
        before = c;
    }
}

/// Where the quotation that `opener` began ends: before the closing sign.
fn close(text: &str, inner: &Range<usize>, opener: char, closers: &[char]) -> Option<usize> {
    let single = closers.contains(&'\u{2019}');
    let mut before = opener;
    let mut fallback = None;
    for (offset, c) in text[inner.clone()].char_indices() {
        let at = inner.start + offset;
        let rest = &text[at + c.len_utf8()..inner.end];
        let next = rest.chars().next();
        if single && c == '\u{2018}' && opener == c && before.is_whitespace() {
            break;
        }
        if closers.contains(&c) && !before.is_whitespace() {
            if !single {
                // A low or doubled opener may be closed by the sign that opens elsewhere.
                if c != '\u{201c}' || opener == '\u{201e}' {
                    return Some(at);
                }
            } else if !next.is_some_and(char::is_alphanumeric) {
                // The last sign of "fathers’ houses" is an apostrophe.
                let behind = rest.trim_start();
                if behind.is_empty()
                    || behind.starts_with(['(', '[', '\u{2014}', '\u{2013}', '-', '*', '_'])
                {
                    return Some(at);
                }
                if fallback.is_none() && (!before.is_alphanumeric() || next != Some(' ')) {
                    fallback = Some(at);
                }
                fallback = fallback.or_else(|| (before != 's').then_some(at));
            }
        }
        before = c;
    }
    fallback
}

/// Lines that begin with `>`.
fn blocks(text: &str, paragraph: &Range<usize>, found: &mut Vec<Quotation>) {
    let mut at = paragraph.start;
    let mut open: Option<Quotation> = None;
    for line in text[paragraph.clone()].split_inclusive('\n') {
        let end = at + line.trim_end().len();
        if let Some(content) = line.trim_start().strip_prefix('>') {
            let start = at + line.len() - content.trim_start_matches(['>', ' ']).len();
            let block = open.get_or_insert(Quotation {
                outer: at..end,
                inner: start.min(end)..end,
            });
            block.outer.end = end;
            block.inner.end = end;
        } else {
            found.extend(open.take());
        }
        at += line.len();
    }
    found.extend(open.filter(|block| block.inner.start < block.inner.end));
}
