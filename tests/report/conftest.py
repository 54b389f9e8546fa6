"""A small made-up town: twelve sites, three districts, two age groups, day and night."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Polygon

from placement.report import ReportData
from placement.values import BudgetLine, Coverages, Covered, Demand, Plan, Segment, Sites
from placement.values.plan import ACTION_COLUMNS
from placement.values.sites import COST_KEYS

CRS = "EPSG:32650"
X0, Y0 = 240_000.0, 3_390_000.0
HOSTILE = (
    "<script>alert(1)</script>",
    "</svg></style><img src=x onerror=alert(2)>",
    "\"&'{{7*7}}",
    "=1+1",
    "\u202eevil\u202c مرحبا",
    "long " * 60 + "x" * 200,
    "",
    "-2\x00\x07",
)


def make_sites(names=None):
    rows = []
    for number in range(12):
        existing = number < 6
        rows.append(
            {
                "site_id": f"S{number:02d}",
                "name": f"Station {number}",
                "host": ("bank", "community", "rail")[number % 3],
                "district": ("江岸区", "江汉区", "硚口区")[number % 3],
                "existing": existing,
                "status": "existing" if existing else "candidate",
                "opens_min": 0 if number % 2 else 480,
                "closes_min": 1440 if number % 2 else 1200,
                "machines": 1,
                "max_machines": 2,
                "services": (),
                "x": X0 + 400 * (number % 4) + 150,
                "y": Y0 + 500 * (number // 4) + 200,
            }
        )
    if names:
        for row, name in zip(rows, names, strict=False):
            row["name"] = name
            row["district"] = name or "d"
    frame = pd.DataFrame(rows).set_index("site_id")
    for key in COST_KEYS:
        frame[f"{key}_fen"] = pd.array([pd.NA] * len(frame), dtype="Int64")
    geometry = gpd.points_from_xy(frame.pop("x"), frame.pop("y"), crs=CRS)
    return Sites(table=gpd.GeoDataFrame(frame, geometry=geometry))


def make_demand(*, simulated=True):
    generator = np.random.default_rng(3)
    count = 60
    points = gpd.GeoDataFrame(
        {
            "district": [f"area{number % 5}" for number in range(count)],
            "parent": [("江岸区", "江汉区", "硚口区")[number % 3] for number in range(count)],
        },
        geometry=gpd.points_from_xy(
            X0 + generator.uniform(0, 1600, count), Y0 + generator.uniform(0, 1500, count), crs=CRS
        ),
        index=pd.Index([f"D{number:03d}" for number in range(count)], name="demand_id"),
    )
    segments = tuple(
        Segment(age_group=group, period=period, service="all", speed_m_s=speed, starts_min=starts, ends_min=ends)
        for group, speed in (("general", 1.3), ("elderly", 0.9))
        for period, starts, ends in (("day", 480, 1200), ("night", 1200, 480))
    )
    need = generator.uniform(1, 40, (count, 4))
    return Demand(
        points=points,
        segments=segments,
        age_groups=("general", "elderly"),
        people=generator.uniform(10, 300, (count, 2)),
        need=need,
        awareness=np.full((count, 4), 0.58),
        uptake=np.full((count, 4), 0.5),
        need_share=0.5,
        simulated=simulated,
    )


def covered(share, whole):
    return Covered(
        covered=share * whole,
        all=whole,
        need_covered=share * whole * 1.5,
        need_all=whole * 1.5,
        use_covered=share * whole * 0.5,
        use_all=whole * 0.5,
    )


def coverages(share, districts=("江岸区", "江汉区", "硚口区")):
    segments = ("general/day/all", "general/night/all", "elderly/day/all", "elderly/night/all")
    return Coverages(
        total=covered(share, 1000.0),
        segment={name: covered(share * (1 - 0.1 * k), 250.0) for k, name in enumerate(segments)},
        district={name: covered(share * (1 - 0.2 * k), 1000.0 / 3) for k, name in enumerate(districts)},
        people={
            f"{group}/{period}": (share * scale * people, people)
            for group, people in (("general", 9000.0), ("elderly", 2000.0))
            for period, scale in (("day", 1.0), ("night", 0.7))
        },
    )


ACTIONS = [
    ("S00", "keep", "", 1, 1, 0),
    ("S01", "keep", "", 1, 1, 0),
    ("S02", "keep", "", 1, 1, 0),
    ("S03", "close", "", 1, 0, 300_000),
    ("S07", "move", "S04", 0, 1, 900_000),
    ("S09", "move", "S05", 0, 1, 900_000),
    ("S06", "open", "", 0, 1, 8_000_005),
    ("S11", "open", "", 0, 1, 8_000_000),
]


def make_plan(study="Hankou", districts=("江岸区", "江汉区", "硚口区"), **changes):
    values = {
        "study": study,
        "status": "optimal",
        "proof": "solver",
        "solver": "HiGHS 1.16.0",
        "objective": 612.345,
        "bound": 612.345,
        "asked_gap": 0.0,
        "actions": pd.DataFrame(ACTIONS, columns=list(ACTION_COLUMNS)),
        "open": ("S00", "S01", "S02", "S06", "S07", "S09", "S11"),
        "before": coverages(0.41, districts),
        "after": coverages(0.612345, districts),
        "budget_lines": (
            BudgetLine(name="capital", amount_fen=18_100_005, cap_fen=20_000_000),
            BudgetLine(name="running", amount_fen=9_800_000, cap_fen=None),
        ),
        "tie_broken": True,
        "details": {"rows": 240, "rows_merged": np.int64(88), "share": np.float64(0.1 + 0.2)},
    }
    return Plan(**(values | changes))


def make_streets():
    lines = [LineString([(X0 + 100 * k, Y0), (X0 + 100 * k, Y0 + 1500)]) for k in range(17)]
    lines += [LineString([(X0, Y0 + 100 * k), (X0 + 1600, Y0 + 100 * k)]) for k in range(16)]
    return gpd.GeoDataFrame(geometry=lines, crs=CRS)


def make_districts(names=("江岸区", "江汉区", "硚口区")):
    shapes = [
        Polygon([(X0 + a, Y0 - 100), (X0 + b, Y0 - 100), (X0 + b, Y0 + 1600), (X0 + a, Y0 + 1600)])
        for a, b in ((-100, 500), (500, 1100), (1100, 1700))
    ]
    return gpd.GeoDataFrame({"name": list(names)}, geometry=shapes, crs=CRS)


def make_data(**changes):
    values = {
        "plan": make_plan(),
        "demand": make_demand(),
        "sites": make_sites(),
        "study_path": "../study.toml",
        "inputs": {"population": "0" * 64},
        "versions": {"placement": "0.1.0"},
        "seed": 0,
        "threshold_s": 900.0,
    }
    return ReportData(**(values | changes))


@pytest.fixture
def plan():
    return make_plan()


@pytest.fixture
def sites():
    return make_sites()


@pytest.fixture
def demand():
    return make_demand()
