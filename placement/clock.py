"""The clock of time limits: it stands still while something is compiled, which is owed once and by no run."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from time import perf_counter


class _Clock:
    """Seconds that pass unless somebody holds the clock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._state: tuple[float, float | None] = (0.0, None)
        """Seconds it stood still before, and since when it stands still now; one value, so that it changes at once."""

    def now_s(self) -> float:
        """Return the seconds on the clock."""
        stood, since = self._state
        return (perf_counter() if since is None else since) - stood

    def stood_s(self) -> float:
        """Return the seconds it stood still so far."""
        stood, since = self._state
        return stood if since is None else stood + perf_counter() - since

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Stand still."""
        with self._lock:
            stood, since = self._state
            if since is not None:  # held by this thread already
                yield
                return
            begun = perf_counter()
            self._state = (stood, begun)
            try:
                yield
            finally:
                self._state = (stood + perf_counter() - begun, None)


_CLOCK = _Clock()


def now_s() -> float:
    """Return the seconds since some moment, those aside in which something was compiled on any thread.

    Examples
    --------
    >>> begun = now_s()
    >>> with held_clock():
    ...     stands = now_s() == now_s()
    >>> stands, now_s() >= begun
    (True, True)
    """
    return _CLOCK.now_s()


def stood_s() -> float:
    """Return the seconds for which the clock stood still so far: what was spent on compiling."""
    return _CLOCK.stood_s()


def held_clock() -> contextlib.AbstractContextManager[None]:
    """Return a context in which the clock stands still; one thread at a time, others wait."""
    return _CLOCK.held()
