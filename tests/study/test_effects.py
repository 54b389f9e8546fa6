"""Every key of a study, and what is said where it has nothing to act on."""

import pandas as pd
import pytest

from placement.errors import InputError
from placement.study import Study, read_study
from placement.study.fees import FeesSection
from placement.study.inputs import InputFile, Inputs, StreetsInput
from placement.study.limits import BudgetSection, CostSection, FloorsSection, GuidesSection, PolicySection
from placement.study.phases import PhaseSection
from placement.study.sections import DemandSection, SolveSection, StudySection
from placement.study.travel import StepSection, TravelSection
from placement.tables import read_tables
from tests.doorstep import write_doorstep
from tests.there import there

ALWAYS = "it always has an effect where it is given"
REFUSED = (
    "refused by the section itself, tested in tests/study/test_study.py and tests/pipeline/test_travel_settings.py"
)
ELSEWHERE = "its names are checked against the tables"

KEYS = {
    StudySection: {"name": ALWAYS, "crs": ALWAYS, "language": ALWAYS, "seed": ALWAYS},
    InputFile: {
        "path": ALWAYS, "simulated": ALWAYS, "notice": ALWAYS,
        "coordinates": "formats", "encoding": "formats", "layer": "formats", "columns": "formats",
        "band": "formats", "unit": "formats", "wide": "formats",
    },
    StreetsInput: {
        "nodes": ALWAYS, "edges": ALWAYS, "graphml": ALWAYS, "osm": ALWAYS, "lines": ALWAYS, "place": ALWAYS,
        "notice": ALWAYS, "mode": REFUSED, "coordinates": REFUSED, "rules": REFUSED, "layer": "formats",
        "planar": "formats",
    },
    Inputs: dict.fromkeys(Inputs.model_fields, ALWAYS) | {
        "footfall": "notes", "covariates": REFUSED, "footfall_counts": REFUSED,
    },
    DemandSection: {
        "need_share": ALWAYS, "periods": ALWAYS, "period_share": REFUSED, "trips_per_month": ALWAYS,
        "online_share": ALWAYS, "uptake": ALWAYS, "trip_rate_cv": ALWAYS,
        "need_area_cv": ALWAYS, "people_cv": ALWAYS, "daytime": ALWAYS, "period_rule": ELSEWHERE,
        "service_hosts": ELSEWHERE,
        "footfall_interpolate": REFUSED, "footfall_capture": "notes", "non_resident_share": "notes",
        "footfall_bandwidth_m": "notes", "footfall_cv": "notes", "footfall_siting": "notes", "deff": "notes",
        "age_share": "tables", "age_bands": "tables",
        "grid_m": "tables", "grid_shape": "tables", "counts_every": "notes", "counts_time_format": "notes",
        "counts_time_zone": "notes", "visit_columns": "notes",
    },
    TravelSection: {
        "threshold_min": ALWAYS, "threshold_m": ALWAYS, "threshold_min_by_district": ELSEWHERE, "mode": REFUSED,
        "step": ALWAYS,
        "slope": REFUSED, "steps_factor": REFUSED, "street_speed_m_s": REFUSED, "cutoff_min": "notes",
        "far_snap_m": "notes", "cache": "notes", "stream": "notes", "detour": "notes", "speed_m_s": "notes",
        "oneway": "notes",
    },
    StepSection: {
        "threshold_min": ALWAYS, "threshold_m": ALWAYS, "share": ALWAYS, "threshold_min_by_district": ELSEWHERE,
    },
    CostSection: dict.fromkeys(CostSection.model_fields, ELSEWHERE),
    GuidesSection: {"age_group": REFUSED, "uptake": REFUSED},
    BudgetSection: dict.fromkeys(BudgetSection.model_fields, ALWAYS) | {
        "total": REFUSED, "discount_rate": "notes", "guides": REFUSED, "publicity": REFUSED,
    },
    PolicySection: dict.fromkeys(PolicySection.model_fields, ALWAYS) | {
        "backup_share": REFUSED, "outage_probability": REFUSED, "outage_from_usage": REFUSED,
        "idle_below": "notes", "max_by_host": ELSEWHERE, "max_by_chain": ELSEWHERE, "spacing_m": "notes",
        "min_reach_new": "notes", "visits_weight": REFUSED, "visits_floor": REFUSED, "min_visits_new": REFUSED,
        "max_idle": REFUSED,
    },
    FloorsSection: {"district": ELSEWHERE, "period": REFUSED},
    FeesSection: dict.fromkeys(FeesSection.model_fields, ALWAYS) | {"free_pages": REFUSED, "pages_per_visit": REFUSED},
    PhaseSection: dict.fromkeys(PhaseSection.model_fields, ALWAYS) | {"carry_over": REFUSED},
    SolveSection: dict.fromkeys(SolveSection.model_fields, ALWAYS),
}  # fmt: skip


@pytest.mark.parametrize("section", KEYS, ids=lambda section: section.__name__)
def test_every_key_is_thought_of(section):
    missing = set(section.model_fields) - set(KEYS[section])
    assert not missing, f"say in this test what {missing} do where they have nothing to act on"


def test_every_section_is_thought_of():
    assert {"inputs", "demand", "travel", "costs", "budget", "policy", "phase", "fees", "solve", "study"} <= set(
        Study.model_fields
    )


NO_STREETS = ('streets = {nodes = "nodes.csv", edges = "edges.csv"}', "")
NO_FOOTFALL = ('footfall = {path = "footfall.csv", simulated = true}', "")


def travel(text):
    return ("[travel]\n", f"[travel]\n{text}\n")


def demand(text):
    return ("need_share = 0.5", f"need_share = 0.5\n{text}")


@pytest.mark.parametrize(
    ("changes", "notes"),
    [
        (
            [NO_FOOTFALL, demand('footfall_cv = 0.1\nfootfall_siting = "busy"')],
            [
                f"study.toml: demand.{key} has no effect: no inputs.footfall"
                for key in ("footfall_capture", "non_resident_share", "footfall_bandwidth_m", "footfall_cv")
            ]
            + ["study.toml: demand.footfall_siting has no effect: no virtual counters"],
        ),
        (
            [("footfall_capture = 0.002", "footfall_capture = 0")],
            ["study.toml: inputs.footfall adds no need: demand.footfall_capture is 0"],
        ),
        (
            [demand('counts_every = "hour"\ncounts_time_format = "%Y-%m-%d"\ncounts_time_zone = "Asia/Shanghai"')],
            [
                f"study.toml: demand.counts_{key} has no effect: no inputs.footfall_counts"
                for key in ("every", "time_format", "time_zone")
            ],
        ),
        ([demand("age_share = {general = 0.8}")], ["study.toml: demand.age_share.general has no effect: general is"]),
        ([demand('grid_shape = "hexagon"')], ["study.toml: demand.grid_shape has no effect: no demand.grid_m"]),
        ([travel("detour = 1.3")], ["study.toml: travel.detour has no effect: times come from streets"]),
        ([travel("oneway = true")], ["study.toml: travel.oneway has no effect: people on foot walk both ways"]),
        (
            [NO_STREETS, travel("detour = 1.3\nfar_snap_m = 100\ncache = false\nstream = true")],
            [
                f"study.toml: travel.{key} has no effect: times come from straight"
                for key in ("far_snap_m", "cache", "stream")
            ],
        ),
        (
            [("threshold_min = 5.0", "threshold_m = 500\ncutoff_min = 9")],
            [
                f"study.toml: travel.{key} has no effect: the standard is a distance"
                for key in ("cutoff_min", "speed_m_s")
            ],
        ),
        (
            [("max_stations = 6", "max_stations = 6\nidle_below = 300")],
            ["study.toml: policy.idle_below has no effect: no inputs.usage"],
        ),
        (
            [("running = 200000", "running = 200000\ndiscount_rate = 0.03")],
            ["study.toml: budget.discount_rate has no effect: no budget.horizon_years"],
        ),
        (
            [("rent = 0\n", "rent = 0\nguide = 500\n")],
            ["study.toml: costs.guide has no effect: no [guides]"],
        ),
        ([], []),
    ],
)
def test_settings_with_nothing_to_act_on_are_told(spoiled, changes, notes):
    for old, new in changes:
        spoiled.setting(old, new)
    found = read_study(spoiled.folder).notes
    assert len(found) == len(notes)
    assert all(any(note.startswith(wanted) for note in found) for wanted in notes), found


def test_a_travel_table_makes_no_use_of_detour_and_cutoff(spoiled):
    (spoiled.folder / "travel.csv").write_text("demand_id,site_id,seconds\nD000,S00,60\n", encoding="utf-8")
    spoiled.setting(NO_STREETS[0], 'travel = "travel.csv"')
    spoiled.setting(*travel("detour = 1.3\ncutoff_min = 30"))
    found = read_study(spoiled.folder).notes
    assert [note.split(" has")[0] for note in found] == ["study.toml: travel.detour", "study.toml: travel.cutoff_min"]


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        ("visits_weight = 0.5", "visits_weight"),
        ("visits_floor = 1.0", "visits_floor"),
        ('objective = "visits"', "objective"),
    ],
)
def test_a_solver_that_knows_coverage_alone_is_refused_where_visits_count(tmp_path, policy, named):
    path = write_doorstep(tmp_path, policy=f'{policy}\n[solve]\nbackend = "highs"')
    with pytest.raises(InputError) as caught:
        read_study(path)
    asked = f"policy.{named}"
    assert f"solve.backend highs knows coverage alone and {asked} goes by visits" in str(caught.value)
    assert f'set solve.backend = "auto", or remove {asked}' in str(caught.value)


def test_a_solver_that_knows_coverage_alone_tells_that_visits_do_not_count(tmp_path):
    solver = '[solve]\nbackend = "highs"'
    assert read_study(write_doorstep(tmp_path / "zero", policy=f"visits_weight = 0\n{solver}")).notes == ()
    told = "study.toml: solve.backend highs knows coverage alone: predicted visits count nothing for a plan"
    assert read_study(write_doorstep(tmp_path / "silent", policy=solver)).notes == (told,)


def test_a_plan_in_phases_tells_that_visits_do_not_count_and_uses_the_discount_rate(tmp_path):
    phases = '[[phase]]\nname = "pilot"\n[budget]\ndiscount_rate = 0.03'
    told = "study.toml: a plan in phases counts coverage alone: predicted visits are only reported"
    assert read_study(write_doorstep(tmp_path / "silent", policy=phases)).notes == (told,)
    assert read_study(write_doorstep(tmp_path / "zero", policy=f"visits_weight = 0\n{phases}")).notes == ()


def test_what_only_the_tables_tell(spoiled):
    spoiled.setting(*demand("grid_m = 200\nage_share = {elderly = 0.2}\nage_bands = {elderly = 60}"))
    assert read_tables(read_study(spoiled.folder)).notes == (
        "population: demand.age_share.elderly is not used: the table has a column elderly",
        "population: demand.grid_m has no effect: the population is points",
        "survey: demand.age_bands has no effect: the survey holds counts, not questionnaires",
    )


def test_services_that_the_rates_do_not_tell_apart(spoiled):
    spoiled.write("stations", spoiled.frame("stations").assign(services="id;tax"))
    assert read_tables(read_study(spoiled.folder)).notes == (
        "stations: services are not used: demand.trips_per_month does not tell services apart",
    )


def test_costs_of_hosts_that_no_site_has(spoiled):
    spoiled.setting("[costs.bank]", "[costs.airport]\nrent = 5\n[costs.bank]")
    assert read_tables(read_study(spoiled.folder)).notes == (
        "study.toml: costs.airport has no effect: no site has this host",
    )
    spoiled.setting("[costs.airport]", "[costs.pharmcy]")
    assert spoiled.only_fault() == (
        "study.toml [costs.pharmcy]: no site has the host pharmcy -> did you mean pharmacy?"
    )


LAYERS = {"layer": '"x"'}
FORMATS = {
    "csv": {"layer"},
    "xlsx": {"encoding"},
    "parquet": {"encoding", "layer"},
    "geojson": {"encoding", "layer"},
    "json": {"encoding", "layer"},
    "gpkg": {"encoding"},
    "fgb": {"encoding", "layer"},
    "shp": {"layer"},
}
VALUES = {
    "coordinates": '"gcj02"',
    "encoding": '"gb18030"',
    "layer": '"x"',
    "columns": '{host = "kind"}',
}


@pytest.mark.parametrize("key", VALUES)
@pytest.mark.parametrize("suffix", FORMATS)
def test_keys_of_an_input_that_its_format_does_not_use(spoiled, suffix, key):
    (spoiled.folder / f"stations.{suffix}").write_bytes(b"")
    spoiled.setting('"stations.csv", ', f'"stations.{suffix}", {key} = {VALUES[key]}, ')
    if key not in FORMATS[suffix]:
        assert there(read_study(spoiled.folder).inputs.stations).path == f"stations.{suffix}"
        return
    with pytest.raises(InputError) as caught:
        read_study(spoiled.folder)
    (fault,) = caught.value.faults
    assert (fault.table, fault.row) == ("study.toml", f"inputs.stations.{key}")
    assert fault.problem.startswith(f"a .{suffix} file has no ")


@pytest.mark.parametrize("key", VALUES)
def test_keys_that_a_raster_does_not_use(spoiled, key):
    (spoiled.folder / "people.tif").write_bytes(b"")
    new = f'population = {{path = "people.tif", {key} = {VALUES[key]}}}\ndistricts = "footfall.csv"'
    spoiled.setting('population = {path = "population.csv", simulated = true}', new)
    with pytest.raises(InputError, match=rf"inputs\.population\.{key}\]: a \.tif file has no"):
        read_study(spoiled.folder)


def test_coordinates_are_for_places(spoiled):
    spoiled.setting('"survey.csv", ', '"survey.csv", coordinates = "wgs84", ')
    with pytest.raises(InputError, match=r"inputs\.survey\.coordinates\]: survey has no coordinates to convert"):
        read_study(spoiled.folder)


@pytest.mark.parametrize("key", ["band = 1", "wide = true", 'unit = "minutes"'])
def test_keys_of_other_tables(spoiled, key):
    spoiled.setting('"stations.csv", ', f'"stations.csv", {key}, ')
    with pytest.raises(InputError, match=rf"inputs\.stations\.{key.split()[0]}\]"):
        read_study(spoiled.folder)


@pytest.mark.parametrize("key", ['layer = "x"', "planar = true"])
def test_streets_of_tables_have_no_layer(spoiled, key):
    spoiled.setting('edges = "edges.csv"}', f'edges = "edges.csv", {key}}}')
    with pytest.raises(InputError, match=rf"inputs\.streets\.{key.split()[0]}\]"):
        read_study(spoiled.folder)


def test_a_layer_of_lines_in_geojson(spoiled):
    (spoiled.folder / "lines.geojson").write_bytes(b"")
    spoiled.setting('{nodes = "nodes.csv", edges = "edges.csv"}', '{lines = "lines.geojson", layer = "x"}')
    with pytest.raises(InputError, match=r"inputs\.streets\.layer\]: names a layer of lines in a GeoPackage"):
        read_study(spoiled.folder)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("threshold_min = 5.0", "threshold_min = 900", "is above 240 minutes; are these seconds? (got 900"),
        ("general = 1.3", "general = 4.7", "is above 3 metres a second on foot; are these km/h? (got"),
        ("general = 0.3", "general = 100", "is above 31 visits a person and month; are these a year? (got 100"),
        ("need_share = 0.5", "need_share = 50", "must be a share between 0 and 1: 0.5 is 50 % (got 50)"),
        ("general = 0.5", "general = 50", "must be a share between 0 and 1: 0.5 is 50 % (got 50)"),
        ("purchase = 80000", "purchase = 800000000", "amounts are yuan: are these fen? (got 800000000)"),
        ("elderly = 0.1", "elderly = 10", "must be a share between 0 and 1: 0.5 is 50 % (got 10)"),
        ("footfall_capture = 0.002", "footfall_capture = 2", "is above 1 visits a passer-by (got 2"),
        ("footfall_bandwidth_m = 200", 'footfall_bandwidth_m = "200"', "must be a number, without quotes (got '200')"),
        (
            "footfall_bandwidth_m = 200",
            "footfall_bandwidth_m = 1e300",
            "is beyond any number a study needs (got 1E+300)",
        ),
        (
            "footfall_bandwidth_m = 200",
            f"footfall_bandwidth_m = {'9' * 400}",
            "is beyond any number a study needs (got 99",
        ),
        ("max_stations = 6", "max_stations = 6.5", "valid integer"),
        ("max_stations = 6", f"max_stations = {'9' * 50}", "less than or equal to 1000000000"),
        ("seed = 3", f"seed = {2**31}", "less than or equal to 2147483647"),
        ("seed = 3", "seed = true", "valid integer"),
        ("[policy]", "[solve]\ntime_limit_s = 1e11\n[policy]", "is above 31,536,000 seconds (a year)"),
        ("[travel]\n", "[travel]\ndetour = 1300\n", "is above 10 times the straight line"),
        ('day = "08:00-20:00"', 'day = "8-20"', "is not a period such as 08:00-20:00"),
        ('day = "08:00-20:00"', 'day = "08:00-20:60"', "is not a period such as 08:00-20:00"),
        ('day = "08:00-20:00"', "day = 08:00:00", "valid string"),
    ],
)
def test_units_and_numbers_that_cannot_be(spoiled, old, new, fault):
    spoiled.setting(old, new)
    with pytest.raises(InputError) as caught:
        read_study(spoiled.folder)
    assert any(fault in str(found) for found in caught.value.faults), caught.value


def test_every_number_has_an_upper_bound(spoiled):
    """A number of 40 digits is refused wherever a number stands."""
    text = spoiled.toml.read_text(encoding="utf-8").splitlines()
    places = [at for at, line in enumerate(text) if pd.to_numeric(line.partition(" = ")[2], errors="coerce") >= 0]
    assert len(places) > 20
    for at in places:
        key = text[at].partition(" = ")[0]
        changed = [*text[:at], f"{key} = {'9' * 40}", *text[at + 1 :]]
        spoiled.toml.write_text("\n".join(changed), encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_study(spoiled.folder)
        assert any(key in fault.row for fault in caught.value.faults), text[at]
