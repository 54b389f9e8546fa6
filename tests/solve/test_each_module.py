"""Every module of the solver is called by a test of its own, not only on the way of a whole solve."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import REPOSITORY

ELSEWHERE = {"settings": "numbers alone; test_settings.py takes all of them by their sections"}


def imported(path: Path) -> Iterator[str]:
    """Yield the modules, and the names of modules, that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def modules() -> Iterator[str]:
    """Yield the modules of the solver, by room."""
    for path in sorted((REPOSITORY / "placement" / "solve").rglob("*.py")):
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        if parts[-1] != "__init__" and parts[2] not in ELSEWHERE:
            yield ".".join(parts)


def test_each_is_imported_by_a_test():
    tests = {name for path in (REPOSITORY / "tests").rglob("test_*.py") for name in imported(path)}
    assert len(set(modules())) > 50
    assert sorted(set(modules()) - tests) == []
