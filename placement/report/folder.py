"""Writing a result folder so that nobody ever sees half of it.

The new folder is built beside the old one, every file and the folder itself are synced to disk, and old and new change
places in one system call (Linux ``renameat2`` with ``RENAME_EXCHANGE``); what was the old folder is then deleted. A
run killed at any moment leaves the old or the new folder under the name, whole, byte for byte.

Where the system or the file system has no exchange, the old folder is renamed aside and the new one renamed into its
place. A run killed between the two leaves no folder under the name; the next start puts the old one back
(:func:`recover_folder`).

The list of files with their SHA-256 stands in the folder as ``SHA256SUMS`` (``sha256sum -c SHA256SUMS`` checks it). A
folder that holds anything else, or a file changed since, is somebody's work and is not replaced.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from placement.errors import InputError

try:
    import fcntl
except ImportError:  # not a POSIX system: no lock between processes
    fcntl = None  # type: ignore[assignment]

MANIFEST = "SHA256SUMS"
DESKTOP_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""Files that file managers leave in every folder they show; nobody's work."""
LOCK_WAIT_S = 30.0

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NO_EXCHANGE = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EPERM})


def write_folder(path: str | Path, files: Mapping[str, bytes]) -> None:
    """Write a folder that holds exactly `files` and their list, in place of the one that was there.

    Parameters
    ----------
    path
        The folder. It may not exist, be empty, or be one written by this function; its parents are made.
    files
        Content by plain file name.

    Raises
    ------
    InputError
        If the folder holds anything this function did not write or that was changed since, if another run is
        writing to it, or if the disk refuses (full, read-only). The old folder is whole in each case.
    """
    target = Path(path).resolve()
    content = dict(files) | {MANIFEST: manifest(files)}
    with _disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _lock(target):
            _recover(target)
            check_replaceable(target)
            fresh = _beside(target, "new")
            try:
                _build(fresh, content)
                _put_in_place(fresh, target)
            finally:
                _remove(fresh)


def recover_folder(path: str | Path) -> None:
    """Put back the folder of a killed run and delete what such a run left beside it; harmless where there is nothing.

    Raises
    ------
    InputError
        If another run is writing to the folder, or the disk refuses.
    """
    target = Path(path).resolve()
    if any(os.path.lexists(_beside(target, role)) for role in ("new", "old")):
        with _disk_errors(target), _lock(target):
            _recover(target)


def check_replaceable(path: str | Path) -> None:
    """Raise an InputError unless the folder can be written and is missing, empty, or as :func:`write_folder` left it.

    Worth calling before a long run, so that a planner does not wait for a plan that cannot be written.
    """
    folder = Path(path)
    above = next(each for each in folder.resolve().parents if os.path.lexists(each))
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        why = "may not be written to" if above.is_dir() else "is a file"
        raise InputError.single("output", f"{above} {why}", row=str(folder), remedy="choose another folder")
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise InputError.single("output", "is a file, not a folder", row=str(folder), remedy="choose another folder")
    strangers = sorted(_strangers(folder))
    if strangers:
        shown = ", ".join(repr(name) for name in strangers[:5]) + (", ..." if len(strangers) > 5 else "")
        raise InputError.single(
            "output",
            f"the folder holds {len(strangers)} file(s) placement did not write or that were changed since: {shown}",
            row=str(folder),
            remedy="move them away, or choose another folder",
        )


def is_desktop_file(name: str) -> bool:
    """Return whether a file manager left a file in the folder: nobody's work."""
    return name in DESKTOP_FILES


def manifest(files: Mapping[str, bytes]) -> bytes:
    """Return ``SHA256SUMS``: the list of `files`, content by plain file name, as ``sha256sum -c`` reads it."""
    for name in files:
        if name in {"", ".", "..", MANIFEST} or any(sign in name for sign in "/\\\0\n\r"):
            raise InputError.single("output", f"{name!r} is not a plain file name")
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return "".join(lines).encode()


def _strangers(folder: Path) -> Iterator[str]:
    """Yield the names in a folder that are not listed in its manifest with the content they have."""
    listed: dict[str, str] = {}
    with contextlib.suppress(OSError, ValueError):
        lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
        listed = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    for entry in os.scandir(folder):
        if is_desktop_file(entry.name) or (entry.name == MANIFEST and listed):
            continue
        ours = entry.name in listed and entry.is_file(follow_symlinks=False)
        if not ours or hashlib.sha256(Path(entry.path).read_bytes()).hexdigest() != listed[entry.name]:
            yield entry.name


def _beside(target: Path, role: str) -> Path:
    return target.parent / f".{target.name}.placement-{role}"


def _recover(target: Path) -> None:
    aside = _beside(target, "old")
    if os.path.lexists(aside) and not os.path.lexists(target):
        aside.rename(target)
        _sync(target.parent)
    _remove(aside)
    _remove(_beside(target, "new"))


def _build(folder: Path, content: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, data in content.items():
        with (folder / name).open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    _sync(folder)


def _put_in_place(fresh: Path, target: Path) -> None:
    if not os.path.lexists(target):
        fresh.rename(target)
    elif not _exchange(fresh, target):
        aside = _beside(target, "old")
        target.rename(aside)
        try:
            fresh.rename(target)
        except OSError:
            aside.rename(target)
            raise
        _sync(target.parent)
        _remove(aside)
    _sync(target.parent)


def _exchange(first: Path, second: Path) -> bool:
    """Let two folders change places in one call; False where the system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NO_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(second))


def _remove(folder: Path) -> None:
    if os.path.lexists(folder):
        shutil.rmtree(folder)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        remedy = "free some space" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "choose another folder"
        problem = f"cannot be written: {error.strerror or error}; what was there before is unchanged"
        raise InputError.single("output", problem, row=str(target), remedy=remedy) from error


@contextlib.contextmanager
def _lock(target: Path) -> Iterator[None]:
    """Hold the folder's lock file; the system frees it when a process dies, so a stale one cannot block."""
    path = _beside(target, "lock")
    deadline = time.monotonic() + LOCK_WAIT_S
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if _try_lock(descriptor, path):
            break
        os.close(descriptor)
        if time.monotonic() > deadline:
            raise InputError.single("output", "another run is writing to this folder", row=str(target))
        time.sleep(0.02)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _try_lock(descriptor: int, path: Path) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    # The holder before us may have deleted the file after we opened it: then we hold a lock nobody else sees.
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
