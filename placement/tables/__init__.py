"""Tables in: files of five formats, checked columns, coordinates in the study's CRS."""

from placement.study.columns import UNITS
from placement.tables.areas import overlap_faults, polygon_parts
from placement.tables.coordinates import bd09_to_wgs84, gcj02_to_wgs84, to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from placement.tables.files import read_frame
from placement.tables.fingerprints import InputState, input_states, refuse_changes
from placement.tables.limits import check_file
from placement.tables.network import read_network
from placement.tables.points import holds_areas, shifted_back, study_crs
from placement.tables.publicity import levels_of
from placement.tables.read import Tables, read_tables
from placement.tables.times import read_times
from placement.tables.travel import LARGEST, travel_columns, travel_numbers, wide_to_long

__all__ = [
    "LARGEST",
    "UNITS",
    "InputState",
    "Tables",
    "bd09_to_wgs84",
    "check_file",
    "gcj02_to_wgs84",
    "holds_areas",
    "input_states",
    "levels_of",
    "overlap_faults",
    "polygon_parts",
    "read_frame",
    "read_network",
    "read_tables",
    "read_times",
    "refuse_changes",
    "shifted_back",
    "study_crs",
    "to_wgs84",
    "travel_columns",
    "travel_numbers",
    "wgs84_to_bd09",
    "wgs84_to_gcj02",
    "wide_to_long",
]
