//! A database of a story's own: a SQLite file, or a database on a MariaDB server. Gone when the story ends.
//!
//! The server under test gets its URL. The story itself may look inside with plain SQL, for what the API doesn't show,
//! or to stand in the server's way on purpose.

use std::net::SocketAddr;
use std::path::Path;

use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr, QueryResult, Statement, TryGetable,
};
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;

use self::mariadb::MariaDbServer;
use crate::wait::{PATIENCE, within};

pub mod mariadb;

/// A fresh and empty database.
pub struct Database {
    url: String,
    keep: Keep,
}

/// What must live, and be removed, with the database.
enum Keep {
    Folder(#[expect(dead_code, reason = "held for its Drop")] TempDir),
    Elsewhere,
    Schema { server: MariaDbServer, name: String },
}

impl Database {
    /// A SQLite file in a temporary folder.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut database = Self::sqlite_in(folder.path());
        database.keep = Keep::Folder(folder);
        database
    }

    /// A SQLite file in a folder that is the story's own.
    pub fn sqlite_in(folder: &Path) -> Self {
        let file = folder.join("daybook.db");
        Self {
            url: format!("sqlite://{}?mode=rwc", file.display()),
            keep: Keep::Elsewhere,
        }
    }

    /// A database on the MariaDB server that `TEST_MYSQL_URL` names, or else on one started for this story alone.
    pub async fn mariadb() -> Self {
        Self::mariadb_created_with("").await
    }

    /// A database on a MariaDB server that was started for this story alone, which may stop it.
    pub async fn on_own_mariadb() -> Self {
        Self::created_on(MariaDbServer::start().await, "").await
    }

    /// A database on the usual MariaDB server, made with further clauses of `CREATE DATABASE`, such as another character set.
    pub async fn mariadb_created_with(clauses: &str) -> Self {
        Self::created_on(MariaDbServer::given_or_started().await, clauses).await
    }

    async fn created_on(server: MariaDbServer, clauses: &str) -> Self {
        let name = format!("daybook_test_{}", Uuid::new_v4().simple());
        let admin = connect(server.url().as_str()).await;
        admin
            .execute_unprepared(&format!("CREATE DATABASE {name} {clauses}"))
            .await
            .expect("the test user may create databases");
        admin.close().await.expect("the connection closes");
        let mut url = server.url().clone();
        url.set_path(&name);
        Self {
            url: url.into(),
            keep: Keep::Schema { server, name },
        }
    }

    /// What to give to Daybook as `DATABASE_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether this is the MariaDB one.
    pub fn is_mariadb(&self) -> bool {
        matches!(self.keep, Keep::Schema { .. })
    }

    /// What it is called on the MariaDB server.
    pub fn name(&self) -> &str {
        let Keep::Schema { name, .. } = &self.keep else {
            panic!("a SQLite file has no name")
        };
        name
    }

    /// The MariaDB server itself.
    pub fn server(&mut self) -> &mut MariaDbServer {
        let Keep::Schema { server, .. } = &mut self.keep else {
            panic!("a SQLite file has no server")
        };
        server
    }

    /// Where the MariaDB server listens.
    pub fn address(&self) -> SocketAddr {
        let Keep::Schema { server, .. } = &self.keep else {
            panic!("a SQLite file listens nowhere")
        };
        server.address()
    }

    /// The URL of this database for another user.
    pub fn url_as(&self, user: &str) -> String {
        let mut url = Url::parse(&self.url).expect("a URL of our own");
        url.set_username(user).expect("a URL with a host");
        url.into()
    }

    /// The URL of this database behind a proxy.
    pub fn url_through(&self, proxy: SocketAddr) -> String {
        let mut url = Url::parse(&self.url).expect("a URL of our own");
        url.set_ip_host(proxy.ip()).expect("a URL with a host");
        url.set_port(Some(proxy.port())).expect("a URL with a host");
        url.into()
    }

    /// One connection for plain SQL.
    pub async fn connect(&self) -> DatabaseConnection {
        connect(&self.url).await
    }

    /// The first column of the first row that `sql` selects.
    pub async fn value<T: TryGetable>(&self, sql: &str) -> T {
        let rows = self.column(sql).await;
        rows.into_iter()
            .next()
            .unwrap_or_else(|| panic!("no row: {sql}"))
    }

    /// The first column of all rows that `sql` selects.
    pub async fn column<T: TryGetable>(&self, sql: &str) -> Vec<T> {
        self.rows(sql)
            .await
            .iter()
            .map(|row| {
                row.try_get_by_index(0)
                    .unwrap_or_else(|error| panic!("{error}: {sql}"))
            })
            .collect()
    }

    /// All rows that `sql` selects.
    pub async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let rows = async {
            let connection = self.connect().await;
            let statement = Statement::from_string(connection.get_database_backend(), sql);
            let rows = connection
                .query_all_raw(statement)
                .await
                .unwrap_or_else(|error| panic!("{error}: {sql}"));
            connection.close().await.expect("the connection closes");
            rows
        };
        // In a box: what a connection is made of is too deep for the compiler otherwise.
        within(sql, PATIENCE, Box::pin(rows)).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Keep::Schema { server, name } = &self.keep else {
            return;
        };
        if server.is_own() {
            return; // gone with its server
        }
        let (url, name) = (server.url().to_string(), name.clone());
        // A thread with a runtime of its own: the story's runtime may be the one that is dropping this.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(drop_schema(&url, &name))
        });
        if !matches!(dropping.join(), Ok(Ok(()))) {
            eprintln!("a database is left behind on the MariaDB server");
        }
    }
}

async fn drop_schema(url: &str, name: &str) -> Result<(), DbErr> {
    let admin = connect(url).await;
    // Not the default of a day: a story that failed may have left a transaction behind.
    admin
        .execute_unprepared("SET lock_wait_timeout = 10")
        .await?;
    admin
        .execute_unprepared(&format!("DROP DATABASE IF EXISTS {name}"))
        .await?;
    admin.close().await
}

/// How to open one connection. A task of the pool's own would look after it, and go round for ever where it miscounts.
pub fn one_connection(url: impl Into<String>) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false);
    options
}

async fn connect(url: &str) -> DatabaseConnection {
    sea_orm::Database::connect(one_connection(url))
        .await
        .unwrap_or_else(|error| panic!("{error}: {url}"))
}
