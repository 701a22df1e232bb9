//! What is seen from a place on the earth.

use super::{ephemeris::Vector, moment::Moment, refraction::apparent_altitude};

/// The earth's radius at the equator, in kilometres, and its flattening (WGS 84).
const EQUATORIAL_RADIUS_KM: f64 = 6_378.137;
const FLATTENING: f64 = 1.0 / 298.257_223_563;

/// A place on the earth.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain::policy) struct Site {
    sin_latitude: f64,
    cos_latitude: f64,
    /// Degrees, to the east.
    longitude: f64,
    /// From the earth's axis, and over the plane of its equator, in kilometres.
    from_axis_km: f64,
    over_equator_km: f64,
}

/// Where something is seen, in degrees.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain::policy) struct Horizontal {
    /// From north over east, 0..360.
    pub(in crate::domain::policy) azimuth: f64,
    /// Over the horizon, lifted by the air.
    pub(in crate::domain::policy) altitude: f64,
}

impl Horizontal {
    /// The way to another azimuth, in degrees over east, −180..180.
    pub(in crate::domain::policy) fn azimuth_to(self, other: Self) -> f64 {
        (other.azimuth - self.azimuth + 180.0).rem_euclid(360.0) - 180.0
    }
}

/// The way to something from a site, in kilometres along the site's own axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local {
    /// In the plane of the equator, towards where the site's meridian cuts it, and towards the east.
    to_meridian: f64,
    east: f64,
    north: f64,
    up: f64,
}

impl Site {
    /// The place at a geodetic latitude and a longitude, in degrees, the latter to the east, and an elevation in metres.
    pub(in crate::domain::policy) fn new(
        latitude: f64,
        longitude: f64,
        elevation_metres: f64,
    ) -> Self {
        let (sin_latitude, cos_latitude) = latitude.to_radians().sin_cos();
        // The radius of curvature in the prime vertical (Meeus, chapter 11).
        let oblateness = (1.0 - FLATTENING) * (1.0 - FLATTENING);
        let curvature_km = EQUATORIAL_RADIUS_KM
            / (cos_latitude * cos_latitude + oblateness * sin_latitude * sin_latitude).sqrt();
        let height_km = elevation_metres / 1_000.0;
        Self {
            sin_latitude,
            cos_latitude,
            longitude,
            from_axis_km: (curvature_km + height_km) * cos_latitude,
            over_equator_km: (curvature_km * oblateness + height_km) * sin_latitude,
        }
    }

    /// The way from here to what stands at `place`, seen from the centre of the earth.
    pub(super) fn look_at(&self, place: Vector, moment: Moment) -> Local {
        let sidereal_time = moment.greenwich_mean_sidereal_time() + self.longitude;
        let turned = place.turned_about_z(-sidereal_time);
        let to_meridian = turned.x - self.from_axis_km;
        let to_pole = turned.z - self.over_equator_km;
        Local {
            to_meridian,
            east: turned.y,
            north: to_pole * self.cos_latitude - to_meridian * self.sin_latitude,
            up: to_pole * self.sin_latitude + to_meridian * self.cos_latitude,
        }
    }
}

impl Local {
    /// Where it is seen.
    pub(super) fn horizontal(self) -> Horizontal {
        let azimuth = self.east.atan2(self.north).to_degrees();
        Horizontal {
            azimuth: azimuth.rem_euclid(360.0),
            altitude: self.apparent_altitude(),
        }
    }

    /// How high its centre is seen, in degrees.
    pub(super) fn apparent_altitude(self) -> f64 {
        apparent_altitude(self.true_altitude())
    }

    /// How high its centre would be seen without air, in degrees.
    pub(super) fn true_altitude(self) -> f64 {
        let level = (self.east * self.east + self.north * self.north).sqrt();
        self.up.atan2(level).to_degrees()
    }

    /// How far it has gone past the meridian, in degrees, −180..180: it crosses that at 0 where it culminates.
    pub(super) fn hour_angle(self) -> f64 {
        (-self.east).atan2(self.to_meridian).to_degrees()
    }

    /// How large something of that radius looks from here: half of its width, in degrees.
    pub(super) fn semidiameter(self, radius_km: f64) -> f64 {
        let distance_km = self.east.hypot(self.north).hypot(self.up);
        (radius_km / distance_km).asin().to_degrees()
    }
}
