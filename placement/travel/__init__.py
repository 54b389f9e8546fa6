"""Travel times: exact, sparse, from any street data, or given as a table."""

from placement.travel._osm import way_rules
from placement.travel.between import distances_mm
from placement.travel.snap import Snaps, snap_to_streets
from placement.travel.streets import Streets
from placement.travel.times import TravelTimes
from placement.travel.walking import straight_line_times, walking_times

__all__ = [
    "Snaps",
    "Streets",
    "TravelTimes",
    "distances_mm",
    "snap_to_streets",
    "straight_line_times",
    "walking_times",
    "way_rules",
]
