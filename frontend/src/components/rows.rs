//! Rows that follow a list: one that stays in it keeps its view, also where it moves.

use leptos::prelude::*;

/// Leptos' `For`, with all that is done to compare and to move rows in the module once, and not once
/// for each kind of row.
#[component]
pub fn Rows<T, EF, KF, DF, V>(
    /// The list.
    each: EF,
    /// What tells one row from the others.
    key: KF,
    /// Draws a row.
    children: DF,
) -> impl IntoView
where
    T: Send + 'static,
    EF: Fn() -> Vec<T> + Send + 'static,
    KF: Fn(&T) -> String + Send + 'static,
    DF: Fn(T) -> V + Clone + Send + 'static,
    V: IntoView + 'static,
{
    let row = move |item| {
        let (key, draw) = (key(&item), children.clone());
        Row {
            key,
            draw: Box::new(move || draw(item).into_any()),
        }
    };
    follow(Box::new(move || each().into_iter().map(&row).collect()))
}

/// One row, not drawn yet.
struct Row {
    key: String,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

fn follow(rows: Box<dyn Fn() -> Vec<Row> + Send>) -> AnyView {
    view! {
        <For each=rows key=|row| row.key.clone() let:row>
            {(row.draw)()}
        </For>
    }
    .into_any()
}
