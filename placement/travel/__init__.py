"""Travel times: exact, sparse, from any street data, or given as a table."""

from placement.travel._osm import way_rules
from placement.travel.between import distances_mm
from placement.travel.covers import CoverStream, walking_covers
from placement.travel.isochrones import isochrones
from placement.travel.snap import Snaps, snap_to_streets
from placement.travel.straight import straight_line_times
from placement.travel.streets import Streets
from placement.travel.times import TravelTimes
from placement.travel.walking import vehicle_times, walking_times

__all__ = [
    "CoverStream",
    "Snaps",
    "Streets",
    "TravelTimes",
    "distances_mm",
    "isochrones",
    "snap_to_streets",
    "straight_line_times",
    "vehicle_times",
    "walking_covers",
    "walking_times",
    "way_rules",
]
