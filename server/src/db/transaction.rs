//! A transaction that writes.

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    prelude::async_trait::async_trait,
};

use super::turns::Turn;

/// A transaction that writes, taken back where it is not committed.
#[derive(Debug)]
pub struct WriteTransaction {
    inner: DatabaseTransaction,
    /// In a file, until it is over.
    _turn: Option<Turn>,
}

impl WriteTransaction {
    pub(super) fn new(inner: DatabaseTransaction, turn: Option<Turn>) -> Self {
        Self { inner, _turn: turn }
    }

    /// The transaction itself.
    pub(super) fn inner(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// Commits it.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await
    }
}

#[async_trait]
impl ConnectionTrait for WriteTransaction {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.inner.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.inner.query_all_raw(statement).await
    }
}
