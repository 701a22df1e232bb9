//! Parts of a message as they are sent, made once for all who ask for the same.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// The most parts that are kept of one message, each as large as the message. Scripts and pages ask for the same few; who asks for
/// something else has it made for themselves.
const KEPT: usize = 8;

/// Which part of an answer it is: of which question, and where it stands in that.
pub(crate) type Part = (u64, usize, usize);

/// The parts of one message that were made.
#[derive(Debug, Default)]
pub(crate) struct Parts(Mutex<Vec<(Part, Bytes)>>);

impl Parts {
    /// The part that is wanted, made where nobody asked for it before. Nothing comes of what can't be made.
    pub(crate) fn get(
        &self,
        wanted: Part,
        make: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Option<Bytes> {
        let known = self
            .known()
            .iter()
            .find(|(known, _)| *known == wanted)
            .map(|(_, part)| part.clone());
        // Two who ask at the same moment both make it, which is cheaper than to wait.
        known.or_else(|| {
            let part = Bytes::from(make()?);
            let mut known = self.known();
            if known.len() < KEPT {
                known.push((wanted, part.clone()));
            }
            Some(part)
        })
    }

    /// Nobody panics in the middle of a change to it.
    fn known(&self) -> MutexGuard<'_, Vec<(Part, Bytes)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_made_once() {
        let parts = Parts::default();
        let made = |wanted, text: &str| parts.get(wanted, || Some(text.into()));
        assert_eq!(made((1, 1, 1), "a").as_deref(), Some(b"a".as_slice()));
        assert_eq!(made((1, 1, 1), "b").as_deref(), Some(b"a".as_slice()));
        assert_eq!(made((1, 1, 9), "c").as_deref(), Some(b"c".as_slice()));
        assert_eq!(made((2, 1, 1), "d").as_deref(), Some(b"d".as_slice()));
    }

    #[test]
    fn what_cannot_be_made_is_asked_for_again() {
        let parts = Parts::default();
        assert_eq!(parts.get((1, 1, 1), || None), None);
        assert!(parts.get((1, 1, 1), || Some(Vec::new())).is_some());
    }

    #[test]
    fn few_are_kept() {
        let parts = Parts::default();
        for number in 0..100 {
            assert!(parts.get((number, 1, 1), || Some(Vec::new())).is_some());
        }
        assert_eq!(parts.known().len(), KEPT);
    }
}
