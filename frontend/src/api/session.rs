//! Who is signed in: logging in and out, and the viewer.

use cynic::QueryBuilder;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Api,
    error::{Code, Error},
    http::{self, Answer},
    schema,
};

/// Who is signed in, as far as the page knows.
#[derive(Clone, Debug, PartialEq)]
pub enum Session {
    /// The server has not been asked, or has not answered yet.
    Unknown,
    /// A client with a valid session.
    SignedIn(Viewer),
    /// Nobody, and the server lets everybody read.
    Anonymous,
    /// Nobody, and the server wants to know who reads.
    SignedOut,
}

impl Session {
    /// Whether whoever is signed in has at least this role.
    pub fn may(&self, role: Role) -> bool {
        matches!(self, Self::SignedIn(viewer) if viewer.role >= role)
    }

    /// Whether whoever is signed in may report to a schedule of this client, and close it.
    pub fn may_report_for(&self, client: &str) -> bool {
        let own = matches!(self, Self::SignedIn(viewer) if viewer.name == client);
        self.may(Role::Operator) || (own && self.may(Role::Reporter))
    }
}

/// What an API client may do; each role may do all that the one before may.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Also opens schedules and reports to its own.
    Reporter,
    /// Also does so for anyone's.
    Operator,
    /// Also manages clients, amends and deletes.
    Admin,
}

/// The API client that the session belongs to.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Client")]
pub struct Viewer {
    /// Its unique name.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct ViewerQuery {
    viewer: Option<Viewer>,
}

#[derive(Serialize)]
struct Credentials<'a> {
    token: &'a str,
}

/// The body of a refusal outside of GraphQL.
#[derive(Deserialize)]
struct Refusal {
    error: RefusalDetail,
}

#[derive(Deserialize)]
struct RefusalDetail {
    #[serde(default)]
    code: Code,
    message: String,
}

impl Api {
    /// Asks the server who is signed in.
    pub async fn load_viewer(self) -> Result<(), Error> {
        let viewer = self.query(ViewerQuery::build(())).await?.viewer;
        self.session
            .set(viewer.map_or(Session::Anonymous, Session::SignedIn));
        Ok(())
    }

    /// Trades a token for a session, which the browser keeps in a cookie that no script can read.
    pub async fn log_in(self, token: &str) -> Result<(), Error> {
        let body = http::to_json(&Credentials { token });
        accepted(&http::post("/login", body).await?)?;
        // The socket that may still be open is another client's, or nobody's.
        self.socket.disconnect();
        self.session.set(Session::Unknown);
        Ok(())
    }

    /// Ends the session, here and on the server.
    pub async fn log_out(self) -> Result<(), Error> {
        accepted(&http::post("/logout", "{}".to_owned()).await?)?;
        self.session.set(Session::SignedOut);
        Ok(())
    }
}

/// Turns an answer without success into the error that its body explains.
fn accepted(answer: &Answer) -> Result<(), Error> {
    if answer.is_success() {
        return Ok(());
    }
    let Refusal { error } = answer.json()?;
    Err(Error::Refused {
        code: error.code,
        message: error.message,
        field: None,
    })
}
