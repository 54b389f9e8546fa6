"""A result folder on a server that others write to: only the user's own regular files are read, replaced or deleted."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from placement.errors import InputError
from placement.report import folder as module
from placement.report.folder import MANIFEST, check_replaceable, recover_folder, write_folder

OLD = {"plan.json": b"old plan", "actions.csv": b"a,b\r\n"}
NEW = {"plan.json": b"new plan", "report.html": b"<p>"}


@pytest.fixture
def out(tmp_path):
    (tmp_path / "here").mkdir()
    write_folder(tmp_path / "here" / "out", OLD)
    return tmp_path / "here" / "out"


def tree(folder: Path) -> dict[str, object]:
    """Everything below a folder: content of files, targets of links, kinds of the rest."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = path.readlink()
        else:
            found[name] = path.read_bytes() if path.is_file() else path.lstat().st_mode
    return found


def refused(out: Path, match: str) -> None:
    """Both the early check and the writing refuse, and nothing at all changes."""
    before = tree(out.parent.parent)
    for act in (lambda: check_replaceable(out), lambda: write_folder(out, NEW)):
        with pytest.raises(InputError, match=match) as raised:
            act()
        assert len(raised.value.faults) == 1
        assert tree(out.parent.parent) == before


@pytest.mark.parametrize("name", sorted(module.DESKTOP_FILES))
@pytest.mark.parametrize("kind", ["folder", "link", "fifo", "socket"])
def test_what_only_has_the_name_of_a_desktop_file_is_work(out, name, kind):
    place = out / name
    if kind == "folder":
        place.mkdir()
        (place / "thesis.tex").write_bytes(b"precious")
    elif kind == "link":
        (out.parent / "precious").write_bytes(b"precious")
        place.symlink_to(out.parent / "precious")
    elif kind == "fifo":
        os.mkfifo(place)
    else:
        with socket.socket(socket.AF_UNIX) as end:
            before = Path.cwd()
            os.chdir(out)  # the path of a socket is short
            end.bind(name)
            os.chdir(before)
    refused(out, rf"1 file\(s\) placement did not write .*'{name}'")


@pytest.mark.parametrize("kind", ["file", "missing"])
def test_a_planted_lock_link_is_not_followed(out, kind):
    victim = out.parent.parent / "victim"
    if kind == "file":
        victim.write_bytes(b"precious")
    (out.parent / ".out.placement-lock").symlink_to(victim)
    refused(out, "is not a lock of this user's -> move it away")
    assert victim.exists() == (kind == "file")


def test_a_planted_lock_that_blocks_is_not_waited_for(out):
    os.mkfifo(out.parent / ".out.placement-lock")
    refused(out, "is not a lock of this user's")


def test_a_lock_of_somebody_else_is_not_used(out, monkeypatch):
    (out.parent / ".out.placement-lock").write_bytes(b"")
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    refused(out, "is not a lock of this user's")


@pytest.mark.parametrize("role", ["old", "new"])
@pytest.mark.parametrize("kind", ["work", "link", "file", "link inside", "folder inside", "list without a plan"])
def test_what_is_planted_beside_is_neither_adopted_nor_deleted(out, role, kind):
    place = out.parent / f".out.placement-{role}"
    victim = out.parent.parent / "victim"
    write_folder(victim, OLD)
    if kind == "link":
        place.symlink_to(victim)
    elif kind == "file":
        place.write_bytes(b"precious")
    else:
        write_folder(place, OLD)
        if kind == "work":
            (place / "thesis.tex").write_bytes(b"precious")
        elif kind == "link inside":
            (place / "actions.csv").unlink()
            (place / "actions.csv").symlink_to(victim / "actions.csv")
        elif kind == "folder inside":
            (place / "sub").mkdir()
        else:
            (place / MANIFEST).write_text(f"{'0' * 64}  actions.csv\n{'0' * 64}  thesis.tex\n")
    refused(out, "did not write|is a file")
    before = tree(out.parent.parent)
    recover_folder(out)  # a reader's folder is there, whole
    assert tree(out.parent.parent) == before


def test_a_planted_old_folder_does_not_become_the_result(tmp_path):
    planted = tmp_path / ".out.placement-old"
    write_folder(planted, OLD)
    (planted / "plan.json").write_bytes(b"forged")
    for act in (recover_folder, lambda out: write_folder(out, NEW)):
        with pytest.raises(InputError, match=r"changed since: 'plan\.json'"):
            act(tmp_path / "out")
        assert not (tmp_path / "out").exists()
    assert (planted / "plan.json").read_bytes() == b"forged"


def test_an_honest_old_folder_is_put_back(tmp_path):
    write_folder(tmp_path / "out", OLD)
    (tmp_path / "out").rename(tmp_path / ".out.placement-old")
    recover_folder(tmp_path / "out")
    assert (tmp_path / "out" / "plan.json").read_bytes() == b"old plan"


def test_a_folder_of_somebody_else_is_not_replaced(out, monkeypatch):
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    refused(out, "belongs to another user")


def test_a_link_of_somebody_else_is_not_followed(out, monkeypatch):
    link = out.parent / "latest"
    link.symlink_to(out)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    refused(link, "is a link that belongs to somebody else")


def test_a_list_of_digests_alone_does_not_make_a_folder_ours(tmp_path):
    """Somebody who lists the digests of a folder of work has not given it away."""
    work = tmp_path / "here" / "work"
    work.mkdir(parents=True)
    (work / "thesis.tex").write_bytes(b"precious")
    (work / MANIFEST).write_bytes(module._manifest({"plan.json": b"", "thesis.tex": b"precious"}).splitlines()[1])
    refused(work, "thesis.tex")


@pytest.mark.parametrize("exchange", [True, False])
def test_a_file_that_appears_at_the_last_moment_is_kept(out, monkeypatch, exchange):
    real = module._build

    def late(*arguments):
        real(*arguments)
        (out / "thesis.tex").write_bytes(b"precious")

    monkeypatch.setattr(module, "_build", late)
    if not exchange:
        monkeypatch.setattr(module, "_exchange", lambda *_: False)
    with pytest.raises(InputError, match=r"thesis\.tex"):
        write_folder(out, NEW)
    assert (out / "thesis.tex").read_bytes() == b"precious"
    assert (out / "plan.json").read_bytes() == b"old plan"
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_folders_made_above_go_again_where_nothing_is_written(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_build", full)
    with pytest.raises(InputError, match="free some space"):
        write_folder(tmp_path / "a" / "b" / "out", NEW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/", "x\0y", "n" * 300])
def test_a_name_that_is_none(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for act in (check_replaceable, lambda out: write_folder(out, NEW)):
        with pytest.raises(InputError, match="output"):
            act(path)
    assert list(tmp_path.iterdir()) == []
