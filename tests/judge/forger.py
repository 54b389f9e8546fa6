"""A seeded forger of result folders: alters any file in any way, with checksums made anew.

Everything the judge is asked about is a lie: an alteration that changes what a folder says. By hand:

    python -m tests.judge.forger --alterations 20000 --seed 1
"""

from __future__ import annotations

import argparse
import copy
import csv
import hashlib
import io
import json
import shutil
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from placement.errors import InputError
from placement.judge import Judge
from placement.pipeline.recommend import Outcome, recommend
from placement.report import plan_from_dict, render_files
from placement.study import read_study
from placement.toy import write_study
from placement.values import Certificate
from tests.written import data_of, write_outcome

Files = dict[str, bytes]
PLAN, CERTIFICATE, SUMS = "plan.json", "certificate.npz", "SHA256SUMS"
CERTAIN = (0.01, -1.0, 1.0, 1e-6, 1e9, -0.5)


@dataclass(frozen=True, kw_only=True)
class Town:
    """A study, its plan, and another plan for it."""

    root: Path
    outcome: Outcome
    files: Files
    others: Files
    judge: Judge


def make_town(root: Path, *, graded: bool = False) -> Town:
    """Write a study with every kind of input, and two plans for it; `graded`: its standard has steps."""
    steps = [(3, 1), (5, 0.6)] if graded else []
    study_file = write_study(root / "study", seed=5, stations=20, candidates=8, max_stations=23, steps=steps)
    _write_usage(root / "study")
    text = study_file.read_text(encoding="utf-8")
    text = text.replace(
        "[demand]\n", 'usage = {path = "usage.csv", simulated = true, notice = "Made up."}\n\n[demand]\n', 1
    )
    study_file.write_text(_with_rules(text, root / "study"), encoding="utf-8")
    study = read_study(study_file)
    outcome = recommend(study)
    write_outcome(outcome, root / "plan")
    write_outcome(recommend(study.with_settings({"policy.max_moves": 0})), root / "other")
    files, others = ({e.name: e.read_bytes() for e in (root / name).iterdir()} for name in ("plan", "other"))
    assert {"visits.csv", "awareness.csv", CERTIFICATE} <= files.keys()
    assert files["actions.csv"] != others["actions.csv"]
    return Town(root=root, outcome=outcome, files=files, others=others, judge=Judge.of(study))


def _with_rules(text: str, folder: Path) -> str:
    """Return the study with every line of the budget and limits by site; the tables get the columns they go by."""
    for table, fixed in (("stations", "keep"), ("candidates", "open")):
        sites = pd.read_csv(folder / f"{table}.csv", dtype=str)
        sites["chain"] = [("red", "blue")[number % 2] for number in range(len(sites))]
        sites["exclusive"] = ["hall" if number < 2 and table == "candidates" else "" for number in range(len(sites))]
        sites["action_fixed"] = [fixed if number == 3 else "" for number in range(len(sites))]
        sites.to_csv(folder / f"{table}.csv", index=False)
    items = "install = 700\nremove = 300\nnetwork = 1200.5\nstaff = 900\n"
    text = text.replace("[costs.default]\n", f"[costs.default]\n{items}", 1)
    text = text.replace("running = 200000\n", "running = 500000\nhorizon_years = 4\ndiscount_rate = 0.035\n", 1)
    limits = "max_by_host = {bank = 12}\nmax_by_chain = {red = 13}\nspacing_m = 150\nmin_reach_new = 5\n"
    return text.replace("max_moves = 3\n", f"max_moves = 3\n{limits}", 1)


def _write_usage(folder: Path) -> None:
    stations, people = pd.read_csv(folder / "stations.csv"), pd.read_csv(folder / "population.csv")
    generator = np.random.default_rng(1)
    columns = ["lon", "lat"]
    apart = people[columns].to_numpy()[:, None, :] - stations[columns].to_numpy()[None, :, :]
    draw = np.exp(-np.hypot(apart[..., 0] * 95_000, apart[..., 1] * 111_000) / 400)
    visits = (people["people"].to_numpy()[:, None] * 0.1 * draw / (draw.sum(axis=1, keepdims=True) + 0.3)).sum(axis=0)
    rows = [
        (site, f"2024-{month:02d}", int(generator.poisson(mean)))
        for site, mean in zip(stations["site_id"], visits, strict=True)
        for month in range(1, 13)
    ]
    pd.DataFrame(rows, columns=["site_id", "month", "transactions"]).to_csv(folder / "usage.csv", index=False)


class Forger:
    """Makes alterations of one plan's folder."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town = town
        self.random = np.random.default_rng(seed)
        self.record = json.loads(town.files[PLAN])
        self.kinds: list[tuple[float, str, Callable[[], Files | None]]] = [
            (5, "plan value", self.plan_value),
            (2, "plan key", self.plan_key),
            (1, "plan text", self.plan_text),
            (3, "csv", self.table),
            (2, "geojson", self.layer),
            (3, "html", self.page),
            (2, "npz", self.archive),
            (2, "files", self.strangers),
            (1, "sums", self.sums),
            (1, "together", self.together),
        ]

    def alterations(self, count: int) -> Iterator[tuple[str, Files]]:
        """Yield (kind, content of the folder) of `count` alterations."""
        weights = np.array([weight for weight, _, _ in self.kinds])
        made = 0
        while made < count:
            _, kind, make = self.kinds[int(self.random.choice(len(self.kinds), p=weights / weights.sum()))]
            files = make()
            if files is None or files == self.town.files:
                continue
            made += 1
            yield kind, files

    def _pick(self, values: Any) -> Any:
        values = list(values)
        return values[int(self.random.integers(len(values)))]

    def _sealed(self, **changed: bytes | None) -> Files:
        """Return the folder with some files changed (None: removed), and its list made anew."""
        files = {name: content for name, content in self.town.files.items() if name != SUMS}
        for name, content in changed.items():
            files.pop(name, None)
            if content is not None:
                files[name] = content
        return files | {SUMS: listed(files)}

    def _plan(self, record: Any) -> Files | None:
        if record == self.record:
            return None
        text = json.dumps(record, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        return self._sealed(**{PLAN: text.encode("utf-8", "surrogatepass")})

    def plan_value(self) -> Files | None:
        """One value of plan.json becomes another."""
        record = copy.deepcopy(self.record)
        place, key = self._pick(_leaves(record))
        place[key] = self._other(place[key], record)
        return self._plan(record)

    def _other(self, value: Any, record: Any) -> Any:
        swapped = self._pick(_leaves(record))
        choices: list[Any] = [None, [], {}, "", True, 0, -1, 10**400, swapped[0][swapped[1]], [value], {"a": value}]
        if isinstance(value, bool):
            choices += [not value] * 5
        elif isinstance(value, int | float):
            choices += [value + step for step in CERTAIN] + [-value, value * 2, float(value) + 1, str(value), value + 1]
        elif isinstance(value, str):
            letter = self._pick("aZ0 \n\x1b\u202e省\ud800")
            at = int(self.random.integers(len(value) + 1))
            choices += [value[:at] + letter + value[at:], value[:-1], value.upper(), value + "\x00", value[::-1]]
        return self._pick(choices)

    def plan_key(self) -> Files | None:
        """A key or an item comes, goes, is doubled, renamed or changes places."""
        record = copy.deepcopy(self.record)
        part = self._pick(_parts(record))
        if isinstance(part, dict):
            key = self._pick(part) if part else None
            kind = self._pick(["add", "drop", "rename"])
            if kind == "add" or key is None:
                part[self._pick(["extra", "", "gap ", "Gap", "x" * 500])] = self._pick([1, None, "x", {}, float(2)])
            elif kind == "drop":
                del part[key]
            else:
                part[key + self._pick([" ", "x", "\u200b"])] = part.pop(key)
        elif part:
            at, other = int(self.random.integers(len(part))), int(self.random.integers(len(part)))
            kind = self._pick(["drop", "double", "swap", "clear", "foreign"])
            if kind == "drop":
                del part[at]
            elif kind == "double":
                part.insert(other, copy.deepcopy(part[at]))
            elif kind == "swap":
                part[at], part[other] = part[other], part[at]
            elif kind == "clear":
                part.clear()
            else:
                part[at] = self._pick([None, 1, "x", {}])
        else:
            part.append(self._pick([None, 1, "x", {}, {"key": "solve.gap", "study": 0.0, "used": 0.5}]))
        return self._plan(record)

    def plan_text(self) -> Files | None:
        """The text of plan.json changes and not, or not only, its values."""
        text = self.town.files[PLAN]
        key = self._pick(self.record)
        doubled = text.replace(b"{", b"{" + f'"{key}": {json.dumps(self.record[key])},'.encode(), 1)
        choices = [
            text + b" ", text[:-1], b"\xef\xbb\xbf" + text, text.replace(b"\n", b"\r\n"), doubled, text + text,
            json.dumps(self.record).encode(), json.dumps(self.record, indent=2).encode(), b"", b"null", b"[]", b"{}",
            text[: int(self.random.integers(len(text)))], text.replace(b": 0.0", b": -0.0", 1),
            text.replace(b"0.0", b"0.00", 1), text.replace(b"0.0,", b"0,", 1), text.replace(b"0.0", b"NaN", 1),
            text.replace(b"0.0", b"1e999", 1), b"[" * 5000, text.decode().encode("utf-16"),
            _byte_changed(text, self.random),
        ]  # fmt: skip
        return self._sealed(**{PLAN: self._pick(choices)})

    def table(self) -> Files | None:
        """A cell, a row or a column of a table changes."""
        name = self._pick(["actions.csv", "visits.csv", "awareness.csv"])
        text = self.town.files[name].decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        kind = self._pick(["cell", "cell", "cell", "row", "column", "bytes"])
        at, other = (int(self.random.integers(len(rows))) for _ in range(2))
        column = int(self.random.integers(len(rows[0])))
        if kind == "cell":
            cell = rows[at][column]
            try:
                altered = str(float(cell) + self._pick(CERTAIN))
            except ValueError:
                altered = cell + "x"
            rows[at][column] = self._pick([altered, "", "x", "=1+1", cell + " ", rows[other][column]])
        elif kind == "row":
            change = self._pick(["drop", "double", "swap"])
            if change == "drop":
                del rows[at]
            elif change == "double":
                rows.insert(other, rows[at])
            else:
                rows[at], rows[other] = rows[other], rows[at]
        elif kind == "column":
            change = self._pick(["drop", "double", "rename"])
            for number, row in enumerate(rows):
                if change == "drop":
                    del row[column]
                elif change == "double":
                    row.append(row[column])
                elif number == 0:
                    row[column] += "x"
        else:
            return self._sealed(**{name: self._pick(_spoiled(self.town.files[name], self.random))})
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\r\n").writerows(rows)
        return self._sealed(**{name: stream.getvalue().encode("utf-8-sig")})

    def layer(self) -> Files | None:
        """A place or a property of the layer changes."""
        name = "actions.geojson"
        layer = json.loads(self.town.files[name])
        if self.random.random() < 0.2:
            return self._sealed(**{name: self._pick(_spoiled(self.town.files[name], self.random))})
        if self.random.random() < 0.2:
            part = self._pick(_parts(layer))
            part.clear()
        else:
            place, key = self._pick(_leaves(layer))
            place[key] = self._other(place[key], layer)
        text = json.dumps(layer, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        return self._sealed(**{name: text.encode("utf-8", "surrogatepass")})

    def page(self) -> Files | None:
        """A sign, a line or an element of the report changes."""
        name = "report.html"
        page = self.town.files[name]
        lines = page.splitlines(keepends=True)
        at = int(self.random.integers(len(lines)))
        digits = [k for k, sign in enumerate(page) if chr(sign).isdigit()]
        spot = self._pick(digits)
        script = b"<script>alert(1)</script>\n"
        choices = [
            page[:spot] + str((page[spot] - 48 + 1) % 10).encode() + page[spot + 1 :],
            page[:spot] + str((page[spot] - 48 + 1) % 10).encode() + page[spot + 1 :],
            b"".join(lines[:at] + lines[at + 1 :]), b"".join([*lines[:at], script, *lines[at:]]),
            b"".join([*lines[:at], lines[at], *lines[at:]]), *_spoiled(page, self.random),
        ]  # fmt: skip
        return self._sealed(**{name: self._pick(choices)})

    def archive(self) -> Files | None:
        """The certificate changes: its numbers, with its own digest made anew or not, or what is packed beside them."""
        content = self.town.files[CERTIFICATE]
        kind = self._pick(["number", "number", "number", "member", "bytes", "comment", "foreign", "packing", "bound"])
        if kind == "bytes":
            return self._sealed(**{CERTIFICATE: self._pick(_spoiled(content, self.random))})
        if kind == "foreign":
            return self._sealed(**{CERTIFICATE: self.town.others[CERTIFICATE]})
        if kind in {"comment", "packing", "member"}:
            return self._sealed(**{CERTIFICATE: _packed_again(content, kind)})
        with np.load(io.BytesIO(content)) as file:
            arrays = {name: file[name].copy() for name in file.files}
        name = "bound" if kind == "bound" else self._pick(sorted(arrays))
        array = arrays[name]
        if not array.size:
            arrays[name] = np.zeros(1, dtype=array.dtype)
        else:
            at = int(self.random.integers(array.size))
            flat = array.reshape(-1)
            flat[at] ^= True if array.dtype == bool else self._pick([1, 2, 64])
        stream = io.BytesIO()
        np.savez_compressed(stream, **arrays)
        altered = stream.getvalue()
        claims = {"bound", "objective", "chosen", "fingerprint", "has_plan", "infeasible", "scale"}
        # Prices and trees with a digest that fits are left to the tests of the checker: they may prove as much.
        if name in claims and self.random.random() < 0.5:
            altered = _sealed_again(altered) or altered
        return self._sealed(**{CERTIFICATE: altered})

    def strangers(self) -> Files | None:
        """A file comes, goes, is renamed, emptied, or taken from another plan."""
        name = self._pick(sorted(self.town.files.keys() - {SUMS}))
        content = self.town.files[name]
        foreign = self._pick(sorted(self.town.others.keys() - {SUMS}))
        new = self._pick(["notes.txt", "Plan.json", "plan.json.bak", "workbook.xlsx", ".hidden", "报告.html"])
        kind = self._pick(["add", "remove", "rename", "empty", "foreign", "copy", "unlisted", "all but one"])
        if kind == "add":
            return self._sealed(**{new: b"hello"})
        if kind == "remove":
            return self._sealed(**{name: None})
        if kind == "rename":
            return self._sealed(**{name: None, new: content})
        if kind == "empty":
            return self._sealed(**{name: b""})
        if kind == "foreign":
            return self._sealed(**{foreign: self.town.others[foreign]})
        if kind == "copy":
            return self._sealed(**{name: self.town.files[self._pick(sorted(self.town.files))]})
        if kind == "unlisted":
            return self.town.files | {new: b"hello"}
        rest = {each: self.town.others[each] for each in self.town.others if each not in {SUMS, foreign}}
        files = self._sealed(**rest)
        return None if files == self.town.others else files

    def sums(self) -> Files | None:
        """The list of files says something else than what is there."""
        lines = self.town.files[SUMS].decode().splitlines()
        at = int(self.random.integers(len(lines)))
        digest, _, name = lines[at].partition("  ")
        altered = self._pick([
            [*lines[:at], *lines[at + 1 :]], [*lines, lines[at]], [*lines, f"{'0' * 64}  other.txt"], [], ["x"],
            [*lines[:at], f"{digest.upper()}  {name}", *lines[at + 1 :]],
            [*lines[:at], f"{'0' * 64}  {name}", *lines[at + 1 :]],
            [*lines, f"{digest}  ../study/study.toml"],
            [*lines, "\udcff"], [*lines, ""], [f" {each}" for each in lines],
        ])  # fmt: skip
        text = "".join(f"{line}\n" for line in altered).encode("utf-8", "surrogateescape")
        if self.random.random() < 0.1:
            return {each: content for each, content in self.town.files.items() if each != SUMS}
        return self.town.files | {SUMS: text}

    def together(self) -> Files | None:
        """A claim changes in plan.json, and every other file is made anew from it."""
        claims = _false_claims(self.record, self.random)
        record = copy.deepcopy(self.record)
        name = self._pick(sorted(claims))
        claims[name](record)
        if record == self.record:
            return None
        return self.consistent(record)

    def consistent(self, record: dict[str, Any]) -> Files | None:
        """Return a folder in which every file says what `record` does; None where no such files can be made."""
        outcome = self.town.outcome
        try:
            plan = replace(plan_from_dict(record), certificate=outcome.plan.certificate)
            data = replace(
                data_of(outcome, self.town.root / "plan"),
                plan=plan,
                study_path=record["study"],
                inputs=record["inputs"],
                versions=record["versions"],
                seed=record["seed"],
                travel_mode=record["travel"],
                simulated=tuple(record["simulated"]),
                notices=tuple(record["notices"]),
                notes=tuple(record["notes"]),
            )
            files = render_files(data)
        except (InputError, KeyError, ValueError, ZeroDivisionError):
            return None
        if record["proof"] == "certificate":
            files[CERTIFICATE] = self.town.files[CERTIFICATE]
        return files | {SUMS: listed(files)}


def _false_claims(record: dict[str, Any], random: np.random.Generator) -> dict[str, Callable[[dict[str, Any]], None]]:
    """Return ways to lie in a record that leave it well-formed."""
    step = float(random.choice([0.001, -0.001, 1.0, -1.0, 100.0]))
    number = int(random.integers(len(record["actions"])))

    def total(altered: dict[str, Any]) -> None:
        part = altered["coverage"][str(random.choice(["before", "after"]))]
        group = str(random.choice(["total", "segment", "district", "people", *(["steps"] if part["steps"] else [])]))
        if group == "steps":
            part = part[group][int(random.integers(len(part[group])))]["total"]
        else:
            part = part[group] if group == "total" else part[group][str(random.choice(sorted(part[group])))]
        key = str(random.choice(sorted(part)))
        part[key] = abs(round(part[key] + step, 6))

    def better(altered: dict[str, Any]) -> None:
        altered["objective"] = altered["bound"] = round(altered["objective"] + abs(step), 3)

    def wider(altered: dict[str, Any]) -> None:
        altered["bound"] = round(altered["bound"] + abs(step), 3)
        altered["gap"] = (altered["bound"] - altered["objective"]) / altered["bound"]
        altered["status"] = "feasible"
        altered["solve"]["tie_broken"] = False

    def asked(altered: dict[str, Any]) -> None:
        altered["solve"]["asked_gap"] = 0.05

    def word(altered: dict[str, Any]) -> None:
        altered["proof"] = "solver"
        altered["solve"]["solver"] = f"HiGHS {altered['versions']['highspy']}"

    def none(altered: dict[str, Any]) -> None:
        altered["proof"] = "none"
        altered["solve"]["solver"] = "cbc"

    def cost(altered: dict[str, Any]) -> None:
        altered["actions"][number]["cost"] += abs(step)
        for line in altered["budget"]:
            line["amount"] += abs(step) if line["name"] in {"purchase", "capital"} else 0

    def cap(altered: dict[str, Any]) -> None:
        altered["budget"][number % len(altered["budget"])]["cap"] = float(10**7)

    def machines(altered: dict[str, Any]) -> None:
        altered["actions"][number]["machines_after"] += 1

    def closed(altered: dict[str, Any]) -> None:
        kept = [each for each in altered["actions"] if each["action"] == "keep"]
        if kept:
            kept[0] |= {"action": "close", "machines_after": 0}
            altered["open"].remove(kept[0]["site_id"])

    def paired(altered: dict[str, Any]) -> None:
        moves = [each for each in altered["actions"] if each["action"] == "move"]
        if len(moves) > 1:
            first, second = moves[0], moves[1]
            first["from_site_id"], second["from_site_id"] = second["from_site_id"], first["from_site_id"]

    def lost(altered: dict[str, Any]) -> None:
        altered["actions"].pop(number)

    def put(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
        def change(altered: dict[str, Any]) -> None:
            place = altered
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value

        return change

    return {
        "total": total, "better": better, "wider": wider, "asked": asked, "word": word, "none": none, "cost": cost,
        "cap": cap, "machines": machines, "closed": closed, "paired": paired, "lost": lost,
        "name": put("name", value="Another town"), "travel": put("travel", value="straight line x 1.0"),
        "seed": put("seed", value=record["seed"] + 1), "simulated": put("simulated", value=[]),
        "notices": put("notices", value=[]), "notes": put("notes", value=["All is well."]),
        "placement": put("versions", "placement", value="9.9"), "interrupted": put("solve", "interrupted", value=True),
        "solver": put("solve", "solver", value="HiGHS"), "status": put("status", value="feasible"),
        "inputs": put("inputs", "population", value="0" * 64),
        "schema": put("overrides", value=[{"key": "solve.gap", "study": 0.0, "used": 0.0}]),
    }  # fmt: skip


def listed(files: Files) -> bytes:
    """Return the list of files with their digests."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def _leaves(part: Any) -> list[tuple[Any, Any]]:
    """Return (container, key) of every value that is no container."""
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    found: list[tuple[Any, Any]] = []
    for key, value in items:
        found += _leaves(value) if isinstance(value, dict | list) else [(part, key)]
    return found


def _parts(part: Any) -> list[Any]:
    """Return every container."""
    values = part.values() if isinstance(part, dict) else part
    return [part, *(each for value in values if isinstance(value, dict | list) for each in _parts(value))]


def _byte_changed(content: bytes, random: np.random.Generator) -> bytes:
    at = int(random.integers(len(content)))
    return content[:at] + bytes([(content[at] + int(random.integers(1, 256))) % 256]) + content[at + 1 :]


def _spoiled(content: bytes, random: np.random.Generator) -> list[bytes]:
    at = int(random.integers(len(content)))
    return [
        _byte_changed(content, random),
        content[:at],
        content + b"\0",
        content + b"\n",
        content[at:],
        content + content,
    ]


def _packed_again(content: bytes, kind: str) -> bytes:
    """Return an archive with the same arrays and something else beside them, or otherwise packed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            how = zipfile.ZIP_STORED if kind == "packing" else zipfile.ZIP_DEFLATED
            new.writestr(zipfile.ZipInfo(name), old.read(name), compress_type=how)
        if kind == "member":
            new.writestr("remark.npy", b"nothing")
        if kind == "comment":
            new.comment = b"checked by the audit office"
    return stream.getvalue()


def _sealed_again(content: bytes) -> bytes | None:
    """Return a certificate with the digest that fits its content; None where it is none."""
    path = Path(tempfile.mkstemp(suffix=".npz")[1])
    try:
        path.write_bytes(content)
        certificate = Certificate.load(path)
        return replace(certificate, digest=certificate.content_digest()).to_bytes()
    except Exception:  # noqa: BLE001 -- whatever cannot be read is left as it is
        return None
    finally:
        path.unlink()


@dataclass(kw_only=True)
class Tally:
    """What the judge made of alterations."""

    refuted: Counter[str]
    accepted: list[tuple[str, Files]]
    tracebacks: list[tuple[str, str]]


def judged(town: Town, folder: Path, alterations: Iterator[tuple[str, Files]]) -> Tally:
    """Ask the judge about each alteration; `folder` lies beside the plan."""
    tally = Tally(refuted=Counter(), accepted=[], tracebacks=[])
    there: Files = {}
    folder.mkdir(exist_ok=True)
    for kind, files in alterations:
        for name in there.keys() - files.keys():
            (folder / name).unlink()
        for name, content in files.items():
            if there.get(name) != content:
                (folder / name).write_bytes(content)
        there = files
        try:
            verdict = town.judge.verdict(folder)
        except InputError:
            tally.refuted[f"{kind}: no plan"] += 1
        except Exception:  # noqa: BLE001 -- that is what is looked for
            tally.tracebacks.append((kind, traceback.format_exc()))
        else:
            if verdict.whole:
                tally.accepted.append((kind, files))
            else:
                tally.refuted[f"{kind}: {'not whole' if verdict.confirmed else 'refuted'}"] += 1
    return tally


def main() -> None:
    """Make many alterations and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alterations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", action="store_true", help="a standard in steps")
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="forger-"))
    try:
        town = make_town(root, graded=options.steps)
        began = time.perf_counter()
        tally = judged(town, root / "forged", Forger(town, options.seed).alterations(options.alterations))
        took = time.perf_counter() - began
        for kind, count in sorted(tally.refuted.items()):
            print(f"{kind:<30}{count:>8}")
        print(f"accepted {len(tally.accepted)}, tracebacks {len(tally.tracebacks)}, {took:.0f} s")
        for kind, files in tally.accepted[:10]:
            changed = [name for name in files.keys() | town.files.keys() if files.get(name) != town.files.get(name)]
            print("accepted:", kind, changed)
        for kind, text in tally.tracebacks[:5]:
            print("traceback:", kind, text)
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
