//! Loading in batches: what the objects of a response ask for at the same time becomes one query.
//!
//! Whoever asks first lets the others go first, once: all fields of a level are asked for before any of them is answered.
//! Then it loads what all have asked for.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    hash::Hash,
    marker::PhantomData,
    sync::{Mutex, PoisonError},
};

use tokio::{sync::oneshot, task::yield_now};

use super::loaders::Batch;
use crate::error::Result;

/// Says how keys of a kind are loaded.
pub(super) trait Load<K> {
    /// What a key stands for.
    type Value: Clone + Send + 'static;

    /// Loads what these keys stand for. Of one that is not there, nothing is said.
    fn load(&self, keys: Vec<K>) -> impl Future<Output = Result<HashMap<K, Self::Value>>> + Send;
}

/// A key.
pub(super) trait Key: Clone + Eq + Hash + Send + 'static {}

impl<K: Clone + Eq + Hash + Send + 'static> Key for K {}

/// How many keys are loaded at once.
const KEYS: usize = 1_000;

/// Who waits for each key of a kind.
type Asked<K, V> = HashMap<K, Vec<oneshot::Sender<Result<Option<V>>>>>;

/// Loads for one request.
pub(super) struct Loader {
    batch: Batch,
    /// By the kind of key.
    asked: Mutex<HashMap<TypeId, Box<dyn Any + Send>>>,
}

impl Loader {
    pub(super) fn new(batch: Batch) -> Self {
        Self {
            batch,
            asked: Mutex::default(),
        }
    }

    /// Loads what a key stands for, together with all that is asked for at the same time.
    pub(super) async fn load_one<K: Key>(&self, key: K) -> Result<Option<<Batch as Load<K>>::Value>>
    where
        Batch: Load<K>,
    {
        loop {
            let (answer, answered) = oneshot::channel();
            let is_first = self.asked(|asked: &mut Asked<K, _>| {
                let is_first = asked.is_empty();
                asked.entry(key.clone()).or_default().push(answer);
                is_first
            });
            if is_first {
                let first = First::<K>(self, PhantomData);
                yield_now().await;
                first.goes_on();
                self.load_asked().await;
            }
            // Where the one who was to load is gone, somebody else has to.
            if let Ok(answer) = answered.await {
                return answer;
            }
        }
    }

    /// Loads what several keys stand for.
    pub(super) async fn load_many<K: Key>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<HashMap<K, <Batch as Load<K>>::Value>>
    where
        Batch: Load<K>,
    {
        self.load_all(keys.into_iter().collect()).await
    }

    /// Loads some at a time: a statement has only so many values.
    async fn load_all<K: Key>(&self, keys: Vec<K>) -> Result<HashMap<K, <Batch as Load<K>>::Value>>
    where
        Batch: Load<K>,
    {
        let mut loaded = HashMap::with_capacity(keys.len());
        for some in keys.chunks(KEYS) {
            loaded.extend(self.batch.load(some.to_vec()).await?);
        }
        Ok(loaded)
    }

    async fn load_asked<K: Key>(&self)
    where
        Batch: Load<K>,
    {
        let asked = self.asked(std::mem::take::<Asked<K, <Batch as Load<K>>::Value>>);
        let mut loaded = self.load_all(asked.keys().cloned().collect()).await;
        for (key, mut waiting) in asked {
            let found = match &mut loaded {
                Ok(loaded) => Ok(loaded.remove(&key)),
                Err(error) => Err(error.clone()),
            };
            // Most keys are asked for once, and nothing is copied. Who has left needs no answer.
            if let Some(last) = waiting.pop() {
                for answer in waiting {
                    let _ = answer.send(found.clone());
                }
                let _ = last.send(found);
            }
        }
    }

    fn asked<K: Key, V: Send + 'static, T>(&self, work: impl FnOnce(&mut Asked<K, V>) -> T) -> T {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = asked
            .entry(TypeId::of::<K>())
            .or_insert_with(|| Box::new(Asked::<K, V>::new()));
        work(
            of_kind
                .downcast_mut()
                .expect("keys of one kind stand for values of one kind"),
        )
    }
}

/// The one who asked first, until all others have asked. Should it be gone by then, those who have asked are told so, and
/// one of them takes its place.
struct First<'a, K: Key>(&'a Loader, PhantomData<K>)
where
    Batch: Load<K>;

impl<K: Key> First<'_, K>
where
    Batch: Load<K>,
{
    fn goes_on(self) {
        std::mem::forget(self);
    }
}

impl<K: Key> Drop for First<'_, K>
where
    Batch: Load<K>,
{
    fn drop(&mut self) {
        let orphans = self
            .0
            .asked(std::mem::take::<Asked<K, <Batch as Load<K>>::Value>>);
        drop(orphans);
    }
}
