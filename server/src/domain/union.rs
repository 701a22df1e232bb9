//! Several queries as one statement, so that a page of objects costs one query for the rows that go with each.

use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, QuerySelect, QueryTrait, Select,
    sea_query::{Asterisk, Expr, Query, UnionType},
};

use crate::{error::Result, state::State};

/// How many queries become one statement.
const QUERIES_PER_STATEMENT: usize = 100;

/// The rows that each query finds. They come out of a union, which promises no order.
pub(crate) async fn rows_of_each<E, M>(
    state: &State,
    queries: impl Iterator<Item = Select<E>>,
) -> Result<Vec<Vec<M>>>
where
    E: EntityTrait,
    M: FromQueryResult,
{
    let queries: Vec<_> = queries.collect();
    let mut rows_of_each = Vec::with_capacity(queries.len());
    for some in queries.chunks(QUERIES_PER_STATEMENT) {
        rows_of_each.extend(rows_of_some(state, some).await?);
    }
    Ok(rows_of_each)
}

async fn rows_of_some<E, M>(state: &State, queries: &[Select<E>]) -> Result<Vec<Vec<M>>>
where
    E: EntityTrait,
    M: FromQueryResult,
{
    const PLACE: &str = "place";
    let mut rows_of_each: Vec<Vec<M>> = queries.iter().map(|_| Vec::new()).collect();
    let mut parts = queries.iter().enumerate().map(|(place, query)| {
        let place = i32::try_from(place).expect("there are 100 at the most");
        let query = query.clone().expr_as(Expr::val(place), PLACE).into_query();
        Query::select()
            .column(Asterisk)
            .from_subquery(query, "part")
            .take()
    });
    let Some(mut all) = parts.next() else {
        return Ok(rows_of_each);
    };
    all.unions(parts.map(|part| (UnionType::All, part)));
    for row in state.db.read().query_all(&all).await? {
        let place: i32 = row.try_get("", PLACE)?;
        let place = usize::try_from(place).expect("it was a place in the list");
        rows_of_each[place].push(M::from_query_result(&row, "")?);
    }
    Ok(rows_of_each)
}
