//! Server-sent events, as far as model servers use them (WHATWG HTML, section 9.2).

/// The longest event that is believed, in bytes. Real ones have some 300.
const MAX_EVENT: usize = 64 * 1024;

/// Puts events together from chunks that are cut anywhere.
///
/// Only `data` matters here; comments and other fields are passed over. Bytes stay bytes until an
/// event is whole, so that a cut inside a character does no harm.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// What came after the last whole line.
    rest: Vec<u8>,
    /// How much of `rest` is known to hold no end of line.
    searched: usize,
    /// The data lines of the event so far, joined by line feeds.
    data: Vec<u8>,
    has_data: bool,
    /// The last line ended with a carriage return: a line feed at once is part of that end.
    after_return: bool,
}

/// An event longer than [`MAX_EVENT`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Events {
    /// Takes the next bytes and hands each whole event's data on, in order.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        mut on_event: impl FnMut(&[u8]),
    ) -> Result<(), TooLong> {
        if self.after_return && !bytes.is_empty() {
            self.after_return = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        self.rest.extend_from_slice(bytes);
        let buffer = std::mem::take(&mut self.rest);
        let mut start = 0;
        let mut from = self.searched;
        while let Some(length) = buffer[from..]
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
        {
            let end = from + length;
            self.line(&buffer[start..end], &mut on_event)?;
            start = end + 1;
            if buffer[end] == b'\r' {
                match buffer.get(start) {
                    Some(b'\n') => start += 1,
                    Some(_) => {}
                    None => self.after_return = true,
                }
            }
            from = start;
        }
        if buffer.len() - start > MAX_EVENT {
            return Err(TooLong);
        }
        self.rest = buffer;
        self.rest.drain(..start);
        self.searched = self.rest.len();
        Ok(())
    }

    /// The body has ended: hands on a last event that lacks its blank line. The standard drops
    /// it; a server that forgot the line still meant it.
    pub(crate) fn end(&mut self, mut on_event: impl FnMut(&[u8])) -> Result<(), TooLong> {
        let rest = std::mem::take(&mut self.rest);
        self.searched = 0;
        self.line(&rest, &mut on_event)?;
        self.line(b"", &mut on_event)
    }

    fn line(&mut self, line: &[u8], on_event: &mut impl FnMut(&[u8])) -> Result<(), TooLong> {
        if line.is_empty() {
            if std::mem::take(&mut self.has_data) {
                on_event(&self.data);
            }
            self.data.clear();
            return Ok(());
        }
        let Some(value) = line.strip_prefix(b"data") else {
            return Ok(());
        };
        let value = match value {
            [] => value,
            [b':', b' ', value @ ..] | [b':', value @ ..] => value,
            _ => return Ok(()),
        };
        if self.data.len() + value.len() >= MAX_EVENT {
            return Err(TooLong);
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(chunks: &[&[u8]]) -> Vec<String> {
        let mut decoder = Events::default();
        let mut events = Vec::new();
        let mut keep = |data: &[u8]| events.push(String::from_utf8(data.to_vec()).unwrap());
        for chunk in chunks {
            decoder.push(chunk, &mut keep).unwrap();
        }
        decoder.end(&mut keep).unwrap();
        events
    }

    #[test]
    fn reads_what_the_standard_shows() {
        // The examples of section 9.2.6, and one of each end of line.
        assert_eq!(
            all(&[b"data: YHOO\ndata: +2\ndata: 10\n\n"]),
            ["YHOO\n+2\n10"]
        );
        assert_eq!(all(&[b"data\n\ndata\ndata\n\ndata:"]), ["", "\n", ""]);
        assert_eq!(all(&[b"data:test\n\ndata: test\n\n"]), ["test", "test"]);
        assert_eq!(
            all(&[b": a comment\r\nevent: add\r\nid: 1\r\ndata:  two\r\n\r\n"]),
            [" two"]
        );
        assert_eq!(all(&[b"data: a\r\rdata: b\r\r"]), ["a", "b"]);
        assert_eq!(all(&[b"database: a\n\n"]), Vec::<String>::new());
    }

    #[test]
    fn a_cut_between_return_and_feed_is_one_end_of_line() {
        assert_eq!(
            all(&[
                b"data: a\r",
                b"\ndata: b\r",
                b"",
                b"\n\r",
                b"\ndata: c\r\n\r\n"
            ]),
            ["a\nb", "c"]
        );
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut decoder = Events::default();
        let endless = vec![b'x'; MAX_EVENT];
        assert_eq!(decoder.push(b"data: ", |_| ()), Ok(()));
        assert_eq!(decoder.push(&endless, |_| ()), Err(TooLong));
        let mut decoder = Events::default();
        let line = [b"data: ".as_slice(), &vec![b'x'; 1_000], b"\n"].concat();
        let taken = (0..1_000)
            .take_while(|_| decoder.push(&line, |_| ()).is_ok())
            .count();
        assert_eq!(taken, 65);
    }

    proptest! {
        #[test]
        fn where_it_is_cut_changes_nothing(
            text in "(data: ?[a-zäé😀]{0,5}|: x|event: y|)(\n|\r\n|\r)(\n|\r\n|\r)?",
            more in prop::collection::vec("(data: ?[a-zäé😀]{0,5}|: x|)(\n|\r\n|\r){1,2}", 0..8),
            cuts in prop::collection::vec(0usize..200, 0..10),
        ) {
            let whole = [vec![text], more].concat().concat();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (whole.len() + 1)).collect();
            cuts.extend([0, whole.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &whole.as_bytes()[pair[0]..pair[1]]).collect();
            prop_assert_eq!(all(&chunks), all(&[whole.as_bytes()]));
        }

        #[test]
        fn any_bytes_do_no_harm(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20)) {
            let mut decoder = Events::default();
            for chunk in &chunks {
                let _ = decoder.push(chunk, |_| ());
            }
            let _ = decoder.end(|_| ());
        }
    }
}
