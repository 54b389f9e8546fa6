"""The judge before folders that are to prove that a study has no plan."""

import copy
import hashlib
import importlib.resources
import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.errors import InfeasibleError, InputError
from placement.judge import Judge, verify
from placement.pipeline.recommend import recommend
from placement.pipeline.study_case import prepare
from placement.plan import optimise
from placement.report import infeasible_schema, read_infeasible
from placement.report.plan_json import plan_bytes
from placement.report.write import write_infeasible
from placement.study import read_study
from placement.toy import toy_study, write_study
from placement.values import Certificate
from tests.doorstep import write_doorstep
from tests.there import there


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A toy study with one station at most, whose elderly floor takes more, and the folder of its proof."""
    root = tmp_path_factory.mktemp("infeasible")
    path = write_study(root / "study", seed=5)
    text = path.read_text(encoding="utf-8").replace("max_stations = 6", "max_stations = 1")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InfeasibleError) as caught:
        recommend(read_study(path))
    folder = write_infeasible(caught.value, root / "plan")
    assert folder == (root / "plan.infeasible").resolve()
    return folder


def reseal(folder):
    lines = [
        f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n"
        for each in sorted(folder.iterdir())
        if each.name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


@pytest.fixture(scope="module")
def judge(written):
    """A judge who prepares the study once."""
    return Judge.of(written.parent / "study")


def altered(judge, written, change):
    folder = written.parent / "altered.infeasible"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(written, folder)
    change(folder)
    reseal(folder)
    return judge.verdict(folder)


def test_limits_of_the_caller_that_leave_no_plan_are_recorded_and_recounted(tmp_path):
    case = prepare(toy_study(tmp_path / "study", seed=5, points=30))
    with pytest.raises(InfeasibleError) as caught:
        optimise(case, case.policy.but(max_stations=0), case.options.but(threads=1))
    folder = there(write_infeasible(caught.value, tmp_path / "plan"))
    used = {each["key"]: each["used"] for each in read_infeasible(folder / "infeasible.json")["overrides"]}
    assert used == {"policy.max_stations": 0, "solve.threads": 1}
    assert verify(folder).whole


def test_the_proof_is_confirmed_and_says_what_it_proves(written):
    verdict = verify(written)
    assert verdict.differences == ()
    assert verdict.whole
    record = read_infeasible(written / "infeasible.json")
    assert verdict.statement == f"no plan satisfies {', '.join(record['constraints'])}: {record['explanation']}"
    assert record["changes"], "the least change is part of it"
    assert any(change["enough"] for change in record["changes"])


def places(record, path=()):
    """Yield the path of every value."""
    items = record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def changed(value):
    """Return other values of the same kind."""
    if isinstance(value, bool) or value is None:
        return ["x"]
    if isinstance(value, int):
        return [value + 1, max(1, value - 1), value * 2 + 1]
    if isinstance(value, str):
        return [value + "x", ""]
    if isinstance(value, list):
        return [value[:-1], value + value[-1:]] if value else [["x"]]
    return [{}, None]


def test_every_alteration_is_refused(written, judge):
    record = json.loads((written / "infeasible.json").read_text())
    remarks = {("versions",), ("study",)}
    count = 0
    for path in places(record):
        if path[:1] in remarks or path[0] == "inputs" or "plan" in path:
            continue
        for value in changed(_at(record, path)):
            if value == _at(record, path) or (path[-1] == "enough" and value is None):
                continue  # a plan that is not shown is less than was known, and true
            other = copy.deepcopy(record)
            _at(other, path[:-1])[path[-1]] = value

            def write(folder, other=other):
                (folder / "infeasible.json").write_bytes(plan_bytes(other))

            try:
                verdict = altered(judge, written, write)
            except InputError:
                count += 1
                continue
            assert not verdict.confirmed, (path, value)
            count += 1
    assert count > 20


def _at(record, path):
    for key in path:
        record = record[key]
    return record


def test_files_that_are_not_the_proof_are_refused(written, judge):
    def swap(folder):
        (folder / "certificate.npz").write_bytes((folder / "change-1.npz").read_bytes())

    def weaken(folder):
        good = Certificate.load(folder / "certificate.npz")
        prices = {name: getattr(good.prices, name) for name in good.prices.__dataclass_fields__}
        weaker = type(good.prices)(**prices | {"floor": np.zeros_like(good.prices.floor)})
        parts = {name: getattr(good, name) for name in good.__dataclass_fields__ if name not in {"scale", "digest"}}
        (folder / "certificate.npz").write_bytes(Certificate.seal(**parts | {"prices": weaker}).to_bytes())

    def drop(folder):
        (folder / "change-1.npz").unlink()

    def add(folder):
        (folder / "plan.csv").write_text("x")

    def junk(folder):
        (folder / "certificate.npz").write_bytes(b"PK\x03\x04junk")

    for change in (swap, weaken, drop, add, junk):
        assert not altered(judge, written, change).confirmed, change


def test_the_record_is_written_as_placement_writes_it(written, judge):
    content = (written / "infeasible.json").read_bytes()
    record = json.loads(content)
    spellings = (
        content.replace(b"\n", b"\r\n"),
        json.dumps(record).encode(),
        b"\xef\xbb\xbf" + content,
        content + b" ",
    )
    for spelling in spellings:
        try:
            verdict = altered(
                judge, written, lambda folder, text=spelling: (folder / "infeasible.json").write_bytes(text)
            )
        except InputError:
            continue
        assert not verdict.confirmed, spelling[:20]
    record["versions"]["x\x1b[31m"] = "checked\nby the audit office"
    verdict = altered(judge, written, lambda folder: (folder / "infeasible.json").write_bytes(plan_bytes(record)))
    assert not verdict.confirmed


def test_scripts_are_told_what_was_confirmed(written):
    done = CliRunner().invoke(main, ["verify", str(written), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["statement"].startswith("no plan satisfies ")


def test_a_study_that_has_a_plan_now_is_not_what_was_proven(written, tmp_path):
    shutil.copytree(written, tmp_path / "p.infeasible")
    shutil.copytree(written.parent / "study", tmp_path / "study")
    path = tmp_path / "study" / "study.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("max_stations = 1", "max_stations = 6"), encoding="utf-8")
    with pytest.raises(InputError, match="is not the file the plan was made from"):
        verify(tmp_path / "p.infeasible")


def test_the_published_schema_is_that_of_the_format():
    published = (importlib.resources.files("placement.report") / "infeasible.schema.json").read_text("utf-8")
    assert json.loads(published) == infeasible_schema()


def test_recommend_leaves_the_folder_and_writes_the_proof_beside_it(written, tmp_path):
    study = written.parent / "study"
    done = CliRunner().invoke(main, ["recommend", str(study), "--out", str(tmp_path / "out")])
    assert done.exit_code == 3
    assert not (tmp_path / "out").exists()
    assert f"the proof is in {(tmp_path / 'out.infeasible').resolve()}" in done.stderr
    confirmed = CliRunner().invoke(main, ["verify", str(tmp_path / "out.infeasible")])
    assert (confirmed.exit_code, confirmed.stdout.splitlines()[0][:27]) == (0, "confirmed: no plan satisfie")
    again = CliRunner().invoke(main, ["recommend", str(study), "--out", str(tmp_path / "out"), "--json"])
    assert json.loads(again.stdout)["proof"] == str((tmp_path / "out.infeasible").resolve())


def test_what_is_enough_of_a_floor_of_visits_is_recounted(tmp_path):
    """All twelve stations stand and no other may: the floor must fall to what they see, and that is said to do."""
    path = write_doorstep(tmp_path / "study", policy="visits_floor = 1.2")
    with pytest.raises(InfeasibleError, match=r"visits_floor asks .* visits a month") as caught:
        recommend(read_study(path))
    folder = there(write_infeasible(caught.value, tmp_path / "plan"))
    judge, record = Judge.of(path.parent), json.loads((folder / "infeasible.json").read_text())
    assert judge.verdict(folder).differences == ()
    at = [change["constraint"] for change in record["changes"]].index("visits_floor")
    enough = record["changes"][at]["enough"]
    asked = caught.value.found.changes[at].asked
    assert asked - enough["amount"] == pytest.approx(asked / 1.2, rel=1e-3)
    plan = enough["plan"]
    assert sorted(site for sites in plan.values() for site in sites) == [f"S{town:02d}" for town in range(12)]

    def moved(other):
        """Let a station move to where fewer come."""
        worse = copy.deepcopy(record)
        worse["changes"][at]["enough"]["plan"] = {**plan, "keep": plan["keep"][1:], "give": ["S00"], "move_in": ["C"]}
        (other / "infeasible.json").write_bytes(plan_bytes(worse))

    differences = altered(judge, folder, moved).differences
    assert any("its stations see too few visits together" in each for each in differences), differences
