"""Writing a result folder so that nobody ever sees half of it, and nothing is lost that somebody else put there.

The new folder is built beside the old one, every file and the folder itself are synced to disk, and old and new change
places in one system call (Linux ``renameat2`` with ``RENAME_EXCHANGE``); what was the old folder is then deleted. A
run killed at any moment leaves the old or the new folder under the name, whole, byte for byte.

Where the system or the file system has no exchange, the old folder is renamed aside and the new one renamed into its
place. A run killed between the two leaves no folder under the name; the next start puts the old one back
(:func:`recover_folder`).

The list of files with their SHA-256 stands in the folder as ``SHA256SUMS`` (``sha256sum -c SHA256SUMS`` checks it). A
folder that holds anything else, or a file changed since, is somebody's work and is not replaced. On a shared server
others may put things where this module looks: only folders and regular files that belong to the user are read,
replaced or deleted, links are never followed below the folder that was named, and everything is reached from one open
folder, whatever happens to its name meanwhile.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from placement.errors import InputError

try:
    import fcntl
except ImportError:  # not a POSIX system: no lock between processes
    fcntl = None  # type: ignore[assignment]

MANIFEST = "SHA256SUMS"
ALWAYS = ("plan.json", "infeasible.json", "answer.json")
"""A list of files without this one is somebody else's: ``sha256sum`` is used for other things too."""
DESKTOP_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""Files that file managers leave in every folder they show; nobody's work."""
LOCK_WAIT_S = 30.0

_RENAME_EXCHANGE = 2
_NO_EXCHANGE = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EPERM})
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MOST_LISTED = 2**20
"""Bytes of a list of files; ours have some hundred."""
_CHUNK = 2**20


def write_folder(path: str | Path, files: Mapping[str, bytes]) -> None:
    """Write a folder that holds exactly `files` and their list, in place of the one that was there.

    Parameters
    ----------
    path
        The folder. It may not exist, be empty, or be one written by this function; its parents are made. A link of
        the user's to such a folder stays, and what it points to is replaced.
    files
        Content by plain file name; ``plan.json``, ``infeasible.json`` or ``answer.json`` is always among them.

    Raises
    ------
    InputError
        If the folder holds anything this function did not write or that was changed since, if it or what stands
        beside it belongs to somebody else, if another run is writing to it, or if the disk refuses (full, read-only).
        The old folder is whole in each case.
    """
    content = {MANIFEST: _manifest(files)} | dict(files)
    target = _resolved(path)
    with _disk_errors(target), _parents(target), _opened(target.parent) as parent, _lock(parent, target):
        _recover(parent, target)
        _check_folder(parent, target.name, target)
        fresh = _beside(target, "new")
        try:
            _build(parent, fresh, content)
            _put_in_place(parent, fresh, target)
        finally:
            # What cannot be deleted now costs no plan; the next run tries again.
            with contextlib.suppress(InputError, OSError):
                _remove(parent, fresh, target)


def recover_folder(path: str | Path) -> None:
    """Put back the folder of a killed run and delete what such a run left beside it; harmless where there is nothing.

    Raises
    ------
    InputError
        If there is no folder under the name, and what stands beside it cannot be put back: it is not ours, another run
        is writing to it, or the disk refuses. Where there is one it is whole, and what stands beside it is in no
        reader's way.
    """
    target = Path(path).resolve()
    if not any(os.path.lexists(target.parent / _beside(target, role)) for role in ("new", "old")):
        return
    try:
        with _disk_errors(target), _opened(target.parent) as parent, _lock(parent, target):
            _recover(parent, target)
    except InputError:
        if not os.path.lexists(target):
            raise


def check_replaceable(path: str | Path) -> None:
    """Raise an InputError unless the folder can be written and is missing, empty, or as :func:`write_folder` left it.

    Worth calling before a long run, so that a planner does not wait for a plan that cannot be written.
    """
    target = _resolved(path)
    above = next(each for each in target.parents if os.path.lexists(each))
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        why = "may not be written to" if above.is_dir() else "is a file"
        raise InputError.single("output", f"{above} {why}", row=str(path), remedy="choose another folder")
    if above == target.parent:
        with _disk_errors(target), _opened(above) as parent:
            for role in ("lock", "new", "old"):
                _check_beside(parent, _beside(target, role), target)
            _check_folder(parent, target.name, target)


def _resolved(path: str | Path) -> Path:
    """Return where a folder is; a link that somebody else planted under its name is not followed."""
    try:
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode) and not _own(found):
            raise _refusal(Path(path), "is a link that belongs to somebody else")
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:  # a name with a null, or longer than the system has them
        raise _refusal(Path(path), f"cannot be a folder: {getattr(error, 'strerror', None) or error}") from error
    target = Path(path).resolve()
    if not target.name:
        raise _refusal(target, "is the root of the file system")
    return target


def _own(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _refusal(target: Path, problem: str, remedy: str = "choose another folder") -> InputError:
    return InputError.single("output", problem, row=str(target), remedy=remedy)


def _manifest(files: Mapping[str, bytes]) -> bytes:
    for name in files:
        if name in {"", ".", "..", MANIFEST} or any(sign in name for sign in "/\\\0\n\r"):
            raise InputError.single("output", f"{name!r} is not a plain file name")
    if not any(name in files for name in ALWAYS):
        raise InputError.single("output", f"{ALWAYS[0]} is missing", remedy="write the plan with its files")
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return "".join(lines).encode()


def _lstat(parent: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _check_folder(parent: int, name: str, target: Path, *, whole: bool = True) -> None:
    """Raise an InputError unless a name is free, or that of a folder of ours without strangers in it.

    Not `whole`: of a folder that a killed run was building or deleting, whose files may be there in part.
    """
    found = _lstat(parent, name)
    if found is None:
        return
    where = target.parent / name
    if not stat.S_ISDIR(found.st_mode):
        raise _refusal(where, "is a file, not a folder")
    if not _own(found):
        raise _refusal(where, "belongs to another user")
    with _opened(name, parent) as folder:
        strangers = sorted(_strangers(folder, whole=whole))
    if strangers:
        shown = ", ".join(repr(each) for each in strangers[:5]) + (", ..." if len(strangers) > 5 else "")
        problem = f"the folder holds {len(strangers)} file(s) placement did not write or that were changed since"
        raise _refusal(where, f"{problem}: {shown}", "move them away, or choose another folder")


def _check_beside(parent: int, name: str, target: Path) -> None:
    """Raise an InputError if what stands beside the folder under a name of ours is not ours."""
    if not name.endswith("lock"):
        _check_folder(parent, name, target, whole=False)
        return
    found = _lstat(parent, name)
    if found is not None and not (stat.S_ISREG(found.st_mode) and _own(found)):
        raise _refusal(target.parent / name, "is not a lock of this user's", "move it away, or choose another folder")


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def _strangers(folder: int, *, whole: bool = True) -> Iterator[str]:
    """Yield the names in a folder that are not regular files of its list, or not (`whole`) with the listed content."""
    listed = _listed(folder)
    for name in _names(folder):
        found = _lstat(folder, name)
        regular = found is not None and stat.S_ISREG(found.st_mode)
        if regular and (name in DESKTOP_FILES or (name == MANIFEST and (listed or not whole))):
            continue
        if not regular or name not in listed or (whole and _digest(folder, name) != listed[name]):
            yield name


def _listed(folder: int) -> dict[str, str]:
    """Return the digest of each file of a folder by its list; nothing where there is no list of ours."""
    with contextlib.suppress(OSError, ValueError):
        descriptor = os.open(MANIFEST, _READ, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as stream:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                lines = stream.read(_MOST_LISTED).decode().splitlines()
                listed = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
                return listed if any(name in listed for name in ALWAYS) else {}
    return {}


def _digest(folder: int, name: str) -> str:
    digest = hashlib.sha256()
    with contextlib.suppress(OSError), os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
        return digest.hexdigest()
    return ""


def _beside(target: Path, role: str) -> str:
    return f".{target.name}.placement-{role}"


def _recover(parent: int, target: Path) -> None:
    aside = _beside(target, "old")
    if _lstat(parent, aside) is not None and _lstat(parent, target.name) is None:
        _check_folder(parent, aside, target)
        os.rename(aside, target.name, src_dir_fd=parent, dst_dir_fd=parent)
        os.fsync(parent)
    _remove(parent, aside, target)
    _remove(parent, _beside(target, "new"), target)


def _build(parent: int, name: str, content: Mapping[str, bytes]) -> None:
    """Write the files of a folder, their list first: what a killed run leaves of it can be told from other work."""
    os.mkdir(name, dir_fd=parent)
    with _opened(name, parent) as folder:
        for file, data in content.items():
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(file, flags, 0o666, dir_fd=folder), "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        os.fsync(folder)


def _put_in_place(parent: int, fresh: str, target: Path) -> None:
    if _lstat(parent, target.name) is None:
        os.rename(fresh, target.name, src_dir_fd=parent, dst_dir_fd=parent)
    elif _exchange(parent, fresh, target.name):
        try:
            _check_folder(parent, fresh, target)
        except InputError:
            # Somebody put a file there between the check and the exchange: it must not be deleted.
            _exchange(parent, fresh, target.name)
            raise
    else:
        _two_renames(parent, fresh, target)
    os.fsync(parent)


def _two_renames(parent: int, fresh: str, target: Path) -> None:
    aside = _beside(target, "old")
    os.rename(target.name, aside, src_dir_fd=parent, dst_dir_fd=parent)
    try:
        _check_folder(parent, aside, target)
        os.rename(fresh, target.name, src_dir_fd=parent, dst_dir_fd=parent)
    except (OSError, InputError):
        os.rename(aside, target.name, src_dir_fd=parent, dst_dir_fd=parent)
        raise
    os.fsync(parent)
    _remove(parent, aside, target)


def _exchange(parent: int, first: str, second: str) -> bool:
    """Let two folders change places in one call; False where the system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    if rename(parent, os.fsencode(first), parent, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NO_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), second)


def _remove(parent: int, name: str, target: Path) -> None:
    """Delete a folder of ours, its list last: a run that is killed here leaves what the next one can delete."""
    if _lstat(parent, name) is None:
        return
    _check_folder(parent, name, target, whole=False)
    with _opened(name, parent) as folder:
        for file in sorted(_names(folder), key=lambda name: name == MANIFEST):
            os.unlink(file, dir_fd=folder)
    os.rmdir(name, dir_fd=parent)


@contextlib.contextmanager
def _opened(path: str | Path, parent: int | None = None) -> Iterator[int]:
    """Hold a folder open."""
    descriptor = os.open(path, _FOLDER, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _parents(target: Path) -> Iterator[None]:
    """Make the folders above; those that were made go again where nothing was written."""
    missing = [each for each in target.parents if not os.path.lexists(each)]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for each in missing:
            with contextlib.suppress(OSError):
                each.rmdir()
        raise


@contextlib.contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        remedy = "free some space" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "choose another folder"
        problem = f"cannot be written: {error.strerror or error}; what was there before is unchanged"
        raise _refusal(target, problem, remedy) from error


@contextlib.contextmanager
def _lock(parent: int, target: Path) -> Iterator[None]:
    """Hold the folder's lock file; the system frees it when a process dies, so a stale one cannot block."""
    name = _beside(target, "lock")
    deadline = time.monotonic() + LOCK_WAIT_S
    while (descriptor := _try_lock(parent, name, target)) is None:
        if time.monotonic() > deadline:
            raise InputError.single("output", "another run is writing to this folder", row=str(target))
        time.sleep(0.02)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=parent)
        os.close(descriptor)


def _try_lock(parent: int, name: str, target: Path) -> int | None:
    """Return the lock file, open and locked; None while another run holds it."""
    _check_beside(parent, name, target)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=parent)
    try:
        if fcntl is None:
            return descriptor
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The holder before us may have deleted the file after we opened it: then we hold a lock nobody else sees.
        found = _lstat(parent, name)
        if found is not None and os.path.samestat(os.fstat(descriptor), found):
            return descriptor
    except BlockingIOError:
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None
