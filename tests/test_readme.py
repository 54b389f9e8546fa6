"""The README's Python example runs as it stands, and its commands are those that CI runs."""

import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from placement import console
from placement.cli import main
from tests.conftest import REPOSITORY

PAGES = (
    "README.md", "placement/README.md", "placement/judge/README.md", "placement/study/KEYS.md",
    "tests/benchmarks/README.md", ".github/CONTRIBUTING.md",
)  # fmt: skip
EXITS = [name for name in vars(console) if name.startswith("EXIT_")]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


SEEN = """
print(plan.status, f"{plan.before.total.share:.1%} -> {plan.after.total.share:.1%}, gap {plan.gap:.2%}")
print(f"{plan.visits.before:,.0f} -> {plan.visits.after:,.0f}")
print(pl.verify(written).confirmed, written.folder, sorted(set(plan.changes["action"])))
print(pl.measure(case).total.share == plan.before.total.share)
"""
"""What the example leaves behind, printed."""


def test_every_block_is_a_command_or_the_example():
    """What a reader is shown is run: the commands by CI, the example below."""
    blocks = re.findall(r"(?:<!-- command (\d) -->\n)?```(\w+)\n", README)
    assert blocks == [("1", "bash"), ("2", "bash"), ("", "python")]


def test_the_python_example_runs_and_is_short(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 10
    assert [line for line in lines if line.startswith(("import", "from"))] == ["import placement as pl"]
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    done = subprocess.run(
        [sys.executable, "-c", code + SEEN], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    plan, visits, judged, today = done.stdout.splitlines()
    assert plan.startswith("optimal 32.0% -> 62.7%, gap 0.1")
    assert "# 32.0 % -> 62.7 % within reach, proven within 0.2 %" in code
    assert visits == "28,991 -> 29,989"
    assert f"# {visits} predicted visits a month" in code
    assert judged == "True out/hankou_1500k ['close', 'move', 'open']"
    assert today == "True"


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
    for name in re.findall(r"`\.?placement ([a-z]+)", text):
        assert name in main.commands, name
    for name in re.findall(r"python -m (tests[\w.]+)", text):
        assert (REPOSITORY / f"{name.replace('.', '/')}.py").exists(), name


def test_the_exit_codes_are_those_of_the_command():
    told = re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)
    assert [int(code) for code in told] == [0, *sorted(getattr(console, name) for name in EXITS)]
    help_text = CliRunner().invoke(main, ["--help"]).stdout
    assert all(re.search(rf"(^ *|· |: ){code} ", help_text, flags=re.MULTILINE) for code in told)
