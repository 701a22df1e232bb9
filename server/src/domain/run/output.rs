//! What runs wrote.

use std::collections::HashMap;

use entity::{
    RunId,
    run_output::{Column, Entity, Model},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::{
    domain::{actor::Viewer, union},
    error::{Error, Result},
    state::State,
};

/// The most lines that are read at once.
pub const LINES: i32 = 1_000;

/// Lines of one run: at most `first`, after the line `after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinesOf {
    /// The run.
    pub run: RunId,
    /// The last line that is known already; 0 for none.
    pub after: i32,
    /// The most lines.
    pub first: i32,
}

impl LinesOf {
    /// Checks what was asked for.
    pub fn new(run: RunId, after: i32, first: i32) -> Result<Self> {
        if after < 0 {
            return Err(Error::validation("after", "must not be negative"));
        }
        if !(1..=LINES).contains(&first) {
            let message = format!("must be between 1 and {LINES}, and is {first}");
            return Err(Error::validation("first", message));
        }
        Ok(Self { run, after, first })
    }

    fn query(&self) -> Select<Entity> {
        Entity::find()
            .filter(Column::RunId.eq(self.run))
            .filter(Column::Seq.gt(self.after))
            .order_by_asc(Column::Seq)
            .limit(u64::from(self.first.unsigned_abs()))
    }
}

/// Lines of several runs, many with one statement.
pub async fn lines(
    state: &State,
    _: &Viewer,
    parts: &[LinesOf],
) -> Result<HashMap<LinesOf, Vec<Model>>> {
    let queries = parts.iter().map(LinesOf::query);
    let rows = union::rows_of_each::<Entity, Model>(state, queries).await?;
    let sorted = |(part, mut lines): (&LinesOf, Vec<Model>)| {
        lines.sort_by_key(|line| line.seq);
        (*part, lines)
    };
    Ok(parts.iter().zip(rows).map(sorted).collect())
}

/// The next lines of one run.
pub async fn lines_after(
    connection: &impl ConnectionTrait,
    _: &Viewer,
    part: LinesOf,
) -> Result<Vec<Model>> {
    Ok(part.query().all(connection).await?)
}
