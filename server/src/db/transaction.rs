//! A transaction that writes.

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    prelude::async_trait::async_trait,
};

use super::{trouble::Trouble, turns::Turn};

/// Where a transaction at a node of a Galera cluster begins.
const BEGINNING: &str = "SAVEPOINT beginning";

/// Fails where that is gone.
const IS_WHOLE: &str = "RELEASE SAVEPOINT beginning";

/// A transaction that writes, taken back where it is not committed.
///
/// A node of a Galera cluster takes a transaction back by itself, when another node commits what collides with it. It says
/// so in answer to the statement at hand, or to the next; but where that is just being prepared, MariaDB forgets to. What
/// follows would be committed without what came before, and without its locks. So a savepoint marks the beginning, which
/// goes with all the rest, and nothing is committed where it is gone. Nor is a statement's complaint believed there.
#[derive(Debug)]
pub struct WriteTransaction {
    inner: DatabaseTransaction,
    has_savepoint: bool,
    /// In a file, until it is over.
    _turn: Option<Turn>,
}

impl WriteTransaction {
    pub(super) fn new(inner: DatabaseTransaction) -> Self {
        Self {
            inner,
            has_savepoint: false,
            _turn: None,
        }
    }

    /// One that was begun in a file.
    pub(super) fn in_file(inner: DatabaseTransaction, turn: Turn) -> Self {
        Self {
            _turn: Some(turn),
            ..Self::new(inner)
        }
    }

    /// One that was begun at a node of a cluster.
    pub(super) async fn at_node(inner: DatabaseTransaction) -> Result<Self, DbErr> {
        inner.execute_unprepared(BEGINNING).await?;
        Ok(Self {
            has_savepoint: true,
            ..Self::new(inner)
        })
    }

    /// The transaction itself.
    pub(super) fn inner(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// Commits it.
    pub async fn commit(self) -> Result<(), DbErr> {
        if self.has_savepoint {
            self.inner.execute_unprepared(IS_WHOLE).await?;
        }
        self.inner.commit().await
    }

    /// What came of a statement. One that fails for good may only have found what others wrote meanwhile.
    async fn outcome<T>(&self, outcome: Result<T, DbErr>) -> Result<T, DbErr> {
        if let Err(error) = &outcome
            && self.has_savepoint
            && Trouble::of(error) == Trouble::Lasting
        {
            self.inner.execute_unprepared(IS_WHOLE).await?;
            self.inner.execute_unprepared(BEGINNING).await?;
        }
        outcome
    }
}

#[async_trait]
impl ConnectionTrait for WriteTransaction {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.outcome(self.inner.execute_raw(statement).await).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.outcome(self.inner.execute_unprepared(sql).await).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.outcome(self.inner.query_one_raw(statement).await)
            .await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.outcome(self.inner.query_all_raw(statement).await)
            .await
    }
}
