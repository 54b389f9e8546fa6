"""`from_place` through osmnx itself; only the two web services it asks are replaced."""

from __future__ import annotations

import json
from pathlib import Path

import osmnx
import pytest
import requests
import shapely

from placement.errors import InputError
from placement.streets import Streets

TOWN = shapely.box(7.40, 43.70, 7.45, 43.75)
NODES = {1: (7.420, 43.730), 2: (7.425, 43.730), 3: (7.430, 43.730), 4: (7.425, 43.735), 9: (7.90, 43.73)}
WAYS = {
    10: ([1, 2, 3], {"highway": "residential"}),
    11: ([2, 4], {"highway": "steps"}),
    12: ([3, 9], {"highway": "footway"}),
}


class Answer:
    ok = True
    status_code = 200
    reason = "OK"
    url = "https://osm.example/api"
    text = ""

    def __init__(self, content: object) -> None:
        self.content, self._json = json.dumps(content).encode(), content

    def json(self) -> object:
        return self._json


@pytest.fixture
def web(tmp_path, monkeypatch):
    """What was asked of the web, in order; the geocoder knows one town, the map server has a few streets."""
    asked: list[str] = []
    elements = [{"type": "node", "id": n, "lon": lon, "lat": lat} for n, (lon, lat) in NODES.items()]
    elements += [{"type": "way", "id": w, "nodes": refs, "tags": tags} for w, (refs, tags) in WAYS.items()]

    def get(url: str, params: dict[str, str], **_: object) -> Answer:
        asked.append("geocoder")
        known = {"lat": "43.73", "lon": "7.42", "geojson": shapely.geometry.mapping(TOWN), "boundingbox": [0, 1, 0, 1]}
        record = {"importance": 1.0, "osm_type": "relation", "osm_id": 1, "class": "boundary", "type": "administrative"}
        record |= {"place_id": 1, "place_rank": 16, "name": "Town", "display_name": "Town", "addresstype": "city"}
        return Answer([known | record] if params["q"] == "Town" else [])

    def post(url: str, data: dict[str, str], **_: object) -> Answer:
        asked.append("map server")
        assert '["highway"]' in data["data"]
        return Answer({"elements": elements})

    monkeypatch.setattr(requests, "get", get)
    monkeypatch.setattr(requests, "post", post)
    monkeypatch.setattr(osmnx._http, "_config_dns", lambda _url: None)
    monkeypatch.setattr(vars(osmnx._nominatim)["time"], "sleep", lambda _s: None)
    monkeypatch.setattr(osmnx.settings, "overpass_rate_limit", False)
    monkeypatch.setattr(osmnx.settings, "cache_folder", str(tmp_path / "osm"))
    return asked


def ends(streets: Streets) -> set[frozenset[int]]:
    return {frozenset(pair) for pair in zip(streets.edges["u"], streets.edges["v"], strict=True)}


@pytest.mark.parametrize("place", ["Town", TOWN, shapely.MultiPolygon([TOWN])])
def test_a_place_or_polygon_is_asked_for_once_and_then_kept(web, tmp_path, place):
    first = Streets.from_place(place, least_part_m=0)
    # Node 9 lies outside; steps and street meet at 2; every street is walked both ways and stands once.
    assert ends(first) == {frozenset((1, 2)), frozenset((2, 3)), frozenset((2, 4))}
    assert first.crs.to_string() == "EPSG:32632"
    assert set(first.edges["highway"]) == {"residential", "steps"}
    assert (first.oneway == 0).all()
    # 0.005 degrees of longitude at 43.73 N: 402 m; of latitude 556 m.
    assert sorted(first.edges["length_m"].round(-1)) == [400, 400, 560]
    asked = list(web)
    assert asked == (["geocoder", "map server"] if place == "Town" else ["map server"])
    assert len(list(Path(tmp_path / "osm").iterdir())) == len(asked)
    again = Streets.from_place(place, least_part_m=0)
    assert web == asked
    assert again.fingerprint() == first.fingerprint()


def test_what_goes_wrong_is_one_error(web, monkeypatch):
    with pytest.raises(InputError, match="osmnx could not fetch 'Nowhere'") as caught:
        Streets.from_place("Nowhere")
    assert len(caught.value.faults) == 1
    with pytest.raises(InputError, match="not in degrees -> use to_crs"):
        Streets.from_place(shapely.box(373_000, 4_840_000, 375_000, 4_842_000))
    with pytest.raises(InputError, match="osmnx could not fetch 'polygon'"):
        Streets.from_place(shapely.Point(7.4, 43.7))
    with pytest.raises(InputError, match="osmnx could not fetch 'Town'"):
        Streets.from_place("Town", network_type="swim")

    def refused(*_: object, **__: object) -> None:
        raise requests.exceptions.ConnectionError("no route to host")

    monkeypatch.setattr(requests, "post", refused)
    with pytest.raises(InputError, match="no route to host -> check the name") as caught:
        Streets.from_place(TOWN)
    assert len(caught.value.faults) == 1
