//! What subscribers are sent.
//!
//! [`changes`] is a change feed, not a queue of events: a subscriber is at a revision, wakes, and reads what lies between
//! it and now. States that were passed through may be skipped, changes may not, and nothing ever expires. A slow
//! subscriber holds nobody back and grows no memory, for it catches up from the database. [`updates`] sends schedules as
//! they change, [`runs`] runs, [`output`] what one run writes, and [`entries`] those of the log as they are appended.

mod batches;
mod changes;
mod entries;
mod output;
mod parts;
mod runs;
mod updates;

pub use changes::{Change, SharedReads, changes};
pub(crate) use entries::LOOK_BACK_SECONDS;
pub use entries::entries;
pub use output::output;
pub use runs::runs;
pub use updates::updates;
