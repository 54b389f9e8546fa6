"""The README's Python example runs as it stands, and its commands are those that CI runs."""

import os
import re
import subprocess
import sys

from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs_and_is_short(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 10
    assert [line for line in lines if line.startswith(("import", "from"))] == ["import placement as pl"]
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.match(r"optimal 3\d\.\d% -> [45]\d\.\d%, gap 0\.00%", done.stdout)
    assert "open" in done.stdout


def test_both_commands_stand_between_their_markers():
    commands = re.findall(r"<!-- command (\d) -->\n```bash\n(.*?)\n```\n<!-- end -->", README, flags=re.DOTALL)
    assert [number for number, _ in commands] == ["1", "2"]
    assert "placement recommend data/hankou/study.toml --out out/hankou" in commands[0][1]
    assert commands[1][1].endswith("python -m pytest")


def test_every_file_the_readme_links_to_exists():
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", README):
        assert (REPOSITORY / target).exists(), target
