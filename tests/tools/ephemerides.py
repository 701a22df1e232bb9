"""Writes ../fixtures/ephemerides.csv: where sun, moon and planets stood, and will, as JPL has it.

    python3 -m venv /tmp/ephemerides && /tmp/ephemerides/bin/pip install skyfield==1.55 skyfield-data==7.0.0
    /tmp/ephemerides/bin/python tests/tools/ephemerides.py

Positions are topocentric and apparent, those of JPL's DE421 through Skyfield: another theory and another program than
the server's. `true_altitude` is without air: bending light is a formula, with tests of its own.
"""

import csv
import pathlib

from skyfield.api import Loader, wgs84
from skyfield_data import get_skyfield_data_path

SITES = {
    "atacama": (-22.958, -67.786, 5200.0),
    "tromso": (69.6492, 18.9553, 10.0),
}
BODIES = ["sun", "moon", "venus", "mars", "jupiter", "saturn", "mercury", "uranus", "neptune"]
DATES = [
    (2020, 1, 5, 3, 17, 0),
    (2023, 1, 1, 0, 0, 0),
    (2025, 6, 21, 12, 0, 0),
    (2028, 2, 29, 20, 45, 30),
    (2031, 9, 23, 6, 30, 0),
    (2035, 12, 31, 23, 59, 59),
]
# DE421 has the outer planets as their systems' barycentres; Jupiter's moons move Jupiter by 0.00002 degrees.
BARYCENTRES = {"mars", "jupiter", "saturn", "uranus", "neptune"}


def main():
    load = Loader(get_skyfield_data_path(), expire=False)
    kernel = load("de421.bsp")
    timescale = load.timescale(builtin=True)
    target = pathlib.Path(__file__).parent.parent / "fixtures" / "ephemerides.csv"
    with target.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["site", "latitude", "longitude", "elevation", "time", "body", "azimuth", "true_altitude"])
        for site, (latitude, longitude, elevation) in SITES.items():
            observer = kernel["earth"] + wgs84.latlon(latitude, longitude, elevation)
            for date in DATES:
                time = timescale.utc(*date)
                for body in BODIES:
                    name = f"{body} barycenter" if body in BARYCENTRES else body
                    seen = observer.at(time).observe(kernel[name]).apparent()
                    altitude, azimuth, _ = seen.altaz()
                    table.writerow(
                        [site, latitude, longitude, elevation, time.utc_iso(), body]
                        + [f"{azimuth.degrees:.5f}", f"{altitude.degrees:.5f}"]
                    )


main()
