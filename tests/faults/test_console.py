"""What a console may be given, and how a command ends that cannot go on: one line, an object, a documented code."""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from placement import console
from placement.cli import main
from placement.errors import Fault, InputError
from placement.printing import PrintableFormatter, held, json_text, printable
from placement.progress import CHECK, READING, Progress, progress_bar
from placement.report import write as writing
from placement.toy import write_study
from tests.conftest import REPOSITORY

NASTY = "\x1b[31mred\x07 \u202etxt.exe \u200bzero \x9b2J \x7f \ufeff \U000e0041"
"""A colour, a bell, a reversed name, a sign without width, an 8-bit control sequence, a tag."""


def seen_as_itself(text: str) -> bool:
    return all(sign == "\n" or unicodedata.category(sign)[0] not in "C" for sign in text) and "\u2028" not in text


def call(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("console") / "study", seed=5)


@given(st.text(st.characters()))
def test_what_is_printable_is_seen_as_itself_and_nothing_is_lost(text):
    shown = printable(text)
    assert seen_as_itself(shown)
    assert "\n" not in shown
    if "\\" not in text:
        # "backslashreplace" writes signs beyond ASCII in the escapes that were used here.
        assert shown.encode("ascii", "backslashreplace").decode("unicode_escape") == text
    assert seen_as_itself(printable(text, lines=True))
    assert printable(shown) == shown


@given(st.dictionaries(st.text(st.characters()), st.text(st.characters()) | st.floats()))
def test_json_is_printable_valid_and_the_same(record):
    for encoding in ("utf-8", "ascii", "gbk", "utf-16", "no such encoding"):
        text = json_text(record, encoding=encoding)
        assert seen_as_itself(text)
        assert held(text, encoding) == text
        back = json.loads(text, parse_constant=pytest.fail)
        finite = {k: None if isinstance(v, float) and (v - v) != 0 else v for k, v in record.items()}
        # Two halves of a pair that stand beside each other are one sign in JSON.
        joined = json.loads(json.dumps(finite))
        assert back == joined


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_json_has_no_number_that_is_none(value):
    text = json_text({"a": value, "b": [value, {"c": (value, 1.5)}]})
    assert json.loads(text, parse_constant=pytest.fail) == {"a": None, "b": [None, {"c": [None, 1.5]}]}


def test_a_fault_shows_what_is_wrong_in_one_line():
    fault = Fault(table="stations\n", row="S1\x1b[2J", problem=f"host is {NASTY}", remedy="mend\r it")
    assert seen_as_itself(str(fault))
    assert "\n" not in str(fault)
    assert r"S1\x1b[2J" in str(fault)
    assert str(InputError([fault, fault])).count("\n") == 2
    assert fault.row == "S1\x1b[2J"


def test_a_log_line_is_one_line():
    record = logging.LogRecord("x", logging.INFO, "f", 1, f"read {NASTY}\nplacement: proven", None, None)
    line = PrintableFormatter("%(message)s").format(record)
    assert seen_as_itself(line)
    assert "\n" not in line


@pytest.mark.parametrize("command", [["check"], ["verify"], ["compare", "x"], ["recommend", "--out", "y"]])
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_nasty_path_is_shown_escaped(tmp_path, command, options):
    done = call(*command, tmp_path / NASTY, *options)
    assert done.exit_code == 2
    assert seen_as_itself(done.stdout)
    assert seen_as_itself(done.stderr)
    if options:
        assert json.loads(done.stdout)["exit_code"] == 2


def test_wrong_usage_is_shown_escaped():
    for arguments in (["check", f"--{NASTY}"], [NASTY], ["recommend", "s", "--out", "o", "--gap", NASTY]):
        done = call(*arguments)
        assert done.exit_code == 2
        assert seen_as_itself(done.output)
        assert r"\x1b[31m" in done.output


def test_nasty_names_in_the_tables_are_shown_escaped(tmp_path):
    path = write_study(tmp_path / "study", seed=5)
    text = path.read_text(encoding="utf-8").replace('name = "Toy town"', r'name = "Toy \u001b[31m\u202e\nplacement: x"')
    path.write_text(text, encoding="utf-8")
    stations = path.parent / "stations.csv"
    lines = stations.read_text(encoding="utf-8").splitlines()
    name = lines[0].split(",").index("name")
    cells = lines[1].split(",")
    cells[name] = "Bank \u202e\u200b\x9b2J"
    stations.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n", encoding="utf-8")
    for command in (["check", path], ["recommend", path, "--out", tmp_path / "out"]):
        for options in ([], ["--json"]):
            done = call(*command, *options)
            assert seen_as_itself(done.stdout)
            assert seen_as_itself(done.stderr)
            assert "\nplacement: x" not in done.stdout


DEFECTS = {
    "KeyError": (KeyError("x\x1b[2J\nplacement: proven"), "a defect of placement: KeyError:"),
    "empty": (AssertionError(), "a defect of placement: AssertionError:"),
    "Recursion": (RecursionError("maximum recursion depth exceeded"), "a defect of placement: RecursionError:"),
    "Memory": (MemoryError("Unable to allocate 7 EiB"), "there is not enough memory (Unable to allocate 7 EiB at "),
    "disk": (
        OSError(errno.ENOSPC, "No space left on device", "/a/\x1bb"),
        "the system refuses: No space left on device",
    ),
    "files": (OSError(errno.EMFILE, "Too many open files"), "the system refuses: Too many open files"),
    "permission": (PermissionError(errno.EACCES, "Permission denied", "/x"), "the system refuses: Permission denied"),
    "encode": (
        UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range"),
        "a defect of placement: UnicodeEncodeError",
    ),
    "import": (ImportError("no module named nothing"), "a defect of placement: ImportError: no module named nothing"),
    "group": (ExceptionGroup("two", [ValueError("a"), ValueError("b")]), "a defect of placement: ExceptionGroup"),
}


@pytest.mark.parametrize("name", DEFECTS)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_defect_is_one_line_and_exit_1(study, monkeypatch, name, options):
    error, begins = DEFECTS[name]

    def failing(*_arguments, **_options):
        raise error

    monkeypatch.setattr("placement.pipeline.prepare.prepare_inputs", failing)
    done = call("check", study, *options)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"placement: {begins}")
    assert done.stderr.count("\n") == 1
    assert "please report it" in done.stderr
    assert "Traceback" not in done.output
    assert seen_as_itself(done.stderr)
    if options:
        record = json.loads(done.stdout)
        assert (record["exit_code"], record["faults"], record["constraints"]) == (1, [], [])
    else:
        assert done.stdout == ""


def test_a_defect_names_its_place_and_debug_shows_all(study, tmp_path):
    code = (
        "import placement.coverage as c\n"
        "def broken(*a, **k): raise ZeroDivisionError('by zero')\n"
        "c.cover = broken\n"
        "from placement.cli import main; main()\n"
    )
    command = [
        sys.executable,
        "-c",
        code,
        "--log-level",
        "debug",
        "recommend",
        str(study),
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search(
        r"^placement: a defect of placement: ZeroDivisionError: by zero \(study_case\.py:\d+ in prepare",
        done.stderr,
        re.M,
    )
    assert "Traceback (most recent call last)" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_import_that_is_interrupted_is_an_interrupt(study, monkeypatch):
    def failing(*_arguments, **_options):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise ImportError("cannot load") from error

    monkeypatch.setattr("placement.pipeline.prepare.prepare_inputs", failing)
    done = call("check", study)
    assert (done.exit_code, done.stderr) == (130, "placement: interrupted\n")


def on(stream, arguments, monkeypatch):
    """Run the command line with a stream as stdout; return its exit code and what it says on stderr."""
    complaints = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        patch.setattr(sys, "stderr", complaints)
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
    return ended.value.code, complaints.buffer.getvalue().decode()


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "cp1252", "latin-1", "utf-8", "utf-16"])
def test_a_console_that_cannot_print_a_name(tmp_path, encoding, monkeypatch):
    path = write_study(tmp_path / "study", seed=5)
    text = path.read_text(encoding="utf-8").replace('name = "Toy town"', 'name = "Zürich 便民 😀"')
    path.write_text(text, encoding="utf-8")
    for options in ([], ["--json"]):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        assert on(stream, ["check", path, *options], monkeypatch) == (0, "")
        said = stream.buffer.getvalue().decode(encoding)
        if options:
            assert json.loads(said)["study"] == "Zürich 便民 😀"
        else:
            assert said.splitlines()[0] == held("Zürich 便民 😀: the inputs are in order", encoding)


def test_a_process_with_an_ascii_console(tmp_path):
    command = [sys.executable, "-m", "placement", "check", str(tmp_path / "nö\x1b")]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False, env=environment)
    assert done.returncode == 2
    assert rb"n\xf6\x1b: cannot be read" in done.stderr


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_nobody_reads_the_output(study, options, monkeypatch):
    read, write = os.pipe()
    os.close(read)
    with open(write, "w", encoding="utf-8") as pipe:  # noqa: PTH123 -- a descriptor
        assert on(pipe, ["check", study, *options], monkeypatch) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("arguments", [["check"], ["check", "--json"], ["--help"]])
def test_an_output_that_is_full(study, arguments, monkeypatch):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        code, said = on(full, [*arguments, study] if "check" in arguments else arguments, monkeypatch)
    assert (code, said) == (1, "placement: the output could not be printed: [Errno 28] No space left on device\n")


@pytest.mark.parametrize("arguments", [["check"], ["--help"]])
def test_no_output_at_all(study, arguments, monkeypatch):
    assert on(None, [*arguments, study] if "check" in arguments else arguments, monkeypatch) == (0, "")


def test_a_complaint_that_nobody_can_be_told(monkeypatch, study):
    class Full:
        encoding = "utf-8"

        def write(self, _text):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    assert console.complain("x", 2) == 2
    monkeypatch.setattr(sys, "stderr", None)
    assert console.complain("x", 2) == 2
    with progress_bar() as bar:
        Progress(bar, CHECK).stage(READING)


def test_drawing_ends_no_run(study, tmp_path, monkeypatch):
    def failing(*_arguments, **_options):
        raise MemoryError("for a picture")

    monkeypatch.setattr("placement.report.html.plan_map", failing)
    done = call("recommend", study, "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert done.stderr == ""
    assert done.stdout.endswith("\nthe map could not be drawn: for a picture\n")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<p>The map could not be drawn: for a picture</p>" in page
    record = json.loads(call("recommend", study, "--out", tmp_path / "out", "--json").stdout)
    assert record["remarks"][-1] == "the map could not be drawn: for a picture"
    assert (record["status"], "remarks" in json.loads((tmp_path / "out" / "plan.json").read_bytes())) == (
        "optimal",
        False,
    )


def test_a_report_that_cannot_be_made_ends_no_run(study, tmp_path, monkeypatch):
    def failing(*_arguments, **_options):
        raise RecursionError("too deep")

    monkeypatch.setattr("placement.report.html.view.figures", failing)
    done = call("recommend", study, "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert done.stdout.endswith("\nreport.html could not be written: too deep\n")
    assert "report.html" not in {path.name for path in (tmp_path / "out").iterdir()}
    assert "report.html" not in (tmp_path / "out" / "SHA256SUMS").read_text()
    assert "plan.json" in (tmp_path / "out" / "SHA256SUMS").read_text()


def test_the_plan_is_whole_before_anything_is_drawn(study, tmp_path):
    """The interpreter dies while the map is drawn, as native code may let it."""
    code = (
        "import os, placement.report.html as html\n"
        "html.plan_map = lambda **_: os.abort()\n"
        "from placement.cli import main; main()\n"
    )
    command = [sys.executable, "-c", code, "recommend", str(study), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
    assert done.returncode < 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= {"plan.json", "actions.csv", "actions.geojson", "certificate.npz", "SHA256SUMS"}
    assert "report.html" not in names
    again = call("recommend", study, "--out", tmp_path / "out")
    assert again.exit_code == 0
    assert "report.html" in {path.name for path in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_plan_that_cannot_be_written_is_printed(study, tmp_path, monkeypatch, options):
    def full(*_arguments):
        raise InputError.single("output", "cannot be written: No space left on device", remedy="free some space")

    monkeypatch.setattr(writing, "write_folder", full)
    done = call("recommend", study, "--out", tmp_path / "out", *options)
    assert done.exit_code == 2
    assert "No space left on device -> free some space" in done.stderr
    if options:
        record = json.loads(done.stdout)
        assert (record["exit_code"], record["plan"]["status"]) == (2, "optimal")
    else:
        assert "proven: no plan does better" in done.stdout
        assert "written to" not in done.stdout


def test_an_output_that_holds_the_inputs_is_refused(study, tmp_path):
    done = call("recommend", study, "--out", study.parent)
    assert done.exit_code == 2
    assert "placement did not write" in done.stderr
    first = tmp_path / "first"
    assert call("recommend", study, "--out", first, "--quiet").exit_code == 0
    # A study that reads what an earlier run wrote must not replace it.
    later = write_study(tmp_path / "later", seed=5)
    text = later.read_text(encoding="utf-8")
    later.write_text(text.replace('"stations.csv"', '"../first/actions.csv"'), encoding="utf-8")
    with pytest.raises(InputError, match="the folder holds what the study is read from"):
        writing.check_output(_loaded(later), first)
    writing.check_output(_loaded(later), tmp_path / "later" / "out")


def _loaded(path):
    from placement.study import read_study

    return read_study(path, allow_outside=True)
