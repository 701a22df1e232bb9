//! Bytes into lines. Pure: nothing here reads or writes.

/// The most bytes of a line. A longer one is split.
pub(super) const LINE_BYTES: usize = 8 * 1024;

/// Cuts a stream of bytes into lines, whatever the pieces are that it comes in.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// Takes a piece, and gives the lines that are complete with it.
    pub(super) fn take(&mut self, piece: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(part);
            while self.rest.len() > LINE_BYTES {
                let at = character_before(&self.rest, LINE_BYTES);
                let tail = self.rest.split_off(at);
                lines.push(text(&std::mem::replace(&mut self.rest, tail)));
            }
            if self.rest.last() == Some(&b'\n') {
                lines.push(text(&self.rest));
                self.rest.clear();
            }
        }
        lines
    }

    /// The last line, where the stream ended without ending it.
    pub(super) fn finish(self) -> Option<String> {
        (!self.rest.is_empty()).then(|| text(&self.rest))
    }
}

/// A position at or before `at` where no character of UTF-8 is cut in two.
fn character_before(bytes: &[u8], at: usize) -> usize {
    let is_start = |position: &usize| bytes[*position] & 0b1100_0000 != 0b1000_0000;
    (at.saturating_sub(3)..=at)
        .rev()
        .find(is_start)
        .unwrap_or(at)
}

/// A line without its end. What is no UTF-8 is replaced.
fn text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(pieces: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut all: Vec<_> = pieces.iter().flat_map(|piece| lines.take(piece)).collect();
        all.extend(lines.finish());
        all
    }

    #[test]
    fn a_line_may_come_in_pieces() {
        assert_eq!(
            all(&[b"on", b"e\ntwo\n\nfo", b"ur"]),
            ["one", "two", "", "four"]
        );
        assert_eq!(all(&[b"one\r", b"\ntwo\r\n"]), ["one", "two"]);
    }

    #[test]
    fn what_is_no_utf_8_is_replaced() {
        assert_eq!(all(&[b"a\xffb\n"]), ["a\u{fffd}b"]);
    }

    #[test]
    fn a_long_line_is_split_between_characters() {
        let long = "€".repeat(10_000);
        let lines = all(&[long.as_bytes(), b"\n"]);
        assert_eq!(lines.concat(), long);
        assert!(lines.iter().all(|line| line.len() <= LINE_BYTES));
        assert_eq!(lines.len(), 4);
    }

    proptest! {
        #[test]
        fn the_pieces_make_no_difference(text in "[a€\n]{0,300}", size in 1_usize..7) {
            let pieces: Vec<_> = text.as_bytes().chunks(size).collect();
            prop_assert_eq!(all(&pieces), text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
