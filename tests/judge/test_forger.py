"""Alterations of every file, checksums made anew: none is accepted, none ends in a traceback (two thousand by hand)."""

import copy
import json

import numpy as np
import pytest

from tests.effort import EFFORT, cases
from tests.judge.forger import PLAN, SUMS, Forger, _leaves, judged, listed, make_town
from tests.there import there

ALTERATIONS = cases(700) if EFFORT < 1 else 2000


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return make_town(tmp_path_factory.mktemp("town"))


def test_the_plan_itself_is_whole(town):
    for name in ("plan", "other"):
        verdict = town.judge.verdict(town.root / name)
        assert verdict.whole, verdict


def test_no_alteration_is_accepted_and_none_ends_in_a_traceback(town):
    tally = judged(town, town.root / "forged", Forger(town, seed=0).alterations(ALTERATIONS))
    changed = [
        (kind, sorted(name for name in files.keys() | town.files.keys() if files.get(name) != town.files.get(name)))
        for kind, files in tally.accepted
    ]
    assert (changed, tally.tracebacks) == ([], [])
    assert sum(tally.refuted.values()) == ALTERATIONS
    kinds = {kind.partition(":")[0] for kind in tally.refuted}
    assert kinds == {name for _, name, _ in Forger(town, seed=0).kinds}


def test_every_value_of_the_plan_matters(town):
    """Every value with ``PLACEMENT_TEST_EFFORT=1``, else some of them, spread over the file."""
    forger = Forger(town, seed=0)
    leaves = len(_leaves(forger.record))
    tried = np.unique(np.linspace(0, leaves - 1, cases(leaves if EFFORT == 1 else leaves // 3)).astype(int)).tolist()

    def alterations():
        for number in tried:
            record = copy.deepcopy(forger.record)
            place, key = _leaves(record)[number]
            value = place[key]
            steps = (1e-6, 0.01, 1) if isinstance(value, int | float) and not isinstance(value, bool) else (None,)
            for step in steps:
                place[key] = (not value) if isinstance(value, bool) else f"{value}x" if step is None else value + step
                yield str(key), forger._plan(record)

    tally = judged(town, town.root / "values", alterations())
    assert ([kind for kind, _ in tally.accepted], tally.tracebacks) == ([], [])
    assert sum(tally.refuted.values()) >= len(tried)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("tie_broken", lambda record: record["solve"].update(tie_broken=False), "solve.tie_broken = false"),
        ("numpy", lambda record: record["versions"].update(numpy="0.9"), "written with numpy 0.9"),
    ],
)
def test_what_nobody_can_check_is_named(town, name, change, said):
    forger = Forger(town, seed=0)
    record = copy.deepcopy(forger.record)
    change(record)
    folder = town.root / f"remark {name}"
    judged(town, folder, iter([("remark", there(forger.consistent(record)))]))
    verdict = town.judge.verdict(folder)
    assert verdict.confirmed, verdict
    assert any(said in line for line in verdict.checked), verdict


def test_what_another_version_wrote_is_compared_cell_by_cell_and_named(town):
    record = json.loads(town.files[PLAN])
    record["versions"]["shapely"] = "0.9"
    forger = Forger(town, seed=0)
    files = there(forger.consistent(record))
    table = files["visits.csv"].decode("utf-8-sig").splitlines(keepends=True)
    at = next(number for number, line in enumerate(table) if line.split(",")[2] not in {"", "before"})
    cells = table[at].split(",")
    files["report.html"] += b"<!-- drawn otherwise -->\n"
    for last, refuted in ((0.001, False), (5.0, True)):
        altered = [*cells[:2], f"{float(cells[2]) + last:.3f}", *cells[3:]]
        files["visits.csv"] = "".join([*table[:at], ",".join(altered), *table[at + 1 :]]).encode("utf-8-sig")
        files[SUMS] = listed({name: content for name, content in files.items() if name != SUMS})
        folder = town.root / f"other version {last}"
        judged(town, folder, iter([("version", files)]))
        verdict = town.judge.verdict(folder)
        assert not verdict.whole
        assert verdict.confirmed is not refuted, verdict
        if not refuted:
            assert {line.partition(":")[0] for line in verdict.unchecked} == {"report.html", "visits.csv"}
            assert all("shapely 0.9, here" in line for line in verdict.unchecked)
        else:
            assert any(line.startswith(f"visits.csv: line {at + 1} has") for line in verdict.differences)
