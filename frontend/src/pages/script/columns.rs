//! The columns that strip and chart share: one a schedule, the newest at the right. Pure.

/// How wide the text of a day is at most, in pixels.
const DAY: usize = 56;

/// Where the columns are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Columns {
    count: usize,
    width: usize,
}

impl Columns {
    /// Wide where there are few, and never narrower than what a finger hits.
    pub(super) fn of(count: usize) -> Self {
        let width = match count {
            0..=12 => 48,
            13..=24 => 36,
            25..=36 => 28,
            _ => 24,
        };
        Self { count, width }
    }

    /// How wide one is, in pixels.
    pub(super) fn width(self) -> usize {
        self.width
    }

    /// How wide all are together, in pixels.
    pub(super) fn total(self) -> usize {
        self.count * self.width
    }

    /// Where the middle of one is, in pixels from the left; 0 is the newest.
    pub(super) fn middle(self, place: usize) -> usize {
        (self.count - place) * self.width - self.width / 2
    }

    /// Whether the day of one is named: only as many are as can be read.
    pub(super) fn names_day(self, place: usize) -> bool {
        place.is_multiple_of(DAY.div_ceil(self.width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_the_rightmost() {
        let columns = Columns::of(3);
        assert_eq!(columns.total(), 144);
        assert_eq!(columns.middle(0), 120);
        assert_eq!(columns.middle(2), 24);
    }

    #[test]
    fn many_columns_are_narrow_and_name_few_days() {
        let columns = Columns::of(50);
        assert_eq!(columns.total(), 1_200);
        let named = (0..50).filter(|place| columns.names_day(*place));
        assert_eq!(named.take(3).collect::<Vec<_>>(), [0, 3, 6]);
    }
}
