//! The algebra of time that schedules are made with.
//!
//! Rule of the house: an interval is half-open and never empty. What would be empty is `None`, so that a block without
//! duration can't slip into a schedule.

/// What lies from `start` on and before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval<T> {
    start: T,
    end: T,
}

impl<T: Ord + Copy> Interval<T> {
    /// From `start` until before `end`; nothing, unless that is later.
    pub(super) fn new(start: T, end: T) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// Where it begins.
    pub(super) fn start(self) -> T {
        self.start
    }

    /// Where it has ended.
    pub(super) fn end(self) -> T {
        self.end
    }

    /// What lies in both.
    pub(super) fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// What is left of this without the other: something before it, something after it.
    fn without(self, other: Self) -> [Option<Self>; 2] {
        [
            Self::new(self.start, self.end.min(other.start)),
            Self::new(self.start.max(other.end), self.end),
        ]
    }
}

/// Something that takes time, and stays itself when it is given another.
pub(super) trait Spanning<T>: Clone {
    /// The time that it takes.
    fn span(&self) -> Interval<T>;

    /// The same at another time.
    #[must_use]
    fn at(&self, span: Interval<T>) -> Self;
}

/// Blocks in the order of time, no two at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sequence<B>(Vec<B>);

impl<B> Sequence<B> {
    /// A sequence without blocks.
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// The blocks, in the order of time.
    pub(super) fn into_blocks(self) -> Vec<B> {
        self.0
    }

    /// Puts a block in. It replaces what it overlaps; what is left of a block on both sides stays, in two parts. Returns
    /// what was replaced.
    pub(super) fn replace<T: Ord + Copy>(&mut self, block: B) -> Vec<B>
    where
        B: Spanning<T>,
    {
        let span = block.span();
        let first = self
            .0
            .partition_point(|other| other.span().end <= span.start);
        let last = self
            .0
            .partition_point(|other| other.span().start < span.end);
        let touched = &self.0[first..last];
        let replaced = touched
            .iter()
            .filter_map(|other| Some(other.at(other.span().intersection(span)?)))
            .collect();
        let part = |other: Option<&B>, side: usize| {
            let other = other?;
            other.span().without(span)[side].map(|left| other.at(left))
        };
        let before = part(touched.first(), 0);
        let after = part(touched.last(), 1);
        let parts = before.into_iter().chain([block]).chain(after);
        self.0.splice(first..last, parts.collect::<Vec<_>>());
        replaced
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// A block that is known by a letter.
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Block(char, Interval<u8>);

    impl Spanning<u8> for Block {
        fn span(&self) -> Interval<u8> {
            self.1
        }

        fn at(&self, span: Interval<u8>) -> Self {
            Self(self.0, span)
        }
    }

    fn interval(start: u8, end: u8) -> Interval<u8> {
        Interval::new(start, end).expect("it has a duration")
    }

    /// What becomes of blocks that are put in one after another, as in `m1[0,4]`.
    fn merged(blocks: &[(&'static str, u8, u8)]) -> String {
        let mut sequence = Sequence::new();
        for (name, start, end) in blocks {
            sequence.replace(Named(name, interval(*start, *end)));
        }
        let show = |block: &Named| format!("{}[{},{}]", block.0, block.1.start, block.1.end);
        let shown: Vec<_> = sequence.0.iter().map(show).collect();
        shown.join(" ")
    }

    #[derive(Clone)]
    struct Named(&'static str, Interval<u8>);

    impl Spanning<u8> for Named {
        fn span(&self) -> Interval<u8> {
            self.1
        }

        fn at(&self, span: Interval<u8>) -> Self {
            Self(self.0, span)
        }
    }

    #[test]
    fn what_is_empty_is_nothing() {
        assert_eq!(Interval::new(3, 3), None);
        assert_eq!(Interval::new(4, 3), None);
        assert_eq!(interval(0, 2).intersection(interval(2, 4)), None);
    }

    #[test]
    fn a_block_replaces_what_it_overlaps() {
        let masters = [("m1", 0, 4), ("m2", 4, 6)];
        let with = |scans: &[(&'static str, u8, u8)]| merged(&[&masters, scans].concat());
        assert_eq!(with(&[("c", 1, 2)]), "m1[0,1] c[1,2] m1[2,4] m2[4,6]");
        assert_eq!(with(&[("c", 3, 5)]), "m1[0,3] c[3,5] m2[5,6]");
        assert_eq!(
            with(&[("c1", 1, 3), ("c2", 2, 5)]),
            "m1[0,1] c1[1,2] c2[2,5] m2[5,6]"
        );
        assert_eq!(with(&[("c", 0, 6)]), "c[0,6]");
        assert_eq!(with(&[("c", 6, 7)]), "m1[0,4] m2[4,6] c[6,7]");
    }

    fn any_interval() -> impl Strategy<Value = Interval<u8>> {
        (0..40_u8, 1..20_u8).prop_map(|(start, length)| interval(start, start + length))
    }

    fn any_blocks() -> impl Strategy<Value = Vec<Block>> {
        let spans = vec(any_interval(), 0..12);
        spans.prop_map(|spans| {
            ('a'..)
                .zip(spans)
                .map(|(name, span)| Block(name, span))
                .collect()
        })
    }

    fn length(span: Interval<u8>) -> u8 {
        span.end - span.start
    }

    proptest! {
        /// Cutting makes no time and loses none, and the parts lie apart, within what was cut.
        #[test]
        fn cutting_keeps_all_time(a in any_interval(), b in any_interval()) {
            let [before, after] = a.without(b);
            let both = a.intersection(b);
            let parts: Vec<_> = [before, both, after].into_iter().flatten().collect();
            prop_assert_eq!(parts.iter().map(|part| length(*part)).sum::<u8>(), length(a));
            prop_assert!(parts.iter().all(|part| a.intersection(*part) == Some(*part)));
            prop_assert!([before, after].iter().flatten().all(|part| b.intersection(*part).is_none()));
        }

        /// At every moment there is the block that was put there last, and no other; where none was put, there is none.
        #[test]
        fn the_last_one_wins_at_every_moment(blocks in any_blocks()) {
            let mut sequence = Sequence::new();
            for block in &blocks {
                sequence.replace(block.clone());
            }
            let there = |block: &&Block, moment: u8| block.1.start <= moment && moment < block.1.end;
            for moment in 0..=60 {
                let put = blocks.iter().rev().find(|block| there(block, moment));
                let kept: Vec<_> = sequence.0.iter().filter(|block| there(block, moment)).collect();
                prop_assert_eq!(put.map(|block| block.0), kept.first().map(|block| block.0));
                prop_assert!(kept.len() <= 1, "two blocks at {}", moment);
            }
            prop_assert!(sequence.0.is_sorted_by_key(|block| block.1.start));
        }

        /// What was replaced is told: with what is there now, it is all that ever came in.
        #[test]
        fn what_is_replaced_is_told(blocks in any_blocks()) {
            let mut sequence = Sequence::new();
            let mut replaced = Vec::new();
            for block in &blocks {
                replaced.extend(sequence.replace(block.clone()));
            }
            let total = |blocks: &[Block]| blocks.iter().map(|block| u32::from(length(block.1))).sum::<u32>();
            prop_assert_eq!(total(&replaced) + total(&sequence.0), total(&blocks));
        }
    }
}
