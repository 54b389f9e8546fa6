from __future__ import annotations

import gzip
import sys
import warnings
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import osmnx
import pytest

from placement.errors import InputError, MissingExtraError
from placement.streets import Streets, way_rules

MONACO = Path(__file__).parent / "data" / "monaco.osm.pbf"

SMALL = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
{nodes}
{ways}
</osm>
"""


def osm_file(path: Path, nodes: dict[int, tuple[float, float]], ways: list[tuple[list[int], dict[str, str]]]) -> Path:
    """Nodes are given in units of 0.001 degrees east and north of (7.4, 43.7)."""
    dots = [
        f'<node id="{n}" version="1" lon="{7.4 + x / 1000}" lat="{43.7 + y / 1000}"/>' for n, (x, y) in nodes.items()
    ]
    lines = []
    for number, (refs, tags) in enumerate(ways, start=1):
        inside = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        inside += "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
        lines.append(f'<way id="{number}" version="1">{inside}</way>')
    path.write_text(SMALL.format(nodes="\n".join(dots), ways="\n".join(lines)))
    return path


def ends(streets: Streets) -> set[frozenset[int]]:
    return {frozenset((int(a), int(b))) for a, b in zip(streets.edges["u"], streets.edges["v"], strict=True)}


ROW = {n: (float(n), 0.0) for n in range(1, 7)}
FOOT = {"highway": "footway"}


def test_ways_are_cut_at_junctions_and_joined_elsewhere(tmp_path):
    nodes = {**ROW, 10: (3.0, 1.0)}
    # 1-2-3-4-5 in two ways, and a side street from 3: nodes 1, 3, 5, 10 remain; 2 and 4 are geometry.
    ways = [([1, 2, 3, 4], FOOT), ([5, 4], FOOT), ([3, 10], FOOT)]
    streets = Streets.from_osm_file(osm_file(tmp_path / "a.osm", nodes, ways), least_part_m=0)
    assert ends(streets) == {frozenset((1, 3)), frozenset((3, 5)), frozenset((3, 10))}
    assert sorted(np.diff(streets.starts).tolist()) == [2, 3, 3]
    # 0.001 degrees of longitude at 43.7 N are 80.57 m on the ellipsoid.
    assert sorted(np.round(streets.edges["length_m"] / 80.57, 1).tolist()) == [1.4, 2.0, 2.0]


def test_attributes_are_kept_apart(tmp_path):
    ways = [([1, 2], FOOT), ([2, 3], {"highway": "steps"}), ([3, 4], {"highway": "steps"})]
    streets = Streets.from_osm_file(osm_file(tmp_path / "a.osm", ROW, ways), least_part_m=0)
    assert ends(streets) == {frozenset((1, 2)), frozenset((2, 4))}
    assert set(streets.edges["highway"]) == {"footway", "steps"}


def test_one_way_streets_keep_their_direction(tmp_path):
    road = {"highway": "residential"}
    ways = [
        ([1, 2], road | {"oneway": "yes"}),
        ([3, 2], road | {"oneway": "-1"}),  # runs from 2 to 3, too, but is written against it: kept apart
        ([4, 5, 6, 4], road | {"junction": "roundabout"}),
        ([3, 4], road),
    ]
    streets = Streets.from_osm_file(osm_file(tmp_path / "a.osm", ROW, ways), least_part_m=0, mode="drive")
    allowed = {
        (u, v) if sign >= 0 else (v, u): sign != 0
        for u, v, sign in zip(streets.edges["u"], streets.edges["v"], streets.oneway, strict=True)
    }
    assert allowed[1, 2]
    assert allowed[2, 3]
    assert allowed[4, 4]
    assert (not allowed.get((3, 4), True)) or (not allowed.get((4, 3), True))


def test_a_ring_without_junction_is_one_loop(tmp_path):
    streets = Streets.from_osm_file(osm_file(tmp_path / "a.osm", ROW | {2: (2.0, 1.0)}, [([1, 2, 3, 1], FOOT)]))
    assert streets.n_edges == 1
    assert streets.u[0] == streets.v[0]
    assert len(streets.edges.geometry.iloc[0].coords) == 4


# Tags as k=v separated by blanks, and the modes of "walk cycle drive" (w, c, d) that may use the way. Taken from the
# tables of default access of the OpenStreetMap wiki and the meaning of each access value there, not from ways.csv.
MAY_USE = [
    ("highway=residential", "wcd"),
    ("highway=motorway", "d"),
    ("highway=motorway foot=yes", "wd"),
    ("highway=trunk motorroad=yes", "d"),
    ("highway=primary motorroad=yes foot=yes", "wd"),
    ("highway=primary motorroad=no", "wcd"),
    ("highway=cycleway", "c"),
    ("highway=cycleway foot=designated", "wc"),
    ("highway=footway", "w"),
    ("highway=footway bicycle=yes", "wc"),
    ("highway=footway bicycle=dismount", "w"),
    ("highway=path", "wc"),
    ("highway=steps", "w"),
    ("highway=corridor indoor=yes", "w"),
    ("highway=elevator", "w"),
    ("highway=footway indoor=yes level=1", "w"),
    ("highway=track", "wc"),
    ("highway=busway", ""),
    ("highway=service access=private", ""),
    ("highway=service service=private", ""),
    ("highway=service access=private foot=yes", "w"),
    ("highway=service access=private foot=destination", "w"),
    ("highway=service access=private foot=permissive", "w"),
    ("highway=service access=private foot=designated", "w"),
    ("highway=service access=private foot=private", ""),
    ("highway=service service=private foot=destination", "w"),
    ("highway=service access=no foot=yes bicycle=yes", "wc"),
    ("highway=service access=destination", "wcd"),
    ("highway=service access=permissive", "wcd"),
    ("highway=service access=customers", "wcd"),
    *(
        (f"highway=service access={value}", "")
        for value in (
            "military",
            "permit",
            "delivery",
            "agricultural",
            "forestry",
            "agricultural;forestry",
            "emergency",
            "employees",
        )
    ),
    ("highway=track access=forestry foot=yes", "w"),
    ("highway=primary foot=use_sidepath", "cd"),
    ("highway=primary foot=use_sidepath bicycle=use_sidepath", "d"),
    ("highway=primary sidewalk=separate", "cd"),
    ("highway=primary sidewalk:both=separate", "cd"),
    ("highway=primary sidewalk=both", "wcd"),
    ("highway=primary foot=no", "cd"),
    ("highway=primary foot=permit", "cd"),
    ("highway=residential vehicle=no", "w"),
    ("highway=residential vehicle=no bicycle=yes", "wc"),
    ("highway=residential motor_vehicle=no", "wc"),
    ("highway=residential motor_vehicle=delivery", "wc"),
    ("highway=pedestrian motor_vehicle=destination", "wd"),
    ("highway=residential access:conditional=no", "wcd"),
    ("highway=residential foot:conditional=no", "wcd"),
    ("highway=pedestrian area=yes", "w"),
    ("highway=service area=yes", "w"),
    ("highway=construction foot=yes", ""),
    ("highway=proposed foot=designated", ""),
    ("highway=abandoned foot=yes", ""),
    ("highway=residential disused=yes", ""),
    ("highway=rest_area", ""),
    ("highway=raceway foot=yes", ""),
    ("highway=something_new", ""),
    ("highway=platform", "w"),
    ("railway=platform", "w"),
    ("public_transport=platform", "w"),
    ("railway=platform foot=no", ""),
    ("railway=platform access=private", ""),
    ("man_made=pier", "w"),
    ("man_made=pier bicycle=yes", "wc"),
    ("route=ferry", "wc"),
    ("route=ferry foot=no", "c"),
    ("route=ferry foot=yes motor_vehicle=yes", "wcd"),
    ("route=ferry access=private", ""),
    # No lines to move along, whatever they permit.
    ("building=yes", ""),
    ("railway=rail foot=yes", ""),
    ("route=bicycle foot=yes", ""),
    ("man_made=pipeline foot=yes", ""),
    ("public_transport=stop_area foot=yes", ""),
    ("leisure=park foot=yes", ""),
]


@pytest.mark.parametrize("mode", ["walk", "cycle", "drive"])
def test_what_may_be_used(tmp_path, mode):
    nodes = {n: (float(n), 0.0) for n in range(1, 2 * len(MAY_USE) + 3)}
    ways = [
        ([2 * k + 1, 2 * k + 2], dict(tag.split("=", 1) for tag in tags.split())) for k, (tags, _) in enumerate(MAY_USE)
    ]
    last = 2 * len(MAY_USE) + 1
    path = osm_file(tmp_path / "a.osm", nodes, [*ways, ([last, last + 1], {"highway": "residential"})])
    found = ends(Streets.from_osm_file(path, least_part_m=0, mode=mode))
    used = {tags for k, (tags, _) in enumerate(MAY_USE) if frozenset((2 * k + 1, 2 * k + 2)) in found}
    assert used == {tags for tags, modes in MAY_USE if mode[0] in modes}


def test_ways_without_highway_are_named_by_what_they_are(tmp_path):
    ways = [([1, 2], {"route": "ferry"}), ([2, 3], {"railway": "platform"}), ([3, 4], {"man_made": "pier"})]
    streets = Streets.from_osm_file(osm_file(tmp_path / "a.osm", ROW, ways), least_part_m=0)
    assert set(streets.edges["highway"]) == {"ferry", "platform", "pier"}


def test_one_way_for_one_mode(tmp_path):
    tags = {"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}
    path = osm_file(tmp_path / "a.osm", ROW, [([1, 2], tags)])
    marks = {mode: Streets.from_osm_file(path, least_part_m=0, mode=mode).oneway[0] for mode in ("cycle", "drive")}
    assert (marks["cycle"], abs(marks["drive"])) == (0, 1)


def test_a_planner_edits_the_table(tmp_path):
    path = osm_file(tmp_path / "a.osm", ROW, [([1, 2], {"highway": "cycleway"}), ([2, 3], {"highway": "trunk"})])
    rules = way_rules()
    rules.loc[(rules["value"] == "cycleway"), "walk"] = "yes"
    rules.loc[(rules["value"] == "trunk"), "walk"] = "no"
    assert ends(Streets.from_osm_file(path, rules=rules)) == {frozenset((1, 2))}
    rules.loc[3, "walk"] = "perhaps"
    with pytest.raises(InputError, match="'perhaps' -> write yes or no"):
        Streets.from_osm_file(path, rules=rules)
    with pytest.raises(InputError, match="columns are missing: walk"):
        Streets.from_osm_file(path, rules=rules.drop(columns="walk"))
    with pytest.raises(InputError, match="walk, cycle, drive"):
        Streets.from_osm_file(path, mode="fly")


def test_a_clipped_extract_is_read_and_the_cut_ways_reported(tmp_path):
    nodes = {n: place for n, place in ROW.items() if n != 3}
    streets = Streets.from_osm_file(osm_file(tmp_path / "a.osm", nodes, [([1, 2, 3, 4, 5], FOOT)]), least_part_m=0)
    assert ends(streets) == {frozenset((1, 2)), frozenset((4, 5))}
    assert dict(zip(streets.left_out["what"], streets.left_out["count"], strict=True)) == {
        "ways cut at the edge of the extract": 1,
        "their nodes that are missing": 1,
    }


def test_ways_before_their_nodes_are_told_from_no_streets(tmp_path):
    path = osm_file(tmp_path / "a.osm", ROW, [([1, 2, 3], FOOT)])
    text = path.read_text(encoding="utf-8")
    way = text[text.index("<way") : text.index("</way>") + len("</way>")]
    at = text.index("<node")
    path.write_text(text[:at] + way + text[at:].replace(way, ""), encoding="utf-8")
    with pytest.raises(InputError, match=r"the nodes of its 1 streets are missing or come after them .*osmium sort"):
        Streets.from_osm_file(path)


def test_small_parts_are_left_out_and_listed(tmp_path):
    path = osm_file(tmp_path / "a.osm", ROW, [([1, 2, 3], FOOT), ([5, 6], FOOT)])
    streets = Streets.from_osm_file(path, least_part_m=100)
    assert ends(streets) == {frozenset((1, 3))}
    row = streets.left_out.iloc[0]
    assert (row["what"], row["count"], row["reason"]) == ("connected part", 1, "less than 100 m of street")
    assert row["length_m"] == pytest.approx(80.57, abs=0.05)
    assert ends(Streets.from_osm_file(path, least_part_m=1e9)) == {frozenset((1, 3))}  # the largest always stays


def test_damaged_files(tmp_path):
    whole = MONACO.read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "noise.osm.pbf").write_bytes(b"hello" * 100)
    (tmp_path / "cut.osm").write_text('<osm version="0.6"><node id="1"')
    # 10 ** 12 letters where entities are read; the file has a kilobyte.
    levels = "".join(f'<!ENTITY e{k} "{f"&e{k - 1};" * 10}">' for k in range(1, 12))
    bomb = f'<!DOCTYPE osm [<!ENTITY e0 "aaaaaaaaaa">{levels}]><osm version="0.6">&e11;</osm>'
    (tmp_path / "bomb.osm").write_text(bomb)
    with gzip.open(tmp_path / "bomb.osm.gz", "wt") as file:
        file.write(bomb)
    for name in ("cut.osm.pbf", "noise.osm.pbf", "cut.osm", "bomb.osm.gz", "absent.osm.pbf"):
        with pytest.raises(InputError, match="cannot be read"):
            Streets.from_osm_file(tmp_path / name)
    with pytest.raises(InputError, match="document type"):
        Streets.from_osm_file(tmp_path / "bomb.osm")
    with gzip.open(tmp_path / "blanks.osm.gz", "wb") as file:
        file.write(b" " * 2**27)
    with pytest.raises(InputError, match="unpacks to more than 100 times"):
        Streets.from_osm_file(tmp_path / "blanks.osm.gz")
    with pytest.raises(InputError, match="no street to walk along"):
        Streets.from_osm_file(osm_file(tmp_path / "empty.osm", ROW, []))


def test_without_pyosmium_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "osmium", None)
    with pytest.raises(MissingExtraError, match=r"station-placement\[pbf\]"):
        Streets.from_osm_file(MONACO)


@pytest.fixture(scope="module")
def monaco() -> Streets:
    return Streets.from_osm_file(MONACO, least_part_m=0)


@pytest.fixture(scope="module")
def peer(tmp_path_factory) -> nx.MultiGraph:
    """The same extract as osmnx reads it: osmnx takes XML, does not filter by tags, and knows one-way streets."""
    path = tmp_path_factory.mktemp("osm") / "monaco.osm"
    wanted = way_rules().query("tag == 'highway' and walk == 'yes'")["value"].tolist()
    others = {("railway", "platform"), ("public_transport", "platform"), ("man_made", "pier"), ("route", "ferry")}
    refused = {("access", value) for value in ("private", "no", "permit", "military", "delivery", "restricted")}
    refused |= {("foot", value) for value in ("no", "private", "use_sidepath")}
    refused |= {("service", "private"), ("motorroad", "yes")}
    opened = {("foot", value) for value in ("yes", "designated", "permissive", "destination", "customers")}
    always = {(f"sidewalk{side}", "separate") for side in ("", ":both", ":left", ":right")}
    with osmium.SimpleWriter(str(path)) as writer:
        for item in osmium.FileProcessor(str(MONACO)):
            assert not isinstance(item, osmium.osm.Changeset)
            if item.is_node():
                writer.add_node(item)
            elif item.is_way():
                tags = {(tag.k, tag.v) for tag in item.tags}
                road = item.tags.get("highway")
                plain = (road in wanted or (road is None and tags & others)) and not tags & refused
                roads = [*wanted, "cycleway", "motorway", "motorway_link"]
                if (plain or ((road in roads or tags & others) and tags & opened)) and not tags & always:
                    writer.add_way(item)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = osmnx.graph_from_xml(path, bidirectional=True, retain_all=True)
        return osmnx.convert.to_undirected(graph)


def test_monaco_agrees_with_osmnx(monaco, peer):
    degree = np.bincount(np.concatenate([monaco.u, monaco.v]), minlength=monaco.n_nodes)
    loops = np.bincount(monaco.u[monaco.u == monaco.v], minlength=monaco.n_nodes)
    # We keep a node where the kind of street changes (to steps, say), and rings that nothing joins; osmnx does not.
    changes, rings = (degree == 2) & (loops == 0), (degree == 2) & (loops == 1)
    assert changes.sum() == 452
    assert rings.sum() == 46
    assert set(monaco.node_ids[~changes & ~rings]) == {node for node, joins in peer.degree if joins}
    assert monaco.n_edges - changes.sum() - rings.sum() == peer.number_of_edges()
    ring_mm = monaco.length_mm[rings[monaco.u]].sum()
    theirs = sum(length for _, _, length in peer.edges(data="length"))
    # osmnx measures on a sphere of radius 6,371,009 m, we on the WGS 84 ellipsoid.
    assert (monaco.length_mm.sum() - ring_mm) / 1000 == pytest.approx(theirs, rel=0.002)


def test_monaco_routes_agree_with_osmnx(monaco, peer):
    ours = nx.Graph()
    for u, v, length in zip(monaco.u, monaco.v, monaco.length_mm, strict=True):
        a, b = monaco.node_ids[u], monaco.node_ids[v]
        if not ours.has_edge(a, b) or ours[a][b]["mm"] > length:
            ours.add_edge(a, b, mm=int(length))
    rng = np.random.default_rng(7)
    parts: list[list[int]] = [sorted(part) for part in nx.connected_components(peer)]
    main = max(parts, key=len)
    for start, end in rng.choice(main, (200, 2)):
        mine = nx.shortest_path_length(ours, start, end, weight="mm") / 1000
        assert mine == pytest.approx(nx.shortest_path_length(peer, start, end, weight="length"), rel=0.01)
