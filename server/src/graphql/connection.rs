//! Connections, as Relay has them: a page of a list, with a cursor beside each item.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, Object, ObjectType, SimpleObject, TypeName, parser::types::Field,
};

use super::{
    json::Json,
    page::Cursor,
    plain::{Plain, Written, write_list, write_object},
};
use crate::domain::page::Page;

/// Something that there are pages of.
pub(super) trait Listed: Plain + ObjectType {
    /// What the names of its connection and its edges begin with.
    fn stem() -> Cow<'static, str> {
        Self::type_name()
    }
}

/// A page of a list.
pub(super) struct Connection<N> {
    edges: Vec<Edge<N>>,
    has_previous: bool,
    has_next: bool,
}

/// A connection on its way into a response.
pub(super) type PageOf<N> = Written<Connection<N>>;

impl<N: Listed> Connection<N> {
    /// Makes a page. `key` tells an item's position, `node` what is shown of it.
    pub(super) fn of<T, K: Cursor>(
        page: Page<T>,
        key: impl Fn(&T) -> K,
        node: impl Fn(T) -> N,
    ) -> PageOf<N> {
        let edges = page.items.into_iter().map(|item| Edge {
            cursor: key(&item).encode(),
            node: node(item),
        });
        Written(Self {
            edges: edges.collect(),
            has_previous: page.has_previous,
            has_next: page.has_next,
        })
    }

    fn info(&self) -> PageInfo {
        let cursor = |edge: &Edge<N>| edge.cursor.clone();
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.edges.first().map(cursor),
            end_cursor: self.edges.last().map(cursor),
        }
    }
}

impl<N: Listed> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", N::stem()).into()
    }
}

#[Object(name_type)]
impl<N: Listed> Connection<N> {
    /// Information to aid in pagination.
    async fn page_info(&self) -> Written<PageInfo> {
        Written(self.info())
    }

    /// A list of edges.
    async fn edges(&self) -> Vec<Written<&Edge<N>>> {
        self.edges.iter().map(Written).collect()
    }

    /// A list of nodes.
    async fn nodes(&self) -> Vec<Written<&N>> {
        self.edges.iter().map(|edge| Written(&edge.node)).collect()
    }
}

impl<N: Listed> Plain for Connection<N> {
    fn write(&self, field: &Field, ctx: &ContextSelectionSet<'_>, json: &mut Json) -> bool {
        match field.name.node.as_str() {
            "pageInfo" => write_object(&self.info(), field, ctx, json),
            "edges" => write_list(self.edges.iter(), field, ctx, json),
            "nodes" => write_list(self.edges.iter().map(|edge| &edge.node), field, ctx, json),
            _ => false,
        }
    }
}

/// An item of a page.
pub(super) struct Edge<N> {
    cursor: String,
    node: N,
}

impl<N: Listed> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::stem()).into()
    }
}

/// An edge in a connection.
#[Object(name_type)]
impl<N: Listed> Edge<N> {
    /// The item at the end of the edge
    async fn node(&self) -> Written<&N> {
        Written(&self.node)
    }

    /// A cursor for use in pagination
    async fn cursor(&self) -> &str {
        &self.cursor
    }
}

impl<N: Listed> Plain for Edge<N> {
    fn write(&self, field: &Field, ctx: &ContextSelectionSet<'_>, json: &mut Json) -> bool {
        match field.name.node.as_str() {
            "node" => write_object(&self.node, field, ctx, json),
            "cursor" => {
                json.quoted(&self.cursor);
                true
            }
            _ => false,
        }
    }
}

/// Information about pagination in a connection
#[derive(SimpleObject)]
pub(super) struct PageInfo {
    /// When paginating backwards, are there more items?
    has_previous_page: bool,
    /// When paginating forwards, are there more items?
    has_next_page: bool,
    /// When paginating backwards, the cursor to continue.
    start_cursor: Option<String>,
    /// When paginating forwards, the cursor to continue.
    end_cursor: Option<String>,
}

impl Plain for PageInfo {
    fn write(&self, field: &Field, _: &ContextSelectionSet<'_>, json: &mut Json) -> bool {
        match field.name.node.as_str() {
            "hasPreviousPage" => json.value(self.has_previous_page),
            "hasNextPage" => json.value(self.has_next_page),
            "startCursor" => json.value(&self.start_cursor),
            "endCursor" => json.value(&self.end_cursor),
            _ => return false,
        }
        true
    }
}
