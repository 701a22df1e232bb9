//! Objects that write themselves.
//!
//! The library resolves an object field by field: each is a future of its own, and a value in a map. For a row of plain
//! fields, of which a page has hundreds, that takes many times as long as reading the row did. So an object that is
//! [`Plain`] writes its plain fields into JSON at once, and only what needs more than the object itself, a schedule's results
//! for one, is left to the library.

use std::{borrow::Cow, future::Future, pin::Pin};

use async_graphql::{
    ContainerType, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    parser::types::{Field, Selection, SelectionSet},
    registry::Registry,
    resolver_utils::resolve_container,
};
use futures_util::future::try_join_all;

use super::{json::Json, request::Joins};

/// An object with fields that need nothing but the object.
pub(super) trait Plain: ContainerType {
    /// Writes the value of a field, and says whether it did. Of one that it leaves to the library, as it does with all
    /// unless the object says otherwise, it has written nothing.
    fn write(&self, _field: &Field, _ctx: &ContextSelectionSet<'_>, _json: &mut Json) -> bool {
        false
    }
}

/// An object on its way into a response.
#[derive(Clone, Debug)]
pub(super) struct Written<T>(pub(super) T);

impl<T: Plain> OutputType for Written<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        // What wrote itself can't be joined with anything.
        if ctx.data_opt::<Joins>().is_none()
            && let Some(draft) = Draft::of(&self.0, ctx)
        {
            return draft.finished().await;
        }
        resolve_container(ctx, &self.0).await
    }
}

impl<T: Plain + ?Sized> Plain for &T {
    fn write(&self, field: &Field, ctx: &ContextSelectionSet<'_>, json: &mut Json) -> bool {
        T::write(self, field, ctx, json)
    }
}

/// Writes an object of which nothing but plain fields is asked for. Says whether it did; else it has written nothing.
pub(super) fn write_object<T: Plain>(
    object: &T,
    field: &Field,
    ctx: &ContextSelectionSet<'_>,
    json: &mut Json,
) -> bool {
    let begun = json.len();
    let mut fields = Fields::of(object, ctx);
    let written = fields.write_object(&field.selection_set.node, json, &mut |_, _| false);
    if !written {
        json.truncate(begun);
    }
    written
}

/// Does so with all objects of a list.
pub(super) fn write_list<'a, T: Plain + 'a>(
    objects: impl Iterator<Item = &'a T>,
    field: &Field,
    ctx: &ContextSelectionSet<'_>,
    json: &mut Json,
) -> bool {
    let begun = json.len();
    json.raw(b"[");
    for (place, object) in objects.enumerate() {
        if place > 0 {
            json.raw(b",");
        }
        if !write_object(object, field, ctx, json) {
            json.truncate(begun);
            return false;
        }
    }
    json.raw(b"]");
    true
}

/// The fields of an object that are asked for.
struct Fields<'a, 'c, T> {
    object: &'a T,
    ctx: &'c ContextSelectionSet<'a>,
    /// Those that were met.
    names: Vec<&'a str>,
}

impl<'a, 'c, T: Plain> Fields<'a, 'c, T> {
    fn of(object: &'a T, ctx: &'c ContextSelectionSet<'a>) -> Self {
        Self {
            object,
            ctx,
            names: Vec::new(),
        }
    }

    /// Writes the whole object.
    fn write_object(
        &mut self,
        set: &'a SelectionSet,
        json: &mut Json,
        leave: &mut impl FnMut(&'a Positioned<Field>, usize) -> bool,
    ) -> bool {
        json.raw(b"{");
        let written = self.write(set, json, leave);
        json.raw(b"}");
        written
    }

    /// Writes what is plain, and hands the rest to `leave` with the place where it belongs. Stops where `leave` says no,
    /// and at whatever only the library knows to deal with: a name that is asked for twice, and fragments of other types.
    fn write(
        &mut self,
        set: &'a SelectionSet,
        json: &mut Json,
        leave: &mut impl FnMut(&'a Positioned<Field>, usize) -> bool,
    ) -> bool {
        set.items.iter().all(|selection| match &selection.node {
            Selection::Field(field) => {
                let name = field.node.response_key().node.as_str();
                if self.names.contains(&name) {
                    return false;
                }
                self.names.push(name);
                json.key(name);
                if field.node.name.node == "__typename" {
                    json.quoted(&self.object.introspection_type_name());
                    return true;
                }
                self.object.write(&field.node, self.ctx, json) || leave(field, json.len())
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                let fragment = self.ctx.query_env.fragments.get(name);
                fragment.is_some_and(|fragment| {
                    fragment.node.type_condition.node.on.node == T::type_name().as_ref()
                        && self.write(&fragment.node.selection_set.node, json, leave)
                })
            }
            Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref();
                condition.is_none_or(|of| of.node.on.node == T::type_name().as_ref())
                    && self.write(&fragment.node.selection_set.node, json, leave)
            }
        })
    }
}

type Resolving<'a> = Pin<Box<dyn Future<Output = ServerResult<Value>> + Send + 'a>>;

/// An object with gaps.
struct Draft<'a> {
    json: Json,
    /// Where the gaps are, and what fills them.
    gaps: Vec<(usize, Resolving<'a>)>,
}

impl<'a> Draft<'a> {
    /// Writes what is plain. Nothing comes of it where the library has to do it all.
    fn of<T: Plain>(object: &'a T, ctx: &ContextSelectionSet<'a>) -> Option<Self> {
        let mut json = Json::default();
        let mut gaps: Vec<(usize, Resolving<'a>)> = Vec::new();
        let mut fields = Fields::of(object, ctx);
        let written = fields.write_object(&ctx.item.node, &mut json, &mut |field, place| {
            let ctx = ctx.clone();
            let resolving = async move {
                let value = object.resolve_field(&ctx.with_field(field)).await?;
                Ok(value.unwrap_or_default())
            };
            gaps.push((place, Box::pin(resolving)));
            true
        });
        written.then_some(Self { json, gaps })
    }

    /// Has the gaps filled.
    async fn finished(self) -> ServerResult<Value> {
        let written = self.json.into_bytes();
        if self.gaps.is_empty() {
            return Ok(Value::Binary(written.into()));
        }
        let (places, resolving): (Vec<usize>, Vec<_>) = self.gaps.into_iter().unzip();
        let values = try_join_all(resolving).await?;
        let mut json = Json::default();
        let mut done = 0;
        for (place, value) in places.into_iter().zip(&values) {
            json.raw(&written[done..place]);
            json.resolved(value);
            done = place;
        }
        json.raw(&written[done..]);
        Ok(Value::Binary(json.into_bytes().into()))
    }
}
