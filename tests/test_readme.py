"""The README's Python example runs as it stands, and its commands are those that CI runs."""

import re
from typing import Any

import pytest
from click.testing import CliRunner

import placement
from placement import console
from placement.cli import main
from placement.judge import Verdict, verify
from tests.conftest import REPOSITORY

PAGES = (
    "README.md", "placement/README.md", "placement/judge/README.md", "placement/study/KEYS.md",
    "tests/benchmarks/README.md", ".github/CONTRIBUTING.md",
)  # fmt: skip
EXITS = [name for name in vars(console) if name.startswith("EXIT_")]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_every_block_is_a_command_or_the_example():
    """What a reader is shown is run: the commands by CI, the example below."""
    blocks = re.findall(r"(?:<!-- command (\d) -->\n)?```(\w+)\n", README)
    assert blocks == [("1", "bash"), ("2", "bash"), ("", "python")]


@pytest.mark.filterwarnings("default")
def test_the_python_example_runs_and_is_short(tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 10
    assert [line for line in lines if line.startswith(("import", "from"))] == ["import placement as pl"]
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    monkeypatch.chdir(tmp_path)
    verdicts: list[Verdict] = []
    with monkeypatch.context() as patch:
        patch.setattr(placement, "verify", lambda *given: verdicts.append(verify(*given)))
        left: dict[str, Any] = {}
        exec(code, left)
    plan, written = left["plan"], left["written"]
    assert plan.status == "optimal"
    assert f"{plan.before.total.share:.1%} -> {plan.after.total.share:.1%}, gap {plan.gap:.2%}".startswith(
        "32.0% -> 62.7%, gap 0.1"
    )
    assert "# 32.0 % -> 62.7 % within reach, proven within 0.2 %" in code
    visits = f"{plan.visits.before:,.0f} -> {plan.visits.after:,.0f}"
    assert visits == "28,991 -> 29,903"
    assert f"# {visits} predicted visits a month" in code
    assert [verdict.confirmed for verdict in verdicts] == [True]
    assert str(written.folder) == "out/hankou_1500k"
    assert sorted(set(plan.changes["action"])) == ["close", "move", "open"]
    assert placement.measure(left["case"]).total.share == plan.before.total.share


def test_both_commands_stand_between_their_markers():
    commands = re.findall(r"<!-- command (\d) -->\n```bash\n(.*?)\n```\n<!-- end -->", README, flags=re.DOTALL)
    assert [number for number, _ in commands] == ["1", "2"]
    assert "placement recommend data/hankou/study.toml --out out/hankou" in commands[0][1]
    assert commands[1][1].endswith("python -m pytest")


def test_the_readme_is_read_in_three_minutes():
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("page", PAGES)
def test_every_file_a_page_links_to_exists(page):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", text):
        assert ((REPOSITORY / page).parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_command_a_page_names_exists(page):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    for name in re.findall(r"`((?:placement|tests|data|notebooks)/[\w./-]+)`", text):
        assert (REPOSITORY / name).exists(), name
    for name in re.findall(r"`\.?placement ([a-z-]+)", text):
        assert name in main.commands, name
    for name in re.findall(r"python -m (tests[\w.]+)", text):
        assert (REPOSITORY / f"{name.replace('.', '/')}.py").exists(), name


def test_the_exit_codes_are_those_of_the_command():
    told = re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)
    assert [int(code) for code in told] == [0, *sorted(getattr(console, name) for name in EXITS)]
    help_text = CliRunner().invoke(main, ["--help"]).stdout
    assert all(re.search(rf"(^ *|· |: ){code} ", help_text, flags=re.MULTILINE) for code in told)
