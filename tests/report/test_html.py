import base64
import hashlib
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from placement.report import render_files
from placement.report.html import report_html
from placement.report.text import texts
from placement.report.view import figures, names_of, points, proof, small_gap
from placement.values import BudgetLine
from tests.report.conftest import (
    HOSTILE,
    make_data,
    make_demand,
    make_districts,
    make_plan,
    make_sites,
    make_streets,
)
from tests.there import there

VOID = {"meta", "br", "img", "input", "link", "hr"}


class Page(HTMLParser):
    """Elements, visible text and attributes of a page; every element must be closed in order."""

    def __init__(self, data):
        super().__init__()
        self.open: list[str] = []
        self.elements, self.text, self.attributes = [], [], []
        self.feed(data.decode("utf-8"))
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


def full_data(**changes):
    demand = changes.get("demand", make_demand())
    reach = pd.DataFrame({"before": 0.2, "after": 0.9}, index=demand.ids)
    values = {
        "streets": make_streets(),
        "districts": make_districts(),
        "reach": reach,
        "simulated": ("survey", "footfall"),
        "notices": ("© OpenStreetMap contributors, ODbL 1.0",),
        "travel_mode": "walking along streets",
    }
    return make_data(**(values | changes))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_states_what_the_plan_says(language):
    page = Page(report_html(full_data(language=language)))
    text = texts(language)
    assert ("html", "lang", {"en": "en", "zh": "zh-Hans"}[language]) in page.attributes
    for said in (
        "41.0%",
        "61.2%",
        "181,000.05",
        "200,000.00",
        "18,999.95",
        "612.345",
        "Station 7",
        "S07",
        "80,000.05",
        "HiGHS 1.16.0",
        "© OpenStreetMap contributors, ODbL 1.0",
        "0" * 64,
        text["proof.optimal.solver"],
        text["action.move"] if language == "zh" else "move",
        text["simulated"],
    ):
        assert said in page.words, said


def test_the_page_needs_nothing_but_itself():
    data = report_html(full_data())
    page = Page(data)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "use", "image"} & set(page.elements)
    for _, name, value in page.attributes:
        assert name not in {"style", "src", "href", "xlink:href", "srcset", "action"}
        assert not name.startswith("on")
        assert "url(" not in (value or "") or value in {"url(#tip)", "url(#pane)"}
    assert b"@import" not in data
    assert b"url(" not in data.split(b"</style>")[0]


def test_the_policy_allows_only_this_style_sheet():
    data = report_html(full_data()).decode()
    style = there(re.search(r"<style>(.*?)</style>", data, re.DOTALL)).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    contents = [value for tag, name, value in Page(data.encode()).attributes if tag == "meta" and name == "content"]
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" in contents


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name):
    names = [name] * 12
    plan = make_plan(study=name, districts=(name, "b", "c"), solver=name)
    plain = Page(report_html(full_data()))
    data = full_data(
        plan=plan,
        sites=make_sites(names=names),
        districts=make_districts((name, name, name)),
        notices=(name,),
        simulated=(name,),
        inputs={name: "0" * 64},
        versions={name: name},
        study_path=name,
        travel_mode=name,
    )
    page = Page(report_html(data))
    assert set(page.elements) <= set(plain.elements)
    assert {name for _, name, _ in page.attributes} <= {name for _, name, _ in plain.attributes} | {"title"}
    assert "\x00" not in page.words
    assert "\u202e" not in page.words


def test_a_long_name_is_cut_in_sight_and_whole_in_the_tooltip():
    long = "x" * 300
    page = Page(report_html(full_data(sites=make_sites(names=[long] * 12))))
    assert long not in page.words
    assert "x" * 89 + "…" in page.words
    assert ("bdi", "title", long) in page.attributes


def test_simulated_data_are_named_wherever_results_are_shown():
    with_it, without = full_data(), full_data(simulated=(), demand=make_demand(simulated=False))
    page = Page(report_html(with_it)).words
    assert "Simulated data: survey, foot traffic." in page
    assert page.count(" simulated ") == 5
    assert "simulated" not in Page(report_html(without)).words.lower()


def test_demand_that_says_it_is_simulated_is_labelled_even_without_names():
    assert "Simulated data: some inputs." in Page(report_html(full_data(simulated=()))).words


def test_figures_are_those_of_the_plan():
    found = {figure.label: figure for figure in figures(full_data(), texts("en"))}
    assert list(found) == [
        "Residents within reach, day",
        "Residents within reach, night",
        "Elderly within reach, day",
        "Elderly within reach, night",
        "Demand within reach",
        "Need within reach",
        "Expected use within reach",
    ]
    day = found["Residents within reach, day"]
    # (0.41 * 9000 + 0.41 * 2000) / 11000 before, 0.612345 after; at night 0.7 of that.
    assert (day.before, day.after) == pytest.approx((0.41, 0.612345))
    assert day.amounts == "4,510 → 6,736 people"
    assert found["Elderly within reach, night"].after == pytest.approx(0.7 * 0.612345)
    assert found["Need within reach"].amounts == "615 → 919 visits a month"


@pytest.mark.parametrize(
    ("changes", "good", "headline", "meaning"),
    [
        ({"proof": "certificate"}, True, "Proven best", "no other choice of stations does better"),
        ({"proof": "solver"}, True, "Best, by the solver’s bound", "no other choice"),
        ({"bound": 618.53, "asked_gap": 0.02}, True, "Proven within the asked gap", "at most 1% could still be won"),
        ({"status": "feasible", "bound": 680.0}, False, "Not proven best", "at most 9.95% could still be won"),
    ],
)
def test_the_proof_is_told_as_it_is(changes, good, headline, meaning):
    told = proof(make_plan(**changes), texts("en"))
    assert (told.good, told.headline) == (good, headline)
    assert meaning in told.meaning


def test_every_status_and_proof_has_words_in_both_languages():
    for language in ("en", "zh"):
        for status in ("optimal", "feasible", "infeasible", "no_solution"):
            for by in ("certificate", "solver", "none"):
                told = proof(make_plan(status=status, proof=by, bound=700.0), texts(language))
                assert told.headline
                assert told.by


def test_a_small_gap_is_never_shown_as_none():
    assert small_gap(1e-9) == "0.0000001%"
    assert small_gap(0.5) == "50%"
    assert points(0.6004, 0.6) == "0.0"


def test_names_of_segments_leave_out_what_is_all_everywhere():
    text = texts("en")
    assert names_of(["general/day/all", "elderly/day/all"], text) == {
        "general/day/all": "general · day",
        "elderly/day/all": "elderly · day",
    }
    assert names_of(["general/all/all"], text) == {"general/all/all": "general"}
    assert names_of(["all/all/all"], text) == {"all/all/all": "all"}
    assert names_of(["g/day/bills", "g/day/all"], text)["g/day/all"] == "g · day · all"


def test_a_plan_without_budget_floors_streets_or_people_makes_a_page():
    plan = make_plan(actions=make_plan().actions.iloc[:0], open=(), budget_lines=())
    page = Page(report_html(make_data(plan=plan, threshold_s=None, threshold_m=5000.0)))
    assert "5,000 m" in page.words
    free = make_plan(budget_lines=(BudgetLine(name="capital", amount_fen=0, cap_fen=0),))
    assert "0.0%" in Page(report_html(make_data(plan=free))).words


def test_same_bytes_each_time():
    assert render_files(full_data()) == render_files(full_data())
