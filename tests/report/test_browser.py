"""The page in a real browser: quiet, alone, readable at any width, and deaf to hostile names."""

from pathlib import Path

import pytest

from placement.report import render_files
from tests.report.conftest import HOSTILE, make_districts, make_plan, make_sites
from tests.report.test_html import full_data

CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        instance = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, "--disable-background-networking"]
        )
        yield instance
        instance.close()


def visit(browser, path, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    noise, requests = [], []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("dialog", lambda dialog: noise.append(dialog.message))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert noise == []
    assert requests == [path.as_uri()]
    return page


def hostile_data(language):
    names = (HOSTILE * 2)[:12]
    return full_data(
        language=language,
        plan=make_plan(study=HOSTILE[0], districts=HOSTILE[:3]),
        sites=make_sites(names=names),
        districts=make_districts(HOSTILE[1:4]),
        notices=HOSTILE,
    )


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_quiet_and_fits(browser, tmp_path, language, width):
    for number, data in enumerate((full_data(language=language), hostile_data(language))):
        path = tmp_path / f"{number}.html"
        path.write_bytes(render_files(data)["report.html"])
        page = visit(browser, path, width)
        inner, outer = page.evaluate("[window.innerWidth, document.documentElement.scrollWidth]")
        assert outer <= inner
        text = page.inner_text("body")
        assert "61.2%" in text
        assert "181,000.05" in text
        assert page.evaluate("document.querySelectorAll('script, img').length") == 0
        # The style sheet passed the policy: without it a figure would not be a grid.
        assert page.evaluate("getComputedStyle(document.querySelector('.figures')).display") == "grid"
        page.close()


def test_the_map_is_drawn_and_marks_are_readable(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_bytes(render_files(full_data())["report.html"])
    page = visit(browser, path, 1280)
    box = page.locator(".map svg").bounding_box()
    assert box["width"] > 900
    assert box["height"] > 400
    marks = page.locator(".map svg text").all_text_contents()
    assert {"O1", "M1", "C1", "K1"} <= set(marks)
    legend = page.evaluate(
        """[...document.querySelectorAll('.map svg > text')].map(e => e.getBoundingClientRect())
           .map(b => [b.left, b.right, b.top, b.bottom])"""
    )
    for number, (left, right, top, bottom) in enumerate(legend):
        assert right <= box["x"] + box["width"] + 1
        for other in legend[number + 1 :]:
            apart = right <= other[0] or other[1] <= left or bottom <= other[2] + 1 or other[3] <= top + 1
            assert apart, "two texts of the legend overlap"
    page.close()
