//! Closures for Leptos, each kind as one type.
//!
//! Leptos takes closures as they are. Each is a type of its own, so that all that is done to follow
//! its signals and to change the page would be in the module once for each closure.

use std::sync::{Arc, Mutex};

use leptos::{
    prelude::*,
    tachys::reactive_graph::{ReactiveFunction, SharedReactiveFunction},
};

/// A part of a view that is drawn again when a signal changes that it reads.
pub fn dynamic<V: IntoAny>(mut draw: impl FnMut() -> V + Send + 'static) -> AnyView {
    computed(move || draw().into_any()).into_any()
}

/// The value of an attribute, a class, a style or a property that changes with the signals that it
/// reads.
pub fn computed<T>(compute: impl FnMut() -> T + Send + 'static) -> Computed<T> {
    Computed(Box::new(compute))
}

/// What [`computed`] returns.
pub struct Computed<T>(Box<dyn Call<T> + Send>);

impl<T: 'static> ReactiveFunction for Computed<T> {
    type Output = T;

    fn invoke(&mut self) -> T {
        self.0.call()
    }

    fn into_shared(mut self) -> SharedReactiveFunction<T> {
        Arc::new(Mutex::new(move || self.invoke()))
    }
}

/// A signal of what is computed from others, which tells of changes of the outcome only.
pub fn memo<T>(compute: impl Fn() -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    remember(Box::new(compute))
}

fn remember<T>(compute: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    Memo::new(move |_| compute())
}

/// Does something now, and again when a signal changes that it reads.
pub fn effect(run: impl FnMut() + 'static) {
    start(Box::new(run));
}

fn start(mut run: Box<dyn Call<()>>) {
    Effect::new(move |_| run.call());
}

/// What is done on an event.
pub fn handler<E>(handle: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(handle)
}

/// `FnMut` without what comes along with it in every `dyn FnMut`: the code to call it as an `FnOnce`.
trait Call<T> {
    fn call(&mut self) -> T;
}

impl<F: FnMut() -> T, T> Call<T> for F {
    fn call(&mut self) -> T {
        self()
    }
}
