import sys

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from placement.errors import InputError, MissingExtraError
from tests.report.conftest import make_demand, make_districts, make_plan, make_sites, make_streets
from tests.there import there

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

from placement import plots  # noqa: E402

GROUND = {"streets": make_streets(), "districts": make_districts()}


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def offsets(axes):
    return [np.asarray(part.get_offsets()) for part in axes.collections if hasattr(part, "get_sizes")]


def rendered(axes):
    axes.figure.canvas.draw()
    return axes


def test_every_plot_draws_on_the_given_axes_and_returns_them():
    demand, plan, sites = make_demand(), make_plan(), make_sites()
    _, panels = plt.subplots(2, 2)
    assert plots.plot_demand(demand, ax=panels[0, 0], **GROUND) is panels[0, 0]
    assert plots.plot_coverage(demand, np.ones(60), ax=panels[0, 1], **GROUND) is panels[0, 1]
    assert plots.plot_plan(plan, sites, demand=demand, ax=panels[1, 0], **GROUND) is panels[1, 0]
    assert plots.plot_shares(plan, ax=panels[1, 1]) is panels[1, 1]
    rendered(panels[0, 0])


def test_demand_stands_where_it_stands_with_an_area_that_grows_with_it():
    demand = make_demand()
    axes = rendered(plots.plot_demand(demand, quantity="people"))
    dots = next(part for part in axes.collections if len(part.get_offsets()) == 60)
    assert np.asarray(dots.get_offsets()) == pytest.approx(shapely.get_coordinates(demand.points.geometry.array))
    ratio = dots.get_sizes() / demand.people.sum(axis=1)
    assert ratio == pytest.approx(ratio[0])
    assert axes.get_title() == f"{demand.people.sum():,.0f} residents"
    assert np.asarray(dots.get_array()) == pytest.approx(0.58)


def test_coverage_is_weighed_not_counted():
    demand = make_demand()
    share = np.zeros(60)
    share[:10] = 1.0
    axes = rendered(plots.plot_coverage(demand, share, stations=make_sites().table.iloc[:3]))
    weight = demand.weight.sum(axis=1)
    assert axes.get_title() == f"{weight[:10].sum() / weight.sum():.1%} of demand within reach"
    assert [len(part) for part in offsets(axes)] == [10, 50, 3]


def test_a_plan_shows_every_action_and_an_arrow_for_each_move():
    axes = rendered(plots.plot_plan(make_plan(), make_sites()))
    labels = [part.get_text() for part in axes.get_legend().get_texts()]
    assert labels == ["keep (3)", "close (1)", "move (2)", "open (2)"]
    assert sum(part.arrow_patch is not None for part in axes.texts) == 2
    assert axes.get_title() == "Hankou: 41.0% → 61.2% of demand within reach"


def test_reach_colours_the_demand():
    demand = make_demand()
    reach = pd.DataFrame({"before": [0.0, 1.0] * 30, "after": [1.0, 1.0] * 30}, index=demand.ids)
    axes = plots.plot_plan(make_plan(), make_sites(), demand=demand, reach=reach)
    labels = [part.get_text() for part in there(axes.get_legend()).get_texts()]
    assert labels[:2] == ["within reach as before", "newly within reach"]


@pytest.mark.parametrize("by", ["district", "segment", "people"])
def test_bars_are_the_shares_of_the_plan(by):
    axes = rendered(plots.plot_shares(make_plan(), by=by))
    before, after = (np.array([bar.get_width() for bar in bars]) for bars in axes.containers)
    assert before[0] == pytest.approx(0.41)
    assert after[0] == pytest.approx(0.612345)
    assert before / after == pytest.approx(0.41 / 0.612345)


def test_chinese_is_drawn_without_missing_signs_where_a_font_has_it():
    if not plots._cjk_font():
        pytest.skip("no font with Chinese is installed")
    for axes in (
        plots.plot_plan(make_plan(), make_sites(), language="zh"),
        plots.plot_shares(make_plan(), language="zh"),
        plots.plot_demand(make_demand(), language="zh"),
    ):
        rendered(axes)  # a missing sign is a warning, and warnings are errors


def test_without_such_a_font_labels_are_english_and_names_are_numbered(monkeypatch):
    monkeypatch.setattr(plots, "_cjk_font", lambda: "")
    with pytest.warns(UserWarning, match="labels are English"):
        axes = plots.plot_plan(make_plan(), make_sites(), language="zh")
    assert "keep (3)" in [part.get_text() for part in there(axes.get_legend()).get_texts()]
    with pytest.warns(UserWarning, match=r"names are drawn as .*江岸区.*no\. 1"):
        axes = rendered(plots.plot_shares(make_plan()))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["no. 1", "no. 2", "no. 3"]


def test_nothing_passed_in_is_changed():
    streets, districts = make_streets(), make_districts()
    plots.plot_demand(make_demand(), streets=streets, districts=districts)
    assert_geodataframe_equal(streets, make_streets())
    assert_geodataframe_equal(districts, make_districts())


def test_unknown_choices_are_bad_input():
    with pytest.raises(InputError, match="quantity 'money' is unknown"):
        plots.plot_demand(make_demand(), quantity="money")
    with pytest.raises(InputError, match="by 'colour' is unknown"):
        plots.plot_shares(make_plan(), by="colour")
    with pytest.raises(InputError, match="share has shape"):
        plots.plot_coverage(make_demand(), [1.0])
    with pytest.raises(InputError, match="language"):
        plots.plot_shares(make_plan(), language="fr")


def test_without_matplotlib_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"station-placement\[plots\]"):
        plots.plot_shares(make_plan(), language="zh")
