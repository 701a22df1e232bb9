//! Plain SQL in the middle of a transaction, whichever way that goes to its database.

use std::{borrow::Cow, future::Future};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

use super::fetch::{Columns, FromColumns, Select};

/// Where plain statements go.
pub(crate) trait Plain: Sync {
    /// The kind of database at the other end.
    fn backend(&self) -> DbBackend;

    /// Reads the rows of a statement.
    fn fetch<T: FromColumns>(
        &self,
        select: Select,
    ) -> impl Future<Output = Result<Vec<T>, DbErr>> + Send;

    /// Executes a statement that changes something, with its values.
    fn change(
        &self,
        text: Cow<'static, str>,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<(), DbErr>> + Send;
}

impl<C: ConnectionTrait> Plain for C {
    fn backend(&self) -> DbBackend {
        self.get_database_backend()
    }

    async fn fetch<T: FromColumns>(&self, select: Select) -> Result<Vec<T>, DbErr> {
        let statement = Statement::from_sql_and_values(self.backend(), select.text, select.values);
        let rows = self.query_all_raw(statement).await?;
        rows.iter()
            .map(|row| T::from_columns(&mut Columns::of_driver(row)))
            .collect()
    }

    async fn change(&self, text: Cow<'static, str>, values: Vec<Value>) -> Result<(), DbErr> {
        let statement = Statement::from_sql_and_values(self.backend(), text, values);
        self.execute_raw(statement).await?;
        Ok(())
    }
}
