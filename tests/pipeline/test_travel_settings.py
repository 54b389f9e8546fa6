"""How people travel, as a study says it: slopes, steps, vehicles, and which ways of a map are read."""

from __future__ import annotations

import numpy as np
import pytest

from placement.errors import InputError
from placement.judge import verify
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.recommend import recommend
from placement.streets import Streets, way_rules
from placement.study import read_study
from placement.travel import walking_times
from tests.there import there, whole_times
from tests.written import write_outcome


def hills(spoiled) -> None:
    nodes = spoiled.frame("nodes")
    rng = np.random.default_rng(1)
    spoiled.write("nodes", nodes.assign(elevation_m=rng.integers(0, 15, len(nodes)).astype(str)))
    edges = spoiled.frame("edges")
    spoiled.write("edges", edges.assign(highway=np.where(np.arange(len(edges)) % 5 == 0, "steps", "residential")))


def osm_town(spoiled) -> None:
    """The toy's streets as an OSM file; every fifth is a cycleway."""
    nodes, edges = spoiled.frame("nodes"), spoiled.frame("edges")
    number = {name: place for place, name in enumerate(nodes["node_id"], start=1)}
    lines = [
        f'<node id="{number[n]}" version="1" lon="{lon}" lat="{lat}"/>'
        for n, lon, lat in nodes[["node_id", "lon", "lat"]].itertuples(index=False)
    ]
    for place, (u, v) in enumerate(edges[["u", "v"]].itertuples(index=False)):
        kind = "cycleway" if place % 5 == 0 else "residential"
        refs = f'<nd ref="{number[u]}"/><nd ref="{number[v]}"/>'
        lines.append(f'<way id="{place + 1}" version="1">{refs}<tag k="highway" v="{kind}"/></way>')
    (spoiled.folder / "town.osm").write_text(f'<osm version="0.6">{"".join(lines)}</osm>')


def length_km(spoiled) -> float:
    return there(prepare_inputs(read_study(spoiled.folder)).streets).describe().length_km


def confirmed(spoiled, folder) -> None:
    write_outcome(recommend(read_study(spoiled.folder)), folder)
    verdict = verify(folder)
    assert verdict.differences == ()
    assert verdict.proven


def test_slopes_and_steps_serve_every_speed(spoiled, tmp_path):
    hills(spoiled)
    level = prepare_inputs(read_study(spoiled.folder))
    spoiled.setting("[travel]\n", '[travel]\nslope = "tobler"\nsteps_factor = 1.5\n')
    ready = prepare_inputs(read_study(spoiled.folder))
    assert ready.times.mode == "walking along streets, slopes after Tobler, steps x 1.5"
    speeds = sorted({segment.speed_m_s for segment in ready.demand.segments})
    assert len(speeds) == 2
    for speed in speeds:
        own = walking_times(
            there(ready.streets), ready.population, ready.sites.table, cutoff_s=300, speed_m_s=speed, slope="tobler",
            steps_factor=1.5,
        )  # fmt: skip
        assert (own.within(300) != whole_times(ready.times).within(300, speed)).nnz == 0
        # A walk with steps takes longer than one on the level, and uphill and downhill do not make up for it.
        assert own.n_pairs < whole_times(level.times).within(300, speed).nnz
    confirmed(spoiled, tmp_path / "plan")


def test_streets_without_elevations(spoiled):
    spoiled.setting("[travel]\n", '[travel]\nslope = "tobler"\n')
    with pytest.raises(InputError, match="have no elevations -> add the column elevation_m"):
        prepare_inputs(read_study(spoiled.folder))


def test_driving(spoiled, tmp_path):
    hills(spoiled)
    edges = spoiled.frame("edges")
    spoiled.write("edges", edges.assign(oneway=np.where(np.arange(len(edges)) % 4 == 0, "yes", "no")))
    text = spoiled.toml.read_text(encoding="utf-8")
    speeds = text[text.index("[travel.speed_m_s]") :].split("\n\n")[0].split("\n[")[0]
    spoiled.setting(speeds, "[travel.street_speed_m_s]\nresidential = 3.0\n")
    with pytest.raises(InputError, match='street_speed_m_s goes with mode = "cycling" or "driving"'):
        read_study(spoiled.folder)
    spoiled.setting("[travel]\n", '[travel]\nmode = "driving"\n')
    spoiled.setting("[travel.street_speed_m_s]\nresidential = 3.0\n", "")
    with pytest.raises(InputError, match="mode driving needs street_speed_m_s: metres a second by highway"):
        read_study(spoiled.folder)
    spoiled.setting("threshold_min = 5.0", "threshold_min = 5.0\nstreet_speed_m_s = {residential = 3.0}")
    bound = prepare_inputs(read_study(spoiled.folder))
    assert bound.times.mode == "driving along streets"
    assert bound.times.unit == "ms"
    confirmed(spoiled, tmp_path / "plan")
    spoiled.setting("[travel]\n", "[travel]\noneway = false\n")
    assert prepare_inputs(read_study(spoiled.folder)).times.n_pairs > bound.times.n_pairs


def test_which_ways_of_a_map_are_read(spoiled):
    osm_town(spoiled)
    whole = length_km(spoiled)
    spoiled.setting('{nodes = "nodes.csv", edges = "edges.csv"}', '{osm = "town.osm", mode = "cycle"}')
    assert length_km(spoiled) == pytest.approx(whole, rel=0.1)
    spoiled.setting(', mode = "cycle"', "")
    walked = length_km(spoiled)
    assert walked < 0.9 * whole
    rules = way_rules()
    rules.loc[rules["value"] == "cycleway", "walk"] = "yes"
    rules.to_csv(spoiled.folder / "ways.csv", index=False)
    spoiled.setting('"town.osm"', '"town.osm", rules = "ways.csv"')
    assert length_km(spoiled) == pytest.approx(whole, rel=0.1)
    assert "streets_rules" in dict(read_study(spoiled.folder).inputs.paths())


def test_a_place_is_downloaded_for_the_mode(spoiled, monkeypatch):
    town, asked = prepare_inputs(read_study(spoiled.folder)).streets, []

    def from_place(*place, **options):
        asked.append((place, options))
        return town

    monkeypatch.setattr(Streets, "from_place", from_place)
    spoiled.setting('{nodes = "nodes.csv", edges = "edges.csv"}', '{place = "Hankou, Wuhan", mode = "cycle"}')
    prepare_inputs(read_study(spoiled.folder))
    assert asked == [(("Hankou, Wuhan",), {"crs": there(town).crs, "network_type": "bike"})]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "[travel]\n",
            '[travel]\nmode = "driving"\n',
            "speed_m_s, slope and steps_factor are for walking, not for driving",
        ),
        (
            "[travel]\n",
            '[travel]\nmode = "cycling"\nslope = "tobler"\nstreet_speed_m_s = {"*" = 4.0}\n',
            "speed_m_s, slope and steps_factor are for walking, not for cycling",
        ),
        ("[travel]\nthreshold_min = 5.0", "[travel]\nsteps_factor = 2\nthreshold_m = 500", "threshold_m is a length"),
        ("[travel]\n", "[travel]\nsteps_factor = -1\n", "greater than or equal to 0"),
        ("[travel]\n", '[travel]\nslope = "naismith"\n', "'tobler' or 'irmischer-clarke'"),
        ('edges = "edges.csv"}', 'edges = "edges.csv", rules = "nodes.csv"}', "give osm"),
        ('edges = "edges.csv"}', 'edges = "edges.csv", mode = "drive"}', "other sources hold what they hold"),
        (
            'streets = {nodes = "nodes.csv", edges = "edges.csv"}',
            "",
            "give inputs.streets, inputs.travel, or travel.detour",
        ),
    ],
)
def test_settings_that_contradict_each_other(spoiled, old, new, words):
    spoiled.setting(old, new)
    with pytest.raises(InputError, match=words):
        read_study(spoiled.folder)


@pytest.mark.parametrize("source", ['osm = "a.osm"', 'graphml = "a.graphml"', 'place = "Wuhan"'])
def test_coordinates_are_for_tables_and_lines_of_streets(spoiled, source):
    spoiled.setting(
        'streets = {nodes = "nodes.csv", edges = "edges.csv"}', f'streets = {{{source}, coordinates = "gcj02"}}'
    )
    with pytest.raises(InputError, match="coordinates goes with nodes and edges, or lines"):
        read_study(spoiled.folder)
