//! Where bodies are, seen from the centre of the earth.

use std::ops::{Add, Mul, Sub};

use astro::{
    ecliptic::mn_oblq_laskar,
    lunar, nutation,
    planet::{self, Planet},
};

use super::{body::Body, moment::Moment};

/// An astronomical unit, in kilometres.
const AU_KM: f64 = 149_597_870.7;

/// What light needs for a kilometre, in days.
const LIGHT_DAYS_PER_KM: f64 = 1.0 / (299_792.458 * 86_400.0);

/// A way in space, in kilometres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Vector {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) z: f64,
}

impl Vector {
    fn from_spherical(longitude_rad: f64, latitude_rad: f64, length: f64) -> Self {
        let (sin_longitude, cos_longitude) = longitude_rad.sin_cos();
        let (sin_latitude, cos_latitude) = latitude_rad.sin_cos();
        Self {
            x: length * cos_latitude * cos_longitude,
            y: length * cos_latitude * sin_longitude,
            z: length * sin_latitude,
        }
    }

    fn length(self) -> f64 {
        self.x.hypot(self.y).hypot(self.z)
    }

    /// Turned by some degrees about the x axis, from y to z.
    fn turned_about_x(self, degrees: f64) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        Self {
            x: self.x,
            y: self.y * cos - self.z * sin,
            z: self.y * sin + self.z * cos,
        }
    }

    /// Turned by some degrees about the z axis, from x to y.
    pub(super) fn turned_about_z(self, degrees: f64) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        Self {
            x: self.x * cos - self.y * sin,
            y: self.x * sin + self.y * cos,
            z: self.z,
        }
    }
}

impl Add for Vector {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            x: self.x + other.x,
            y: self.y + other.y,
            z: self.z + other.z,
        }
    }
}

impl Sub for Vector {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + other * -1.0
    }
}

impl Mul<f64> for Vector {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self {
            x: self.x * factor,
            y: self.y * factor,
            z: self.z * factor,
        }
    }
}

/// Where a body is seen from the centre of the earth: along the true equator, from the point that *mean* sidereal time
/// counts from, so that no nutation is left to whoever turns the earth.
pub(super) fn place(body: Body, moment: Moment) -> Vector {
    let day = moment.julian_ephemeris_day();
    let (in_longitude_rad, in_obliquity_rad) = nutation::nutation(day);
    // Laskar's polynomial: in the crate's other one, the IAU's, time runs a hundred times too slowly.
    let obliquity = (mn_oblq_laskar(day) + in_obliquity_rad).to_degrees();
    let in_longitude = in_longitude_rad.to_degrees();
    let equation_of_the_equinoxes = in_longitude * obliquity.to_radians().cos();
    ecliptic_place(body, day)
        .turned_about_z(in_longitude)
        .turned_about_x(obliquity)
        .turned_about_z(-equation_of_the_equinoxes)
}

/// The same along the ecliptic, from the mean equinox of the day.
fn ecliptic_place(body: Body, day: f64) -> Vector {
    let Some(from_sun) = heliocentric(body) else {
        let (seen, distance_km) = lunar::geocent_ecl_pos(day);
        return Vector::from_spherical(seen.long, seen.lat, distance_km);
    };
    let earth = |day| planet_place(&Planet::Earth, day);
    // What is seen is where both were when the light left: that accounts for light time and aberration together
    // (Meeus, chapter 33).
    let light_days = (from_sun(day) - earth(day)).length() * LIGHT_DAYS_PER_KM;
    from_sun(day - light_days) - earth(day - light_days)
}

/// Where a body is, seen from the centre of the sun; the moon alone is not reckoned from there.
fn heliocentric(body: Body) -> Option<impl Fn(f64) -> Vector> {
    let planet = match body {
        Body::Moon => return None,
        Body::Sun => None,
        Body::Mercury => Some(Planet::Mercury),
        Body::Venus => Some(Planet::Venus),
        Body::Mars => Some(Planet::Mars),
        Body::Jupiter => Some(Planet::Jupiter),
        Body::Saturn => Some(Planet::Saturn),
        Body::Uranus => Some(Planet::Uranus),
        Body::Neptune => Some(Planet::Neptune),
    };
    Some(move |day| match &planet {
        Some(planet) => planet_place(planet, day),
        None => Vector::from_spherical(0.0, 0.0, 0.0),
    })
}

fn planet_place(planet: &Planet, day: f64) -> Vector {
    let (longitude_rad, latitude_rad, distance_au) = planet::heliocent_coords(planet, day);
    Vector::from_spherical(longitude_rad, latitude_rad, distance_au * AU_KM)
}
