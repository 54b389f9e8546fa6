"""Sites: where a station stands or may stand."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from placement.errors import AlignmentError
from placement.values.demand import check_points

STATUSES = ("existing", "candidate", "required", "excluded")
COST_KEYS = ("purchase", "move", "close", "rent", "maintenance", "staff")
"""Cost items of one station: yuan once (purchase, move, close) or yuan a year (rent, maintenance, staff)."""

COLUMNS = (
    "name",
    "host",
    "district",
    "existing",
    "status",
    "opens_min",
    "closes_min",
    "machines",
    "max_machines",
    "services",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sites:
    """Every place at which a station stands or may stand.

    Parameters
    ----------
    table
        GeoDataFrame indexed by ``site_id`` (unique strings), points in a projected CRS, with the columns
        `name`, `host`, `district` (strings), `existing` (bool: a station stands there today), `status` (existing,
        candidate, required, excluded), `opens_min`, `closes_min` (minutes after midnight; 0 and 1440 = always open;
        closing at or before opening = past midnight), `machines`, `max_machines` (int), `services` (tuple of names,
        empty = all), and one nullable Int64 column ``<item>_fen`` for each of :data:`COST_KEYS` that overrides the
        policy's amount at this site.
    """

    table: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self.table.copy())
        check_points("sites", self.table)
        missing = [name for name in (*COLUMNS, *(f"{key}_fen" for key in COST_KEYS)) if name not in self.table.columns]
        if missing:
            raise AlignmentError.single("sites", f"columns are missing: {', '.join(missing)}")

    @property
    def ids(self) -> pd.Index:
        """Site ids, in the order of all columns."""
        return pd.Index(self.table.index)

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """A copy of the table."""
        return self.table.copy()

    def __len__(self) -> int:
        return len(self.table)
