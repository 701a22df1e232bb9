//! Clients in GraphQL.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async, whether they wait or not"
)]

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entity::client as row;

use super::{
    Asked,
    connection::{Connection, Listed, PageOf},
    error::Result,
    id::GlobalId,
    page,
    plain::Plain,
    scalar::Instant,
};
use crate::{domain::client, error::Error};

/// What a client may do. Ordered: each role may do all that the one before it may.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "row::Role")]
pub(super) enum Role {
    /// Runs every query but `clients`; of other clients it sees name and role only.
    Viewer,
    /// Also opens schedules, and reports to, imports into, updates and closes its own.
    Reporter,
    /// Does so for anyone's schedules, reopens them, and deals with tasks and runs.
    Operator,
    /// Also manages clients, amends results, deletes schedules, and brings over history with its times.
    Admin,
}

/// An API identity with a token and a role.
pub(super) struct Client(pub(super) row::Model);

impl Plain for Client {}

impl Listed for Client {}

impl Client {
    /// Refuses where the caller may see no more than name and role.
    fn may_be_seen_by(&self, ctx: &Context<'_>) -> Result<()> {
        if ctx.actor().viewer()?.may_see_all_of(self.0.client_id) {
            return Ok(());
        }
        let message = "of other clients, only name and role may be seen; this needs the role ADMIN";
        Err(Error::Forbidden(message.into()).into())
    }
}

/// An API identity with a token and a role.
#[Object]
impl Client {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Client(self.0.name.clone()).encode()
    }

    /// The name; unique, and compared to the letter.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it may do.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// The first characters of its token, to recognise it by. `FORBIDDEN` to other clients, unless they are ADMIN.
    async fn token_prefix(&self, ctx: &Context<'_>) -> Result<&str> {
        self.may_be_seen_by(ctx)?;
        Ok(&self.0.token_prefix)
    }

    /// When it was made. `FORBIDDEN` to other clients, unless they are ADMIN.
    async fn created_time(&self, ctx: &Context<'_>) -> Result<Instant> {
        self.may_be_seen_by(ctx)?;
        Ok(self.0.created_time.into())
    }

    /// When it was last here, to within a minute; null where it never was. `FORBIDDEN` to other clients, unless they
    /// are ADMIN.
    async fn last_used_time(&self, ctx: &Context<'_>) -> Result<Option<Instant>> {
        self.may_be_seen_by(ctx)?;
        Ok(self.0.last_used_time.map(Instant))
    }

    /// When it was revoked; null while it is not. `FORBIDDEN` to other clients, unless they are ADMIN.
    async fn revoked_time(&self, ctx: &Context<'_>) -> Result<Option<Instant>> {
        self.may_be_seen_by(ctx)?;
        Ok(self.0.revoked_time.map(Instant))
    }
}

/// A client to be made.
#[derive(InputObject)]
struct CreateClientInput {
    /// The name: 1..255 characters, unique.
    name: String,
    /// What it may do.
    role: Role,
}

/// A client with its new token.
#[derive(SimpleObject)]
struct ClientTokenPayload {
    /// The client.
    client: Client,
    /// The token. It is shown this once and kept nowhere.
    token: String,
}

impl From<client::WithToken> for ClientTokenPayload {
    fn from((client, token): client::WithToken) -> Self {
        Self {
            client: Client(client),
            token,
        }
    }
}

/// A client that was changed.
#[derive(SimpleObject)]
struct ClientPayload {
    /// The client.
    client: Client,
}

#[derive(Default)]
pub(super) struct ClientQuery;

#[Object]
impl ClientQuery {
    /// Who is asking; null where anonymous reading is allowed and used.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Client>> {
        ctx.actor().viewer()?;
        let Some(identity) = ctx.actor().identity() else {
            return Ok(None);
        };
        Ok(ctx.loader().load_one(identity.client_id).await?.map(Client))
    }

    /// All clients by name. Needs ADMIN.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn clients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1..100; 50 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
    ) -> Result<PageOf<Client>> {
        let admin = ctx.actor().admin()?;
        let slice = page::forward(first, after)?;
        let clients = client::list(ctx.state(), &admin, &slice).await?;
        Ok(Connection::of(
            clients,
            |client| client.name.clone(),
            Client,
        ))
    }
}

#[derive(Default)]
pub(super) struct ClientMutation;

#[Object]
impl ClientMutation {
    /// Makes a client. Needs ADMIN. A name that is taken is a `CONFLICT`.
    async fn create_client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The client to be made.")] input: CreateClientInput,
    ) -> Result<ClientTokenPayload> {
        let made = client::create(ctx.state(), ctx.actor(), &input.name, input.role.into()).await?;
        Ok(made.into())
    }

    /// Gives a client a new token; the old one ends, with its sessions and sockets. Readmits a revoked client. Needs
    /// ADMIN.
    async fn rotate_client_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The client's name.")] name: String,
    ) -> Result<ClientTokenPayload> {
        let rotated = client::rotate_token(ctx.state(), ctx.actor(), &name).await?;
        Ok(rotated.into())
    }

    /// Ends a client's token, with its sessions and, within 5 s, its sockets. Needs ADMIN.
    async fn revoke_client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The client's name.")] name: String,
    ) -> Result<ClientPayload> {
        let client = client::revoke(ctx.state(), ctx.actor(), &name).await?;
        Ok(ClientPayload {
            client: Client(client),
        })
    }
}
