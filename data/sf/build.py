"""Build the San Francisco study from spopt's test data: ``python data/sf/build.py [RAW] [--out FOLDER]``.

RAW is the folder ``spopt/tests/test_locate/data`` of spopt 0.7.0 (BSD-3-Clause); by default that of the installed
package. Only names of columns and ids change; no number does, but coordinates are rounded to 6 decimals and distances
to the millimetre.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import pandas as pd

TRACTS = "SF_demand_205_centroid_uniform_weight.csv"
STORES = "SF_store_site_16_longlat.csv"
DISTANCES = "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
COUNTIES = {"06075": "San Francisco", "06081": "San Mateo"}


def spopt_data() -> Path:
    """Return the data folder of the installed spopt."""
    spec = importlib.util.find_spec("spopt")
    if spec is None or spec.origin is None:
        message = "spopt is not installed: name its test data folder"
        raise FileNotFoundError(message)
    return Path(spec.origin).parent / "tests" / "test_locate" / "data"


def population(raw: Path) -> pd.DataFrame:
    """Return the tracts; the district is the county in the tract's FIPS code."""
    tracts = pd.read_csv(raw / TRACTS, dtype={"NAME": str})
    county = tracts["NAME"].str[:5].map(COUNTIES)
    return pd.DataFrame(
        {
            "demand_id": tracts["NAME"],
            "lon": tracts["long"].round(6),
            "lat": tracts["lat"].round(6),
            "district": county,
            "parent": county,
            "people": tracts["POP2000"],
        }
    )


def candidates(raw: Path) -> pd.DataFrame:
    """Return the stores as candidate sites, open all day; each takes the county of its nearest tract."""
    stores = pd.read_csv(raw / STORES)
    distances = travel(raw)
    nearest = distances.loc[distances.groupby("site_id")["metres"].idxmin()].set_index("site_id")["demand_id"]
    return pd.DataFrame(
        {
            "site_id": stores["NAME"],
            "lon": stores["long"].round(6),
            "lat": stores["lat"].round(6),
            "name": stores["NAME"].str.replace("_", " "),
            "host": "store",
            "district": nearest[stores["NAME"]].str[:5].map(COUNTIES).to_numpy(),
            "opens": "00:00",
            "closes": "24:00",
            "machines": 1,
            "max_machines": 1,
            "services": "",
            "status": "candidate",
        }
    )


def travel(raw: Path) -> pd.DataFrame:
    """Return network distances in metres, tract by store."""
    distances = pd.read_csv(raw / DISTANCES, dtype={"DestinationName": str})
    table = distances.rename(columns={"DestinationName": "demand_id", "name": "site_id", "distance": "metres"})
    return table[["demand_id", "site_id", "metres"]].round({"metres": 3})


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raw", type=Path, nargs="?")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent)
    arguments = parser.parse_args()
    raw = arguments.raw or spopt_data()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for table in (population, candidates, travel):
        path = arguments.out / f"{table.__name__}.csv"
        table(raw).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


if __name__ == "__main__":
    main()
