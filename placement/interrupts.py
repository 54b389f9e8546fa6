"""What Ctrl-C asks of a run, and when it is listened to.

A solver that is torn out of its work takes the best plan so far with it. :func:`hold_interrupts` therefore turns the
first Ctrl-C into a wish that the stages ask for wherever they look at the clock; the second ends at once, as always.
Python runs signal handlers in the main thread between two of its own steps, so that long work outside Python (kernels,
HiGHS) is cut into slices or run in a thread of its own.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
