"""Publicity and guides of a study in a folder: written, recounted, refused where altered; why there is no plan."""

import copy
import json

import pandas as pd
import pytest

import placement as pl
from placement.errors import InfeasibleError, InputError
from placement.judge.folder import Judge
from placement.judge.outreach import outreach_faults
from placement.judge.rules import Claims, money_faults
from placement.report import plan_from_dict, read_plan
from placement.report.write import write_infeasible
from placement.toy import write_study
from placement.values import Publicity
from tests.judge.forger import _leaves
from tests.there import there

LEVELS = "area,spend_yuan,awareness,package\nwest,4000,0.85,\nwest,9000,0.95,\neast-1,3000,0.9,letters\n"
TABLE = 'survey = {path = "survey.csv", simulated = true}\npublicity = {path = "publicity.csv", simulated = true}\n'
GUIDES = '[guides]\nage_group = "elderly"\nuptake = 0.99\n\n[costs.default]\nguide = 150\n'
YEARS = "running = 70000\nhorizon_years = 3\ndiscount_rate = 0.03\ntotal = 400000\npublicity = 9000\nguides = 2000\n"


def with_outreach(folder):
    """Write the toy study with publicity in two places and guides; return the path of its file."""
    file = write_study(folder, seed=3)
    (folder / "publicity.csv").write_text(LEVELS, encoding="utf-8")
    text = file.read_text(encoding="utf-8")
    text = text.replace('survey = {path = "survey.csv", simulated = true}\n', TABLE)
    text = text.replace("[costs.default]\n", GUIDES).replace("running = 200000\n", YEARS)
    text = text.replace("rent = 0\n", "rent = 0\nguide = 150\n") + "\n[solve]\ngap = 0.02\n"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    root = tmp_path_factory.mktemp("outreach")
    study = pl.read_study(with_outreach(root / "study"))
    outcome = pl.recommend(study)
    pl.write(outcome.case, outcome.plan, root / "plan")
    return root, outcome, Judge.of(study)


def test_a_plan_with_publicity_and_guides_is_recounted(town):
    root, outcome, judge = town
    verdict = judge.verdict(root / "plan")
    assert verdict.differences == ()
    plan = outcome.plan
    # Both were bought, or there is nothing to recount.
    assert plan.publicity["spend_yuan"].sum() > 0
    assert len(plan.guides)
    assert any("publicity and guides" in line for line in verdict.checked)
    assert {"guides", "publicity"} <= {line.name for line in plan.budget_lines}
    again = there(plan_from_dict(read_plan(root / "plan" / "plan.json")).outreach)
    assert again.spend_fen == there(plan.outreach).spend_fen
    assert again.use == pytest.approx(there(plan.outreach).use, abs=1e-5)


def test_every_number_of_it_is_refused_where_altered(town):
    root, _, judge = town
    record = read_plan(root / "plan" / "plan.json")
    hearing = judge._hearing(record)
    counting, after = hearing.counting, hearing.after

    def faults(altered):
        claims = Claims.of(altered)
        found = [*outreach_faults(altered, counting.outreach, counting.weights, after)]
        return found or [*money_faults(altered, claims, counting.prepared)]

    assert faults(record) == []
    tried = 0
    for part in ("outreach", "budget"):
        for number in range(len(_leaves(record[part]))):
            altered = copy.deepcopy(record)
            place, key = _leaves(altered[part])[number]
            if (key, place) == ("bound", altered["outreach"]["alone"]):
                continue  # a remark: what stations alone could cover at most
            place[key] = f"{place[key]}x" if isinstance(place[key], str) else (place[key] or 0.0) + 0.01
            assert faults(altered), (part, place, key)
            tried += 1
    assert tried >= 60


def test_what_is_spent_must_not_move_between_areas_or_vanish(town, tmp_path):
    root, _, judge = town
    files = {each.name: each.read_bytes() for each in (root / "plan").iterdir()}
    record = json.loads(files["plan.json"])
    for change in ("missing", "guide", "package"):
        altered = copy.deepcopy(record)
        if change == "missing":
            del altered["outreach"]
        elif change == "guide":
            altered["outreach"]["guides"] = altered["outreach"]["guides"][1:]
        else:
            altered["outreach"]["areas"][0]["spend"] = 2_999.99
        for name, content in (files | {"plan.json": (json.dumps(altered) + "\n").encode()}).items():
            (tmp_path / name).write_bytes(content)
        assert judge.verdict(tmp_path).differences, change


def test_no_plan_is_proven_without_publicity(town, tmp_path):
    root, outcome, judge = town
    with pytest.raises(InfeasibleError) as caught:
        pl.optimise(outcome.case, outcome.case.policy.but(age_floors={"elderly": 1}))
    assert "floor age elderly" in caught.value.constraints
    study = pl.read_study(root / "study").with_settings({"policy.floors": {"elderly": 1.0}})
    with pytest.raises(InfeasibleError) as caught:
        pl.recommend(study)
    folder = there(write_infeasible(caught.value, tmp_path / "plan"))
    assert judge.verdict(folder).differences == ()


def test_a_table_of_levels_that_cannot_be_is_refused_with_every_row(tmp_path):
    file = with_outreach(tmp_path)
    rows = "area,spend_yuan,awareness\nwest,4000,0.8\nwest,4000,0.9\nwest,9000,1.5\nnorth,100,0.9\neast-1,x,0.7\n"
    (tmp_path / "publicity.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        pl.prepare(pl.read_study(file))
    said = str(caught.value)
    for part in ("awareness is above 1", "row 6: east-1", "spend_yuan is not an amount in yuan"):
        assert part in said
    (tmp_path / "publicity.csv").write_text(rows.replace("1.5", "0.95").replace(",x,", ",7,"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        pl.prepare(pl.read_study(file))
    assert "spends as much as another level" in str(caught.value)
    (tmp_path / "publicity.csv").write_text(LEVELS.replace("west,9", "north,9"), encoding="utf-8")
    with pytest.raises(InputError, match="area north is not in"):
        pl.prepare(pl.read_study(file))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("need_share = 0.5", "need_share = 1", "has no effect where need is all"),
        ("max_moves = 3", "max_moves = 3\nbackup_share = 0.25", "cannot count together with policy.backup_share"),
        (GUIDES, "[costs.default]\n", "budget.guides has no effect"),
        ('age_group = "elderly"', 'age_group = "child"', "guides.age_group child"),
        ("guide = 150\n", "", "guides are paid nothing"),
    ],
)
def test_what_publicity_and_guides_do_not_go_with(tmp_path, old, new, said):
    file = with_outreach(tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        pl.prepare(pl.read_study(file))
    assert said in str(caught.value)


def test_a_plan_of_frames_has_them_too(town):
    _, outcome, _ = town
    frame = pd.DataFrame({"area": ["west"], "spend_yuan": [4000], "awareness": [0.85]})
    policy = outcome.case.policy.but(publicity_levels=Publicity.from_frame(frame), guide_uptake=None, guides_fen=None)
    plan = pl.optimise(outcome.case, policy)
    assert plan.publicity["area"].tolist() == ["west"]
    assert plan.guides.empty
