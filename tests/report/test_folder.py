import ctypes
import errno
import fcntl
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from placement.errors import InputError
from placement.report import folder as module
from placement.report.folder import MANIFEST, check_replaceable, recover_folder, write_folder
from tests.there import there

OLD = {"plan.json": b"old plan", "actions.csv": b"a,b\r\n"}
NEW = {"plan.json": b"new plan", "report.html": b"<p>"}
ROOT = Path(__file__).parents[2]


def content(folder):
    """Every file of a folder but the list of files."""
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name != MANIFEST}


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def out(tmp_path):
    write_folder(tmp_path / "out", OLD)
    return tmp_path / "out"


def test_a_new_folder_holds_the_files_and_their_list(tmp_path):
    folder = tmp_path / "deep" / "er" / "out"
    write_folder(folder, OLD)
    assert content(folder) == OLD
    lines = [f"{hashlib.sha256(OLD[name]).hexdigest()}  {name}\n" for name in ("actions.csv", "plan.json")]
    assert (folder / MANIFEST).read_text() == "".join(lines)
    assert names(folder.parent) == ["out"]


def test_the_list_is_one_that_sha256sum_reads(out):
    if shutil.which("sha256sum") is None:
        pytest.skip("sha256sum is not installed")
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", MANIFEST], cwd=out, check=True)


def test_files_of_the_old_folder_do_not_stay(out):
    write_folder(out, NEW)
    assert content(out) == NEW
    assert names(out.parent) == ["out"]


def test_without_exchange_the_result_is_the_same(out, monkeypatch):
    monkeypatch.setattr(module, "_exchange", lambda *_: False)
    write_folder(out, NEW)
    assert content(out) == NEW
    assert names(out.parent) == ["out"]


class Library:
    """A C library whose renameat2 fails with one error."""

    def __init__(self, code):
        self.code = code

    def renameat2(self, *_arguments):
        ctypes.set_errno(self.code)
        return -1


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS, errno.EPERM])
def test_a_file_system_that_cannot_exchange_gets_two_renames(out, monkeypatch, code):
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Library(code))
    write_folder(out, NEW)
    assert content(out) == NEW
    assert names(out.parent) == ["out"]


def test_a_system_without_the_call_gets_two_renames(out, monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    write_folder(out, NEW)
    assert content(out) == NEW


def test_another_failure_of_the_exchange_leaves_the_old_folder(out, monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Library(errno.EIO))
    with pytest.raises(InputError, match="cannot be written"):
        write_folder(out, NEW)
    assert content(out) == OLD
    assert names(out.parent) == ["out"]


def test_an_empty_folder_and_desktop_files_are_no_obstacle(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    write_folder(folder, OLD)
    (folder / ".DS_Store").write_bytes(b"finder")
    write_folder(folder, NEW)
    assert content(folder) == NEW


def refused(folder, match):
    before = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=match) as raised:
        write_folder(folder, NEW)
    assert len(raised.value.faults) == 1
    assert before == {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert names(folder.parent) == [folder.name]


def test_a_folder_with_other_files_is_not_replaced(out):
    (out / "minutes of the meeting.docx").write_bytes(b"precious")
    refused(out, r"1 file\(s\) .* 'minutes of the meeting.docx'")


def test_a_file_that_was_changed_is_not_replaced(out):
    (out / "actions.csv").write_bytes(b"a,b,my remarks\r\n")
    refused(out, r"'actions\.csv'")


def test_a_folder_inside_or_a_link_is_not_replaced(out):
    (out / "sub").mkdir()
    (out / "plan.json").rename(out.parent / "elsewhere")
    (out / "plan.json").symlink_to(out.parent / "elsewhere")
    with pytest.raises(InputError, match=r"2 file\(s\).*'plan\.json', 'sub'"):
        write_folder(out, NEW)
    assert (out.parent / "elsewhere").read_bytes() == OLD["plan.json"]


def test_somebody_elses_folder_is_not_replaced_even_with_a_list(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "thesis.tex").write_bytes(b"precious")
    refused(folder, "thesis")
    (folder / MANIFEST).write_bytes(b"\xff no list")
    refused(folder, "2 file")


def test_a_file_under_the_name_is_not_replaced(tmp_path):
    (tmp_path / "out").write_bytes(b"precious")
    with pytest.raises(InputError, match="is a file, not a folder"):
        write_folder(tmp_path / "out", NEW)
    assert (tmp_path / "out").read_bytes() == b"precious"


def test_a_link_to_a_folder_is_followed(out):
    link = out.parent / "latest"
    link.symlink_to(out, target_is_directory=True)
    write_folder(link, NEW)
    assert link.is_symlink()
    assert content(out) == NEW


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "a\nb", MANIFEST])
def test_only_plain_file_names_are_written(tmp_path, name):
    with pytest.raises(InputError, match="is not a plain file name"):
        write_folder(tmp_path / "out", {name: b""})
    assert names(tmp_path) == []


def test_the_check_can_be_made_before_a_long_run(out):
    check_replaceable(out)
    check_replaceable(out.parent / "missing")
    (out / "stranger").write_bytes(b"")
    with pytest.raises(InputError, match="stranger"):
        check_replaceable(out)


def test_a_full_disk_leaves_the_old_folder_whole(out, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"No space left on device.*free some space"):
        write_folder(out, NEW)
    monkeypatch.undo()
    assert content(out) == OLD
    assert names(out.parent) == ["out"]


def test_a_disk_that_ends_within_a_file_leaves_the_old_folder_whole(out):
    process = os.fork()
    if process == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            write_folder(out, NEW | {"big": b"x" * 1_000_000})
        except InputError:
            os._exit(7)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    assert content(out) == OLD
    assert names(out.parent) == ["out"]


def test_a_failing_second_rename_puts_the_old_folder_back(out, monkeypatch):
    rename = os.rename

    def failing(source, target, **folders):
        if source.endswith("placement-new"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rename(source, target, **folders)

    monkeypatch.setattr(module, "_exchange", lambda *_: False)
    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(InputError, match="cannot be written"):
        write_folder(out, NEW)
    assert content(out) == OLD
    assert names(out.parent) == ["out"]


def test_another_run_is_waited_for_and_then_reported(out, monkeypatch):
    monkeypatch.setattr(module, "LOCK_WAIT_S", 0.05)
    lock = out.parent / ".out.placement-lock"
    with lock.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another run is writing"):
            write_folder(out, NEW)
        assert content(out) == OLD
    write_folder(out, NEW)
    assert names(out.parent) == ["out"]


def test_recovering_where_nothing_happened_changes_nothing(out):
    recover_folder(out)
    recover_folder(out.parent / "missing")
    assert content(out) == OLD
    assert names(out.parent) == ["out"]


def whole(listing, manifest_of):
    return sorted(listing) == sorted([*manifest_of, MANIFEST])


@pytest.mark.parametrize("mode", ["exchange", "aside"])
def test_killed_at_each_call_the_old_or_the_new_folder_is_whole(out, mode):
    shutil.copytree(out, out.parent / "backup")
    command = [sys.executable, Path(__file__).with_name("killed_at_each_call.py"), out, mode]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    old = lines[0]["found"]
    new = lines[-1]["found"]
    assert whole(old, OLD)
    assert sorted(new) == [MANIFEST, "added.csv", "plan.json", "report.html"]
    assert len(lines) > 15
    for line in lines:
        if mode == "exchange":
            assert line["found"] in (old, new), line["name"]
        else:
            assert line["found"] in (old, new, None), line["name"]
        assert line["recovered"] in (old, new), line["name"]
        assert line["rewritten"] == new
        assert line["litter"] == []
    assert {"mkdir", "fsync", "exchange", "rmdir", "end"} <= {line["name"] for line in lines}
    if mode == "aside":
        assert any(line["found"] is None for line in lines)


LOOP = """
import sys
from tests.report.load_folder import module
names = ["plan.json", *(f"f{k}" for k in range(5))]
files = [dict.fromkeys(names, bytes([65 + v]) * 300_000) for v in (0, 1)]
print("started", flush=True)
while True:
    for content in files:
        module.write_folder(sys.argv[1], content)
"""


def test_killed_at_random_the_folder_is_one_of_the_two(tmp_path):
    folder = tmp_path / "out"
    generator = random.Random(11)
    found = 0
    for _ in range(12):
        with subprocess.Popen([sys.executable, "-c", LOOP, folder], cwd=ROOT, stdout=subprocess.PIPE) as process:
            there(process.stdout).readline()
            time.sleep(generator.uniform(0.02, 0.12))
            process.kill()
        if folder.exists():
            found += 1
            letters = set(content(folder).values())
            assert len(content(folder)) == 6
            assert letters in ({b"A" * 300_000}, {b"B" * 300_000})
    assert found > 6
    write_folder(folder, NEW)
    assert content(folder) == NEW
    assert names(tmp_path) == ["out"]


def test_two_runs_at_once_both_end_whole(tmp_path):
    program = (
        "import sys; from tests.report.load_folder import module\n"
        "files = dict.fromkeys(('a', 'b', 'plan.json'), sys.argv[2].encode() * 1000)\n"
        "for _ in range(25): module.write_folder(sys.argv[1], files)"
    )
    folder = tmp_path / "out"
    runs = [subprocess.Popen([sys.executable, "-c", program, folder, letter], cwd=ROOT) for letter in "AB"]
    assert [run.wait() for run in runs] == [0, 0]
    assert len(set(content(folder).values())) == 1
    assert sorted(content(folder)) == ["a", "b", "plan.json"]
    assert names(tmp_path) == ["out"]
