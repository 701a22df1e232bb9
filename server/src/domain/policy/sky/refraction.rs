//! How the air lifts what is seen through it: Bennett's and Saastamoinen's approximations, as libastro has them.

/// Pressure over temperature, in mbar and kelvin: 1010 mbar at 15 °C.
const DENSITY: f64 = 1_010.0 / (273.0 + 15.0);

/// From this apparent altitude up, in degrees, the air is as good as flat.
const FLAT_FROM: f64 = 15.0;

/// Bending low over the horizon begins to be negative below this apparent altitude, in degrees, and counts as none.
const NOTHING_BELOW: f64 = -8.3;

/// The apparent altitude of what truly stands at an altitude, both in degrees: the solution of
/// a − bending(a) = true altitude.
pub(super) fn apparent_altitude(true_altitude: f64) -> f64 {
    if true_altitude < NOTHING_BELOW {
        return true_altitude;
    }
    if true_altitude < FLAT_FROM - 1.0 {
        return solve(true_altitude, bending_low);
    }
    // The two formulas don't quite meet; what either of them could lift to 15° is left to the one above.
    let high = solve(true_altitude, bending_high);
    if high >= FLAT_FROM {
        high
    } else {
        solve(true_altitude, bending_low)
    }
}

/// Newton's method on a − bending(a) − true altitude.
fn solve(true_altitude: f64, bending: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut apparent = true_altitude;
    for _ in 0..12 {
        let (lifted, slope) = bending(apparent);
        let step = (apparent - lifted - true_altitude) / (1.0 - slope);
        apparent -= step;
        // The error is the step's square at the most.
        if step.abs() < 1e-6 {
            break;
        }
    }
    apparent
}

/// How far something at a high apparent altitude was lifted, in degrees, and how fast that changes.
fn bending_high(apparent: f64) -> (f64, f64) {
    const SCALE: f64 = DENSITY * 0.004_52;
    let tangent = apparent.to_radians().tan();
    let slope = -SCALE * (1.0 + 1.0 / (tangent * tangent)).to_radians();
    (SCALE / tangent, slope)
}

/// How far something at a low apparent altitude was lifted, in degrees, and how fast that changes.
fn bending_low(apparent: f64) -> (f64, f64) {
    let above = 0.159_4 + apparent * (0.019_6 + apparent * 0.000_02);
    let below = 1.0 + apparent * (0.505 + apparent * 0.084_5);
    if above <= 0.0 {
        return (0.0, 0.0);
    }
    let above_slope = 0.019_6 + 2.0 * 0.000_02 * apparent;
    let below_slope = 0.505 + 2.0 * 0.084_5 * apparent;
    let slope = (above_slope * below - above * below_slope) / (below * below);
    (DENSITY * above / below, DENSITY * slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bending(apparent: f64) -> f64 {
        if apparent >= FLAT_FROM {
            bending_high(apparent).0
        } else {
            bending_low(apparent).0
        }
    }

    #[test]
    fn the_apparent_altitude_solves_its_equation() {
        for hundredths in -9_000..=9_000 {
            let true_altitude = f64::from(hundredths) / 100.0;
            let apparent = apparent_altitude(true_altitude);
            let back = apparent - bending(apparent);
            assert!((back - true_altitude).abs() < 1e-7, "{true_altitude}");
            assert!(apparent >= true_altitude, "{true_altitude} was lowered");
        }
    }

    #[test]
    fn what_stands_higher_is_seen_higher() {
        let seen: Vec<_> = (-9_000..=9_000)
            .map(|hundredths| apparent_altitude(f64::from(hundredths) / 100.0))
            .collect();
        assert!(seen.is_sorted());
    }

    #[test]
    fn the_air_lifts_by_half_a_degree_at_the_horizon_and_by_nothing_overhead() {
        assert!((bending(0.0) - 0.559).abs() < 0.001);
        assert!((bending(45.0) - 0.01585).abs() < 0.00001);
        assert!(bending(90.0).abs() < 1e-12);
    }
}
