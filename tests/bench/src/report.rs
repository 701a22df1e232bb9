//! The report, in Markdown: the claims first, then all figures.

use std::{fmt::Write, time::Duration};

use crate::{claim::Claim, extent::Extent, machine, table::Table};

/// A report that grows.
pub(crate) struct Report {
    head: String,
    claims: Vec<Claim>,
    sections: String,
}

impl Report {
    /// A report without figures.
    pub(crate) fn new(extent: &Extent, left_out: &[String]) -> Self {
        let day = chrono::Utc::now().format("%F");
        let mut head = format!(
            "Measured on {day} ({}): {}.\n",
            extent.name,
            machine::described()
        );
        for left_out in left_out {
            let _ = write!(head, "\n**Left out**: {left_out}.\n");
        }
        Self {
            head,
            claims: Vec::new(),
            sections: String::new(),
        }
    }

    /// Adds a claim.
    pub(crate) fn claim(&mut self, claim: Claim) {
        self.claims.push(claim);
    }

    /// Adds a table of figures.
    pub(crate) fn section(&mut self, title: &str, table: &Table) {
        eprintln!("\n{title}\n\n{table}");
        let _ = write!(self.sections, "\n### {title}\n\n{table}");
    }

    /// Adds a sentence below the last table.
    pub(crate) fn remark(&mut self, sentence: &str) {
        let _ = write!(self.sections, "\n{sentence}\n");
    }

    /// The whole text.
    pub(crate) fn finish(self, took: Duration) -> String {
        let mut table = Table::new(&["", "wanted", "measured", "holds"]);
        for claim in &self.claims {
            table.row(claim.row());
        }
        format!(
            "{}\nThe run took {} s.\n\n{table}{}",
            self.head,
            took.as_secs(),
            self.sections
        )
    }
}
