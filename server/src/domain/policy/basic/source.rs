//! The sources: when they are up, on which side of the meridian.

use super::block::{Source, Span};
use crate::domain::policy::{
    interval::Interval,
    sky::{Body, Sky},
};

/// The times from rise to transit and from transit to set of each target, cut to a window.
pub(super) fn blocks(sky: &Sky, targets: &[Body], window: Span) -> Vec<Source> {
    let of_target = |body: &Body| {
        let body = *body;
        let passages = sky.passages(body, window.start(), window.end());
        passages.into_iter().filter_map(move |passage| {
            let span = Interval::new(passage.start, passage.end)?;
            Some(Source {
                body,
                drift: passage.drift,
                span: span.intersection(window)?,
            })
        })
    };
    targets.iter().flat_map(of_target).collect()
}
