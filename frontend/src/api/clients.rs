//! API clients: listed, made, given new tokens, revoked. All of it needs the role ADMIN.

use cynic::{MutationBuilder, QueryBuilder};

use super::{
    Api, error::Error, keywords::keywords, page::PageInfo, scalars::DateTime,
    schedules::ClientName, schema, session::Role,
};

/// How many clients one page of the list holds.
const PAGE_SIZE: i32 = 100;

// From the least to the most that a client may do.
keywords!(Role {
    Viewer = "VIEWER",
    Reporter = "REPORTER",
    Operator = "OPERATOR",
    Admin = "ADMIN",
});

/// An API identity with a token and a role.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Client {
    /// Its unique name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The first characters of its token.
    pub token_prefix: String,
    /// When it was made.
    pub created_time: DateTime,
    /// When it was last here, to within a minute.
    pub last_used_time: Option<DateTime>,
    /// When it was revoked.
    pub revoked_time: Option<DateTime>,
}

/// A token, which is never told again.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "ClientTokenPayload")]
pub struct NewToken {
    /// Whose it is.
    pub client: ClientName,
    /// The token.
    pub token: String,
}

#[derive(cynic::QueryVariables)]
struct ClientsVariables {
    first: i32,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ClientsVariables")]
struct ClientsQuery {
    #[arguments(first: $first, after: $after)]
    clients: ClientConnection,
}

#[derive(cynic::QueryFragment)]
struct ClientConnection {
    nodes: Vec<Client>,
    page_info: PageInfo,
}

#[derive(cynic::InputObject)]
struct CreateClientInput {
    name: String,
    role: Role,
}

#[derive(cynic::QueryVariables)]
struct CreateClientVariables {
    input: CreateClientInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CreateClientVariables")]
struct CreateClientMutation {
    #[arguments(input: $input)]
    create_client: NewToken,
}

#[derive(cynic::QueryVariables)]
struct NameVariables {
    name: String,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "NameVariables")]
struct RotateTokenMutation {
    #[arguments(name: $name)]
    rotate_client_token: NewToken,
}

#[derive(cynic::QueryFragment)]
struct ClientPayload {
    client: ClientName,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "NameVariables")]
struct RevokeClientMutation {
    #[arguments(name: $name)]
    revoke_client: ClientPayload,
}

impl Api {
    /// All clients by name, however many pages that are: there are as many as somebody made by hand.
    pub async fn clients(self) -> Result<Vec<Client>, Error> {
        let (mut clients, mut after) = (Vec::new(), None);
        loop {
            let first = PAGE_SIZE;
            let operation = ClientsQuery::build(ClientsVariables { first, after });
            let page = self.query(operation).await?.clients;
            clients.extend(page.nodes);
            after = page.page_info.next();
            if after.is_none() {
                return Ok(clients);
            }
        }
    }

    /// Makes a client.
    pub async fn create_client(self, name: String, role: Role) -> Result<NewToken, Error> {
        let input = CreateClientInput { name, role };
        let operation = CreateClientMutation::build(CreateClientVariables { input });
        Ok(self.query(operation).await?.create_client)
    }

    /// Gives a client a new token, and ends the old one. A revoked client is readmitted.
    pub async fn rotate_client_token(self, name: String) -> Result<NewToken, Error> {
        let operation = RotateTokenMutation::build(NameVariables { name });
        Ok(self.query(operation).await?.rotate_client_token)
    }

    /// Ends a client's token. Answers with its name.
    pub async fn revoke_client(self, name: String) -> Result<String, Error> {
        let operation = RevokeClientMutation::build(NameVariables { name });
        Ok(self.query(operation).await?.revoke_client.client.name)
    }
}
