"""Street networks: read from any source, described, and points snapped to them."""

from placement.streets.notes import street_notes
from placement.streets.osm import way_rules
from placement.streets.snap import Snaps, snap_to_streets
from placement.streets.streets import Streets

__all__ = ["Snaps", "Streets", "snap_to_streets", "street_notes", "way_rules"]
