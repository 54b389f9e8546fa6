"""The files of an answer to a question: ``answer.json``, from which the judge counts it again, and its table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from placement.errors import InputError
from placement.report.strict_json import read_regular, strict_json

ANSWER_FILE = "answer.json"
FORMAT = 1
QUESTIONS = {"alternatives": "sites", "frontier": "points", "stability": "sites"}
"""Questions, and which part of the answer is their table."""
_KEYS = frozenset({"format", "question", "study", "inputs", "overrides", "seed", "versions", "answer"})
_MOST_BYTES = 2**28


def answer_files(record: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of an answer: the record, and its table by name."""
    table = QUESTIONS[record["question"]]
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    return {ANSWER_FILE: f"{text}\n".encode(), f"{table}.csv": _csv(record["answer"][table])}


def read_answer(path: str | Path) -> dict[str, Any]:
    """Return the content of an ``answer.json``.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        record = strict_json(read_regular(Path(path), most_bytes=_MOST_BYTES))
    except (OSError, ValueError) as error:
        raise InputError.single(ANSWER_FILE, f"cannot be read: {error}", remedy="ask again") from error
    if not isinstance(record, dict) or set(record) != _KEYS or record["format"] != FORMAT:
        raise InputError.single(ANSWER_FILE, "is no answer of this format", remedy="ask again")
    if record["question"] not in QUESTIONS or not isinstance(record["answer"], dict):
        raise InputError.single(ANSWER_FILE, "is the answer to no known question", row="question", remedy="ask again")
    return record


def _csv(rows: list[Mapping[str, Any]]) -> bytes:
    """Return rows as a table: lists in one cell, nothing of plans within."""
    names = [name for name in (rows[0] if rows else {}) if name not in {"actions", "money"}]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        cells = ("" if row[name] is None else row[name] for name in names)
        writer.writerow(" ".join(map(str, each)) if isinstance(each, list) else each for each in cells)
    return stream.getvalue().encode("utf-8-sig")
