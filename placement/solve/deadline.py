"""When a run has to stop: at a time, or when somebody presses Ctrl-C.

A solver that is torn out of its work takes the best plan so far with it. :func:`hold_interrupts` therefore turns the
first Ctrl-C into a wish that the stages ask for wherever they look at the clock; the second ends at once, as always.
Python runs signal handlers in the main thread between two of its own steps, so that long work outside Python (kernels,
HiGHS) is cut into slices or run in a thread of its own.
"""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Protocol


class Wish(Protocol):
    """What somebody may ask of a run while it works."""

    @property
    def asked(self) -> bool:
        """Whether somebody asked for a stop."""
        ...


class Interrupt:
    """The handler of Ctrl-C while interrupts are held.

    Parameters
    ----------
    holding
        Whether the first Ctrl-C is only noted; else it raises ``KeyboardInterrupt``.
    tell
        Called when it is noted; must be safe in a signal handler.
    """

    def __init__(self, *, holding: bool = True, tell: Callable[[], None] | None = None) -> None:
        self.holding = holding
        self._tell = tell
        self._asked = threading.Event()

    @property
    def asked(self) -> bool:
        """Whether somebody asked for a stop."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Ask for a stop."""
        self._asked.set()

    def __call__(self, _number: int, _frame: Any) -> None:
        """Note the first Ctrl-C; raise ``KeyboardInterrupt`` at the second, or where nothing is held."""
        if not self.holding or self.asked:
            raise KeyboardInterrupt
        self.ask()
        if self._tell is not None:
            self._tell()


@contextmanager
def hold_interrupts(*, at_once: bool = True, tell: Callable[[], None] | None = None) -> Iterator[Interrupt]:
    """Hold Ctrl-C within the block; what was there before is put back after it.

    Blocks may be nested: an inner one uses the handler of the outer one, which then holds until the outer block ends.
    Only the default handler is replaced, and only in the main thread; elsewhere, and where a program has a handler of
    its own or ignores Ctrl-C, nothing is ever asked for.

    Parameters
    ----------
    at_once
        Whether to hold from now on; else only once an inner block does, that is, once there may be a plan to lose.
    tell
        Called when a Ctrl-C is noted, e.g. to say that the run is about to stop.
    """
    present = signal.getsignal(signal.SIGINT)
    if isinstance(present, Interrupt):
        present.holding = present.holding or at_once
        yield present
        return
    interrupt = Interrupt(holding=at_once, tell=tell)
    if present is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, present)


class Deadline:
    """A moment at which to stop, and an interrupt that brings it forward; it can be called off too.

    Parameters
    ----------
    ends
        ``time.perf_counter()`` of the moment.
    interrupt
        Passes the deadline at once when asked; None: nothing does.
    whole
        The deadline this one is part of: it passes when that one is called off.

    Examples
    --------
    >>> interrupt = Interrupt()
    >>> deadline = Deadline.after(60.0, interrupt)
    >>> deadline.passed()
    False
    >>> interrupt.ask()
    >>> deadline.passed(), deadline.left_s()
    (True, 0.0)
    """

    def __init__(self, ends: float, interrupt: Interrupt | None = None, whole: Deadline | None = None) -> None:
        self._ends, self._interrupt, self._whole = ends, interrupt, whole
        self._called_off = False

    @classmethod
    def after(cls, seconds: float, interrupt: Interrupt | None = None) -> Deadline:
        """Return the deadline so many seconds from now."""
        return cls(perf_counter() + seconds, interrupt)

    @property
    def interrupted(self) -> bool:
        """Whether somebody asked for a stop."""
        return self._interrupt is not None and self._interrupt.asked

    @property
    def asked(self) -> bool:
        """Whether somebody asked for a stop, or called this deadline off or one that it is part of."""
        return self._called_off or self.interrupted or (self._whole is not None and self._whole.asked)

    def call_off(self) -> None:
        """Let this deadline, and all that were made from it, pass now."""
        self._called_off = True

    def left_s(self) -> float:
        """Return the seconds left, 0 or more."""
        return 0.0 if self.asked else max(0.0, self._ends - perf_counter())

    def passed(self, *, margin_s: float = 0.0) -> bool:
        """Return whether the moment is less than `margin_s` away."""
        return self.left_s() <= margin_s

    def within(self, seconds: float) -> Deadline:
        """Return the sooner of this and `seconds` from now."""
        return Deadline(min(self._ends, perf_counter() + seconds), self._interrupt, self)


NEVER = Deadline(math.inf)
"""The deadline of what takes as long as it takes."""
