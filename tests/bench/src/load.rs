//! The load: a closed loop of connections, each of which asks again when it was answered.

use std::{
    ops::AsyncFnMut,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use hdrhistogram::Histogram;

use crate::{contender::Contender, usage::Usage, wire::Wire};

/// How a load is driven.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// How many connections ask at once.
    pub(crate) connections: usize,
    /// How long before anything counts.
    pub(crate) warm_up: Duration,
    /// How long it is measured.
    pub(crate) measured: Duration,
}

/// What came of a load.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Answers, or what else each call stands for, in a second.
    pub(crate) rate: f64,
    /// How long the answers took, in microseconds.
    pub(crate) latency: Histogram<u64>,
    /// How many of the two cores the contender had, and how much of one the generator.
    pub(crate) contender_cores: f64,
    pub(crate) generator_cores: f64,
}

impl Outcome {
    /// A quantile of the latency, in milliseconds.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a latency has fewer than 52 bits"
    )]
    pub(crate) fn milliseconds(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1000.0
    }
}

/// A histogram of latencies, in microseconds with three digits.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three digits are fine")
}

/// Drives a contender. `exchanges(n)` makes what the `n`th connection does again and again: one exchange over the wire, its
/// answer checked.
#[expect(clippy::cast_precision_loss, reason = "no load has 2^52 answers")]
pub(crate) async fn drive<A>(
    contender: &Contender,
    load: Load,
    exchanges: impl Fn(usize) -> A,
) -> Result<Outcome>
where
    A: AsyncFnMut(&mut Wire) -> Result<()>,
{
    let connecting = (0..load.connections).map(|_| contender.wire());
    let wires = try_join_all(connecting).await?;
    let begin = Instant::now() + load.warm_up;
    let end = begin + load.measured;
    let cores = async {
        tokio::time::sleep_until(begin.into()).await;
        let before = (contender.usage()?, Usage::own()?);
        tokio::time::sleep_until(end.into()).await;
        let after = (contender.usage()?, Usage::own()?);
        let seconds = load.measured.as_secs_f64();
        anyhow::Ok((
            after.0.cores_since(&before.0, seconds),
            after.1.cores_since(&before.1, seconds),
        ))
    };
    let loops = wires.into_iter().enumerate().map(|(place, mut wire)| {
        let mut exchange = exchanges(place);
        async move {
            let mut times = histogram();
            loop {
                let asked = Instant::now();
                if asked >= end {
                    return anyhow::Ok(times);
                }
                exchange(&mut wire).await?;
                let answered = Instant::now();
                if asked >= begin && answered <= end {
                    let micros = answered.duration_since(asked).as_micros();
                    times.record(u64::try_from(micros)?)?;
                }
            }
        }
    });
    let (latencies, (contender_cores, generator_cores)) =
        tokio::try_join!(try_join_all(loops), cores)
            .with_context(|| format!("while driving {}", contender.name()))?;
    let mut latency = histogram();
    for of_one in latencies {
        latency.add(of_one)?;
    }
    Ok(Outcome {
        rate: latency.len() as f64 / load.measured.as_secs_f64(),
        latency,
        contender_cores,
        generator_cores,
    })
}
