//! Clients: API identities, each with a role and at most one token.

use sea_orm::entity::prelude::*;

use crate::{ClientId, Digest, Timestamp};

/// What a client may do. Ordered: each role may do all that the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "UPPERCASE"
)]
pub enum Role {
    /// Reads everything but the list of clients.
    Viewer,
    /// Opens schedules, and reports to its own.
    Reporter,
    /// Does so for anyone's, and deals with tasks and runs.
    Operator,
    /// Manages clients, amends results, deletes schedules.
    Admin,
}

/// A client, and the hash of its token where it has one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub client_id: ClientId,
    /// Unique, compared to the letter.
    #[sea_orm(unique)]
    pub name: String,
    pub role: Role,
    /// SHA-256 of the token. The token itself is shown once and never kept.
    #[sea_orm(unique)]
    pub token_hash: Option<Digest>,
    /// The first characters of the token, to recognise it by.
    pub token_prefix: String,
    pub created_time: Timestamp,
    pub last_used_time: Option<Timestamp>,
    pub revoked_time: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
