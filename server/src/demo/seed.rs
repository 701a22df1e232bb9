//! Chance, the same each time: every throw depends on the seed and on what it decides, and on nothing thrown before.

use std::fmt::Display;

use rand::{SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Where all chance comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed(pub(super) u64);

impl Seed {
    /// The dice for one question.
    pub(super) fn dice(self, question: &[&dyn Display]) -> StdRng {
        StdRng::from_seed(self.digest(question))
    }

    /// The name of one thing, of version 8: made of a SHA-256.
    pub(super) fn uuid(self, thing: &[&dyn Display]) -> Uuid {
        let digest = self.digest(thing);
        let (bytes, _) = digest
            .split_first_chunk()
            .expect("a digest has more bytes than a UUID");
        Builder::from_custom_bytes(*bytes).into_uuid()
    }

    /// Some characters that look like the name of a commit.
    pub(super) fn commit(self, of: &[&dyn Display]) -> String {
        hex::encode(&self.digest(of)[..4])
    }

    fn digest(self, parts: &[&dyn Display]) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(self.0.to_be_bytes());
        for part in parts {
            hash.update(part.to_string());
            hash.update([0]);
        }
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    #[test]
    fn the_same_question_has_the_same_answer() {
        let throw = |seed: u64, question: &str| Seed(seed).dice(&[&question]).random::<u64>();
        assert_eq!(throw(1, "one"), throw(1, "one"));
        assert_ne!(throw(1, "one"), throw(1, "other"));
        assert_ne!(throw(1, "one"), throw(2, "one"));
    }

    #[test]
    fn parts_do_not_run_into_one_another() {
        assert_ne!(Seed(1).uuid(&[&"ab", &"c"]), Seed(1).uuid(&[&"a", &"bc"]));
    }
}
