//! Reporters as careful clients are, who go on whatever breaks: each reports one script after the other, under a key, and
//! again until it is acknowledged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::api::{Api, Report, ResultRow};
use crate::wait::eventually;

/// How long it may take until they get on after something broke.
const STANDSTILL: Duration = Duration::from_mins(2);

/// Some machines that report to one schedule until they are told to stop.
pub struct Reporters {
    stopping: CancellationToken,
    machines: Vec<JoinHandle<()>>,
    receipts: Arc<Mutex<Receipts>>,
}

/// What was acknowledged.
#[derive(Debug)]
struct Receipts {
    /// Each result as it was acknowledged, by its script.
    rows: BTreeMap<String, ResultRow>,
    last: Instant,
    longest_silence: Duration,
}

impl Receipts {
    fn add(&mut self, row: ResultRow) {
        self.breathe();
        self.last = Instant::now();
        self.rows.insert(row.script.clone(), row);
    }

    /// Measures the silence up to now.
    fn breathe(&mut self) {
        self.longest_silence = self.longest_silence.max(self.last.elapsed());
    }
}

impl Reporters {
    /// Starts one machine for each of these clients, each of which reports as fast as it is answered.
    pub fn start(clients: Vec<Api>, schedule: Uuid) -> Self {
        Self::start_paced(clients, schedule, Duration::ZERO)
    }

    /// The same, but after each report a machine waits until so much time has passed since it began with that.
    pub fn start_paced(clients: Vec<Api>, schedule: Uuid, pace: Duration) -> Self {
        let stopping = CancellationToken::new();
        let receipts = Arc::new(Mutex::new(Receipts {
            rows: BTreeMap::new(),
            last: Instant::now(),
            longest_silence: Duration::ZERO,
        }));
        let machines = clients.into_iter().enumerate().map(|(number, client)| {
            let machine = Machine {
                number,
                client,
                schedule,
                pace,
            };
            tokio::spawn(machine.report(stopping.clone(), Arc::clone(&receipts)))
        });
        Self {
            machines: machines.collect(),
            stopping,
            receipts,
        }
    }

    /// Waits until so many more reports were acknowledged.
    pub async fn get_on(&self, further: usize) {
        let enough = lock(&self.receipts).rows.len() + further;
        eventually("the reporters get on", STANDSTILL, || async {
            (lock(&self.receipts).rows.len() >= enough).then_some(())
        })
        .await;
    }

    /// The longest time in which nothing was acknowledged, since this was last asked.
    pub fn longest_silence(&self) -> Duration {
        let mut receipts = lock(&self.receipts);
        receipts.breathe();
        receipts.last = Instant::now();
        std::mem::take(&mut receipts.longest_silence)
    }

    /// Lets everybody finish what they are at, and tells what was acknowledged, by script.
    pub async fn finish(self) -> BTreeMap<String, ResultRow> {
        self.stopping.cancel();
        for machine in join_all(self.machines).await {
            machine.expect("every report is acknowledged in the end");
        }
        std::mem::take(&mut lock(&self.receipts).rows)
    }
}

/// One who reports.
struct Machine {
    number: usize,
    client: Api,
    schedule: Uuid,
    pace: Duration,
}

impl Machine {
    async fn report(self, stopping: CancellationToken, receipts: Arc<Mutex<Receipts>>) {
        let mut ticks = (!self.pace.is_zero()).then(|| interval(self.pace));
        if let Some(ticks) = &mut ticks {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        for number in 0.. {
            if let Some(ticks) = &mut ticks {
                ticks.tick().await;
            }
            if stopping.is_cancelled() {
                return;
            }
            let report = Report::pass(format!("machine {}, script {number}", self.number));
            let row = self.client.report_persistently(self.schedule, report).await;
            lock(&receipts).add(row);
        }
    }
}

fn lock(receipts: &Mutex<Receipts>) -> MutexGuard<'_, Receipts> {
    receipts.lock().unwrap_or_else(PoisonError::into_inner)
}
