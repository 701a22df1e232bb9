//! Pages by keyset: a page begins where a key says, never at an offset, so that the thousandth costs what the first does.

/// Which part of an ordered list is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slice<K> {
    /// Only what comes after this key.
    pub after: Option<K>,
    /// Only what comes before this key.
    pub before: Option<K>,
    /// The most items.
    pub limit: usize,
    /// Whether the limit keeps the last items of the part instead of the first.
    pub from_end: bool,
}

impl<K> Slice<K> {
    /// The first items of the list.
    pub fn first(limit: usize) -> Self {
        Self {
            after: None,
            before: None,
            limit,
            from_end: false,
        }
    }

    /// How many rows to read: one more than asked for tells whether there is more.
    pub fn rows(&self) -> u64 {
        self.limit as u64 + 1
    }

    /// Makes a page of the rows that were read, in the direction in which they were read.
    pub fn page<T>(&self, mut rows: Vec<T>) -> Page<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        if self.from_end {
            rows.reverse();
        }
        Page {
            items: rows,
            has_previous: if self.from_end {
                more
            } else {
                self.after.is_some()
            },
            has_next: if self.from_end {
                self.before.is_some()
            } else {
                more
            },
        }
    }
}

/// Some items of a list, in the list's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether there are items before these.
    pub has_previous: bool,
    /// Whether there are items after these.
    pub has_next: bool,
}

impl<T> Page<T> {
    /// The same page with other items; those that become nothing are left out.
    pub fn filter_map<U>(self, change: impl FnMut(T) -> Option<U>) -> Page<U> {
        Page {
            items: self.items.into_iter().filter_map(change).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            has_previous: false,
            has_next: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_too_many_says_that_there_is_more() {
        let page = Slice::<i32>::first(2).page(vec![1, 2, 3]);
        assert_eq!(page.items, [1, 2]);
        assert!(page.has_next && !page.has_previous);
    }

    #[test]
    fn a_page_from_the_end_is_turned_around() {
        let slice = Slice {
            before: Some(9),
            from_end: true,
            ..Slice::first(2)
        };
        let page = slice.page(vec![8, 7, 6]);
        assert_eq!(page.items, [7, 8]);
        assert!(page.has_next && page.has_previous);
    }
}
