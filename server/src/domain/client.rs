//! Clients: made, given new tokens, revoked, listed. They are never deleted, for schedules and the log name them.

use std::collections::HashMap;

use entity::{
    ClientId, Timestamp,
    client::{ActiveModel, Column, Entity, Model, Role},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, SqlErr,
};

use crate::{
    db,
    domain::{
        actor::{Actor, Admin, Viewer},
        auth::{ADMIN, NewToken},
        input,
        log::Deed,
        page::{Page, Slice},
    },
    error::{Error, Result},
    state::State,
};

/// A client together with its new token, which is never shown again.
pub type WithToken = (Model, String);

/// Makes a client.
///
/// A name that is taken is a conflict.
pub async fn create(state: &State, actor: &Actor, name: &str, role: Role) -> Result<WithToken> {
    let deed = Deed::new(actor, "CLIENT_CREATE", name);
    let outcome = async {
        let admin = actor.admin()?;
        let name = input::name("name", name)?;
        db::retrying(async || create_once(state, &admin, &deed, &name, role).await).await
    };
    deed.noting_failure(state, outcome.await).await
}

async fn create_once(
    state: &State,
    _: &Admin,
    deed: &Deed,
    name: &str,
    role: Role,
) -> Result<WithToken> {
    let transaction = state.db.begin().await?;
    let made = insert(&transaction, name, role).await?;
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(made)
}

/// Gives a client a new token. The old one ends, with its sessions and sockets; a revoked client is readmitted.
pub async fn rotate_token(state: &State, actor: &Actor, name: &str) -> Result<WithToken> {
    let deed = Deed::new(actor, "CLIENT_ROTATE_TOKEN", name);
    let outcome = async {
        let admin = actor.admin()?;
        db::retrying(async || rotate_once(state, &admin, &deed, name).await).await
    };
    let outcome = deed.noting_failure(state, outcome.await).await;
    state.directory.forget();
    outcome
}

async fn rotate_once(state: &State, _: &Admin, deed: &Deed, name: &str) -> Result<WithToken> {
    let transaction = state.db.begin().await?;
    let rotated = replace_token(&transaction, named(&transaction, name).await?).await?;
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(rotated)
}

/// Ends a client's token, its sessions and its sockets. Revoking again changes nothing.
pub async fn revoke(state: &State, actor: &Actor, name: &str) -> Result<Model> {
    let deed = Deed::new(actor, "CLIENT_REVOKE", name);
    let outcome = async {
        let admin = actor.admin()?;
        if name == ADMIN && state.directory.has_admin_token() {
            return Err(Error::Conflict(
                "the client admin stays while DAYBOOK_ADMIN_TOKEN is set".into(),
            ));
        }
        db::retrying(async || revoke_once(state, &admin, &deed, name).await).await
    };
    let outcome = deed.noting_failure(state, outcome.await).await;
    state.directory.forget();
    outcome
}

async fn revoke_once(state: &State, _: &Admin, deed: &Deed, name: &str) -> Result<Model> {
    let transaction = state.db.begin().await?;
    let client = named(&transaction, name).await?;
    let client = if client.revoked_time.is_some() {
        client
    } else {
        let mut row = client.into_active_model();
        row.revoked_time = Set(Some(Timestamp::now()));
        row.token_hash = Set(None);
        row.update(&transaction).await?
    };
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(client)
}

/// All clients by name.
pub async fn list(state: &State, _: &Admin, slice: &Slice<String>) -> Result<Page<Model>> {
    let mut query = Entity::find();
    if let Some(after) = &slice.after {
        query = query.filter(Column::Name.gt(after));
    }
    let rows = query
        .order_by_asc(Column::Name)
        .limit(slice.rows())
        .all(state.db.read())
        .await?;
    Ok(slice.page(rows))
}

/// One client by its name, if there is one.
pub async fn by_name(state: &State, _: &Viewer, name: &str) -> Result<Option<Model>> {
    let found = Entity::find().filter(Column::Name.eq(name));
    Ok(found.one(state.db.read()).await?)
}

/// Several clients by their ids.
pub async fn by_ids(
    state: &State,
    _: &Viewer,
    ids: &[ClientId],
) -> Result<HashMap<ClientId, Model>> {
    let rows = Entity::find()
        .filter(Column::ClientId.is_in(ids.iter().copied()))
        .all(state.db.read())
        .await?;
    Ok(rows.into_iter().map(|row| (row.client_id, row)).collect())
}

/// Sees to it, at start, that somebody can log in.
///
/// Where the operator set the token of the client `admin`, that client exists from now on. Elsewhere, and where there
/// is no client yet, `admin` is made with a token of its own, which is returned to be shown this once.
pub async fn ensure_admin(state: &State) -> Result<Option<String>> {
    db::retrying(async || match ensure_admin_once(state).await {
        // A server that started at the same moment was faster; the next attempt finds what it made.
        Err(Error::Conflict(_)) => Err(Error::Interrupted),
        outcome => outcome,
    })
    .await
}

async fn ensure_admin_once(state: &State) -> Result<Option<String>> {
    let transaction = state.db.begin().await?;
    let admin = Entity::find()
        .filter(Column::Name.eq(ADMIN))
        .one(&transaction)
        .await?;
    let token = match admin {
        // Nothing is written where nothing is to be changed: the database may be read-only.
        Some(admin) if may_log_in(&admin) => None,
        Some(admin) if state.directory.has_admin_token() => {
            let mut row = admin.into_active_model();
            row.role = Set(Role::Admin);
            row.revoked_time = Set(None);
            row.update(&transaction).await?;
            None
        }
        None if state.directory.has_admin_token() => {
            let row = admin_without_token();
            row.insert(&transaction)
                .await
                .map_err(|error| or_taken(error, ADMIN))?;
            None
        }
        None if Entity::find().one(&transaction).await?.is_none() => {
            Some(insert(&transaction, ADMIN, Role::Admin).await?.1)
        }
        _ => None,
    };
    db::commit(transaction).await?;
    Ok(token)
}

/// Whether the operator's own token is good for this client as it is.
fn may_log_in(admin: &Model) -> bool {
    admin.role == Role::Admin && admin.revoked_time.is_none()
}

/// Makes a client, or gives an existing one a new token and role, from the server's own command line.
pub async fn issue_token(
    state: &State,
    name: &str,
    role: Role,
    replace: bool,
) -> Result<WithToken> {
    let name = input::name("name", name)?;
    db::retrying(async || {
        let transaction = state.db.begin().await?;
        let mut action = "CLIENT_CREATE";
        let issued = match named(&transaction, &name).await {
            Ok(client) if replace => {
                action = "CLIENT_ROTATE_TOKEN";
                let mut row = client.into_active_model();
                row.role = Set(role);
                let client = row.update(&transaction).await?;
                replace_token(&transaction, client).await?
            }
            Ok(_) => return Err(taken(&name)),
            Err(Error::NotFound { .. }) => insert(&transaction, &name, role).await?,
            Err(error) => return Err(error),
        };
        Deed::of_server(action, &name).done(&transaction).await?;
        db::commit(transaction).await?;
        Ok(issued)
    })
    .await
}

async fn named(connection: &impl ConnectionTrait, name: &str) -> Result<Model> {
    Entity::find()
        .filter(Column::Name.eq(name))
        .one(connection)
        .await?
        .ok_or_else(|| Error::not_found("client", &name))
}

async fn insert(connection: &impl ConnectionTrait, name: &str, role: Role) -> Result<WithToken> {
    let made = NewToken::make();
    let row = ActiveModel {
        name: Set(name.to_owned()),
        role: Set(role),
        token_hash: Set(Some(made.hash)),
        token_prefix: Set(made.prefix),
        created_time: Set(Timestamp::now()),
        ..Default::default()
    };
    let client = row.insert(connection).await;
    let client = client.map_err(|error| or_taken(error, name))?;
    Ok((client, made.token))
}

async fn replace_token(connection: &impl ConnectionTrait, client: Model) -> Result<WithToken> {
    let made = NewToken::make();
    let mut row = client.into_active_model();
    row.token_hash = Set(Some(made.hash));
    row.token_prefix = Set(made.prefix);
    row.revoked_time = Set(None);
    Ok((row.update(connection).await?, made.token))
}

fn admin_without_token() -> ActiveModel {
    ActiveModel {
        name: Set(ADMIN.to_owned()),
        role: Set(Role::Admin),
        token_hash: Set(None),
        token_prefix: Set("(environment)".to_owned()),
        created_time: Set(Timestamp::now()),
        ..Default::default()
    }
}

/// What an error means when a client was to be inserted.
fn or_taken(error: DbErr, name: &str) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => taken(name),
        _ => error.into(),
    }
}

fn taken(name: &str) -> Error {
    Error::Conflict(format!("there is a client {name} already"))
}
