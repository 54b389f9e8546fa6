"""Travel times: exact, sparse, along streets or straight, or given as a table."""

from placement.travel.archive import load_times, save_times
from placement.travel.ask import TravelRun
from placement.travel.between import distances_mm
from placement.travel.cache import cache_folder
from placement.travel.covers import CoverStream, walking_covers
from placement.travel.isochrones import isochrones
from placement.travel.own_table import odd_times, table_times
from placement.travel.straight import straight_line_times
from placement.travel.stream import TimesStream
from placement.travel.times import TravelTimes
from placement.travel.walking import vehicle_run, vehicle_times, walking_run, walking_times

__all__ = [
    "CoverStream",
    "TimesStream",
    "TravelRun",
    "TravelTimes",
    "cache_folder",
    "distances_mm",
    "isochrones",
    "load_times",
    "odd_times",
    "save_times",
    "straight_line_times",
    "table_times",
    "vehicle_run",
    "vehicle_times",
    "walking_covers",
    "walking_run",
    "walking_times",
]
