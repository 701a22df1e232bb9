//! The control of a telescope: its firmware, and hardware in the loop on four benches.

use super::{Dialect, Nights, Plot, Product, Suite};
use crate::demo::api::Status;

/// The telescope.
pub(super) static PRODUCT: Product = Product {
    title: "Telescope hardware-in-the-loop",
    client: "demo-telescope",
    hour: 2,
    machines: &["bench-1", "bench-2", "bench-3", "bench-4"],
    retries: false,
    starter: "lab-2",
    suites: &[
        Suite {
            prefix: "weather/",
            scripts: "rain_sensor wind_limit cloud_sensor humidity_limit sensor_falls_silent \
                sensor_contradicts_sensor lightning_within_10_km all_clear_after_20_minutes",
            dialect: Dialect::Python,
            seconds: (4.0, 15.0),
            at_weekends: true,
            steps: &[
                "feed clear sky into the sensors",
                "feed the change",
                "wait for the station's verdict",
                "read the interlock",
            ],
            symptoms: &[
                "the interlock closed after {n} s, allowed are 5 s",
                "verdict is CLEAR, should be UNSAFE",
            ],
        },
        Suite {
            prefix: "firmware::",
            scripts: "motor::ramps_up_smoothly motor::stops_within_limits motor::current_limit \
                motor::stall_is_detected encoder::counts_over_the_zero_mark \
                encoder::survives_a_glitch encoder::calibration_is_kept \
                watchdog::resets_a_hung_loop watchdog::keeps_the_fault_log bus::frame_with_bad_crc \
                bus::node_drops_out bus::flood clock::follows_pps clock::leap_second \
                bootloader::update bootloader::power_loss_while_updating \
                bootloader::refuses_bad_signature storage::wears_evenly",
            dialect: Dialect::Rust,
            seconds: (3.0, 15.0),
            at_weekends: true,
            steps: &[
                "flash the image, verify: ok",
                "reset; the board says hello after 412 ms",
                "run on the target",
                "fetch the trace buffer",
            ],
            symptoms: &[
                "left: 0x{n}, right: 0x00: a fault is latched",
                "the step rate overshoots by {n} %",
                "left: {n}, right: 0: frames were lost",
            ],
        },
        Suite {
            prefix: "mount/",
            scripts: "slew_across_meridian slew_below_horizon_is_refused slew_while_tracking \
                tracks_sidereal tracks_moon tracks_satellite guides_on_star flips_at_meridian \
                parks_and_unparks parks_on_low_voltage homes_after_power_loss limit_switch_east \
                limit_switch_west backlash_compensation pointing_model_of_40_stars emergency_stop \
                handpad_overrides wind_gust_recovery",
            dialect: Dialect::Python,
            seconds: (20.0, 80.0),
            at_weekends: true,
            steps: &[
                "power on, axes are free",
                "home both axes",
                "slew to the start",
                "start the manoeuvre",
                "compare the encoders with the model",
                "park",
            ],
            symptoms: &[
                "the pointing error is {n}\", allowed are 5\"",
                "axis RA did not settle within {n} s",
                "expected state TRACKING, found FAULT (following error)",
            ],
        },
        Suite {
            prefix: "camera/",
            scripts: "exposes_one_second exposes_dark_frame bias_frames_are_level \
                cools_to_minus_twenty warms_up_slowly filter_wheel_all_positions \
                filter_wheel_stuck focuser_finds_star focuser_temperature_drift \
                reads_out_subframe binning aborts_exposure shutter_counts",
            dialect: Dialect::Python,
            seconds: (10.0, 45.0),
            at_weekends: true,
            steps: &[
                "connect to the camera, gain 120",
                "set up the frame",
                "expose",
                "read out 4144 x 2822",
                "measure the frame",
            ],
            symptoms: &[
                "the background is {n} ADU, should be within 480..520",
                "no star in the frame, found {n} hot pixels",
                "read-out took {n} s, allowed are 4 s",
            ],
        },
        Suite {
            prefix: "sequence/",
            scripts: "whole_night_in_fast_forward target_list_of_thirty resumes_after_cloud \
                resumes_after_power_loss mosaic_of_nine calibration_at_dawn survey_strip",
            dialect: Dialect::Python,
            seconds: (90.0, 200.0),
            at_weekends: false,
            steps: &[
                "load the plan",
                "open the dome, unpark",
                "focus, then the first target",
                "step through the plan",
                "park, close the dome",
                "compare the log with the plan",
            ],
            symptoms: &[
                "{n} of 30 targets were observed",
                "the dome closed {n} s after the last frame, allowed are 60 s",
            ],
        },
        Suite {
            prefix: "dome/",
            scripts: "opens opens_in_the_cold closes closes_on_rain closes_on_power_loss \
                follows_mount azimuth_after_restart shutter_jams_halfway heater_dries_the_seal \
                hand_crank_interlock lights_go_out",
            dialect: Dialect::Python,
            seconds: (15.0, 60.0),
            at_weekends: true,
            steps: &[
                "power on, find the azimuth mark",
                "move the shutter",
                "read both limit switches",
                "let the mount move",
                "close",
            ],
            symptoms: &[
                "the azimuth is off by {n}°",
                "the shutter drew {n} A, allowed are 9 A",
                "limit switch CLOSED stayed open",
            ],
        },
        Suite {
            prefix: "guiding/",
            scripts: "calibrates loses_star_behind_cloud dithers settles_within_ten_seconds \
                picks_a_star_by_itself drift_below_one_arcsecond dec_backlash",
            dialect: Dialect::Python,
            seconds: (20.0, 60.0),
            at_weekends: true,
            steps: &[
                "point at the artificial star",
                "calibrate on both axes",
                "guide for 30 frames",
                "disturb",
                "guide for 30 frames",
            ],
            symptoms: &[
                "rms is {n}\", allowed is 1\"",
                "the star was not found again within {n} s",
            ],
        },
        Suite {
            prefix: "adaptive/",
            scripts: "mirror_is_found mirror_is_flat zernike_modes loop_closes loop_opens_on_cloud \
                latency_below_2_ms saturated_actuator dead_actuator reference_is_kept \
                strehl_above_one_half",
            dialect: Dialect::Python,
            seconds: (12.0, 40.0),
            at_weekends: true,
            steps: &[
                "power on the deformable mirror",
                "measure the wavefront of the lamp",
                "close the loop",
                "measure again",
            ],
            symptoms: &["the residual wavefront error is {n} nm, allowed are 5 nm"],
        },
        Suite {
            prefix: "remote/",
            scripts: "lost_connection_parks two_operators status_page log_download \
                time_server_is_away session_of_a_week",
            dialect: Dialect::Python,
            seconds: (5.0, 20.0),
            at_weekends: true,
            steps: &[
                "connect to the control room's gateway",
                "take control",
                "cause the disturbance",
                "read the state through the gateway",
            ],
            symptoms: &[
                "state is TRACKING {n} s after the connection was lost, should be PARKED",
                "two sessions hold control at the same time",
            ],
        },
    ],
    plots: &[
        Plot::Flaky {
            script: "guiding/loses_star_behind_cloud",
            once_in: 3,
        },
        Plot::Flaky {
            script: "firmware::bus::node_drops_out",
            once_in: 4,
        },
        Plot::Flaky {
            script: "dome/azimuth_after_restart",
            once_in: 6,
        },
        Plot::Flaky {
            script: "camera/focuser_finds_star",
            once_in: 9,
        },
        Plot::Broken {
            script: "firmware::clock::leap_second",
            nights: Nights::since(5),
            symptom: "left: 23:59:60, right: 00:00:00: the leap second is counted twice",
        },
        Plot::Broken {
            script: "weather/humidity_limit",
            nights: Nights::since(0),
            symptom: "verdict is UNKNOWN at 91 % humidity, should be UNSAFE",
        },
        Plot::Broken {
            script: "guiding/dec_backlash",
            nights: Nights::until(1),
            symptom: "the backlash was taken up 8 times in 30 frames, allowed is once",
        },
        Plot::Broken {
            script: "camera/filter_wheel_stuck",
            nights: Nights::since(i64::MAX),
            symptom: "expected the error FILTER_WHEEL_STUCK, found a read-out through no filter",
        },
        Plot::Slower {
            script: "camera/filter_wheel_all_positions",
            since: 0,
            times: 1.9,
        },
        Plot::Creeping {
            script: "mount/homes_after_power_loss",
            times: 1.02,
        },
        Plot::Only {
            prefix: "remote/session_of_a_week",
            nights: Nights::since(11),
        },
        Plot::Only {
            prefix: "weather/sensor_contradicts_sensor",
            nights: Nights::since(0),
        },
        Plot::Skipped {
            script: "dome/hand_crank_interlock",
            reason: "needs a hand on the crank",
        },
        Plot::Skipped {
            script: "weather/lightning_within_10_km",
            reason: "no bench has the lightning simulator",
        },
        Plot::Corrected {
            script: "camera/cools_to_minus_twenty",
            night: 1,
            symptom: "the sensor is at -14.2 °C after 300 s, should be at -20 °C",
            to: Status::Block,
            reason: "The lab's chiller was off, the camera could not get there",
        },
        Plot::Incident {
            nights: Nights::until(20),
            prefixes: &["dome/", "guiding/", "mount/"],
            share: 0.9,
            status: Status::Error,
            symptom: "refused by the safety controller: EMERGENCY STOP is pressed",
        },
        Plot::Only {
            prefix: "adaptive/",
            nights: Nights::since(7),
        },
        Plot::Incident {
            nights: Nights::between(7, 6),
            prefixes: &["adaptive/"],
            share: 1.0,
            status: Status::Error,
            symptom: "the mirror's driver speaks protocol 3, this bench speaks 2",
        },
        Plot::Down {
            night: 9,
            machine: "bench-3",
            reason: "bench-3 is away: ssh: connect to host bench-3 port 22: No route to host",
        },
        Plot::Abandoned { night: 4 },
    ],
};
