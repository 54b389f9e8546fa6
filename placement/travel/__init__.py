"""Travel times: exact, sparse, from any street data, or given as a table."""

from placement.travel._cache import cache_folder
from placement.travel._osm import way_rules
from placement.travel.between import distances_mm
from placement.travel.covers import CoverStream, walking_covers
from placement.travel.isochrones import isochrones
from placement.travel.notes import street_notes
from placement.travel.run import TravelRun
from placement.travel.snap import Snaps, snap_to_streets
from placement.travel.straight import straight_line_times
from placement.travel.stream import TimesStream
from placement.travel.streets import Streets
from placement.travel.table import table_times
from placement.travel.times import TravelTimes
from placement.travel.walking import vehicle_run, vehicle_times, walking_run, walking_times

__all__ = [
    "CoverStream",
    "Snaps",
    "Streets",
    "TimesStream",
    "TravelRun",
    "TravelTimes",
    "cache_folder",
    "distances_mm",
    "isochrones",
    "snap_to_streets",
    "straight_line_times",
    "street_notes",
    "table_times",
    "vehicle_run",
    "vehicle_times",
    "walking_covers",
    "walking_run",
    "walking_times",
    "way_rules",
]
