//! The promise, held against what those who reported and those who followed were told: an acknowledged result is there,
//! counted once, and was seen by every subscriber.

use std::collections::BTreeMap;
use std::time::Duration;

use daybook_tests::{Api, Progress, ResilientSubscriber, ResultRow};
use uuid::Uuid;

/// How long a subscriber may take to catch up.
const CAUGHT_UP: Duration = Duration::from_mins(1);

/// Holds that a schedule has what was acknowledged and nothing else, and that each subscriber saw it all. Returns how many
/// results these are.
pub(super) async fn is_kept(
    reader: &Api,
    schedule: Uuid,
    acknowledged: &BTreeMap<String, ResultRow>,
    subscribers: &[ResilientSubscriber],
) -> usize {
    // Each acknowledged result is there as it was acknowledged, and no key made a second attempt.
    let rows = reader.all_results(schedule).await;
    let kept: BTreeMap<String, ResultRow> = rows
        .iter()
        .map(|row| (row.script.clone(), row.clone()))
        .collect();
    assert_eq!(rows.len(), kept.len(), "no script has two");
    assert_eq!(kept.len(), acknowledged.len());
    assert!(kept == *acknowledged, "each is as it was acknowledged");
    assert!(rows.iter().all(|row| row.attempt == 1));

    // Nothing else happened: the revisions have no gap, and the counters are right.
    let facts = reader.schedule(schedule).await;
    let revisions: Vec<i64> = rows.iter().map(|row| row.revision).collect();
    assert_eq!(revisions, (1..=facts.revision).collect::<Vec<_>>());
    assert_eq!(facts.progress, Progress::recount(None, &rows));

    // Who followed it saw each result once.
    for subscriber in subscribers {
        let feed = subscriber.has_seen(facts.revision, CAUGHT_UP).await;
        assert_eq!(feed.violations, Vec::<String>::new());
        assert_eq!(feed.sightings.len(), rows.len());
    }
    rows.len()
}
