//! The command text of a plan.

use chrono::{DateTime, SecondsFormat, Utc};

use super::block::Observation;

/// What comes before all blocks. Each line ends here, so that an empty one follows it.
pub(super) const PREAMBLE: &str = "\
from sorunlib import *
from nextline import disable_trace

with disable_trace():
    initialize(test_mode=True)

smurf.uxm_setup()
smurf.iv_curve()
";

/// What makes an observation. Ends with an empty line, as the preamble does.
pub(super) fn of(observation: &Observation) -> String {
    let Observation {
        name,
        azimuth,
        altitude,
        throw,
        span,
        ..
    } = observation;
    let (start, stop) = (iso(span.start()), iso(span.end()));
    format!(
        "\
# {name}
acu.move_to({azimuth:.2}, {altitude:.2})
smurf.bias_dets()
wait_until('{start}')
smurf.bias_step()
seq.scan(description='{name}', stop_time='{stop}', width={throw:.2})
smurf.bias_step()
"
    )
}

/// ISO 8601, with microseconds only where there are any.
fn iso(time: DateTime<Utc>) -> String {
    let format = if time.timestamp_subsec_micros() == 0 {
        SecondsFormat::Secs
    } else {
        SecondsFormat::Micros
    };
    time.to_rfc3339_opts(format, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_written_where_there_are_any() {
        let written = |text: &str| iso(text.parse().expect("a time"));
        assert_eq!(written("2023-01-01T00:22:00Z"), "2023-01-01T00:22:00+00:00");
        assert_eq!(
            written("2023-01-01T00:22:00.5Z"),
            "2023-01-01T00:22:00.500000+00:00"
        );
    }
}
