//! Reads that go on where they can: one whose connection goes away is done again over another one, for reading twice does
//! no harm.

use std::{future::Future, time::Instant};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    prelude::async_trait::async_trait,
};

use super::{ACQUIRE_DEADLINE, back_off, trouble::Trouble};

/// The way to single reads.
#[derive(Clone, Debug)]
pub struct Reader(DatabaseConnection);

impl Reader {
    pub(super) fn new(connection: DatabaseConnection) -> Self {
        Self(connection)
    }

    /// The connections themselves.
    pub(super) fn connections(&self) -> &DatabaseConnection {
        &self.0
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        patiently(|| self.0.query_one_raw(statement.clone())).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        patiently(|| self.0.query_all_raw(statement.clone())).await
    }

    async fn execute_raw(&self, _: Statement) -> Result<ExecResult, DbErr> {
        Err(only_reads())
    }

    async fn execute_unprepared(&self, _: &str) -> Result<ExecResult, DbErr> {
        Err(only_reads())
    }
}

/// Reads, and reads again while the database can't be reached, for as long as one waits for a connection. One that could
/// not be had was waited for already.
pub(super) async fn patiently<T, F>(mut read: impl FnMut() -> F) -> Result<T, DbErr>
where
    F: Future<Output = Result<T, DbErr>>,
{
    let give_up = Instant::now() + ACQUIRE_DEADLINE;
    let mut attempt = 1;
    loop {
        match read().await {
            Err(error) if may_pass(&error) && Instant::now() < give_up => {
                tokio::time::sleep(back_off(attempt)).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

fn may_pass(error: &DbErr) -> bool {
    !matches!(error, DbErr::ConnectionAcquire(_)) && Trouble::of(error) != Trouble::Lasting
}

fn only_reads() -> DbErr {
    DbErr::Custom("nothing is written over connections that read".to_owned())
}
