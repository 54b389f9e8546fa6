"""When a run has to stop: at a time, or when somebody presses Ctrl-C.

The stages look at it between two slices of their work; see :mod:`placement.interrupts` for what Ctrl-C does.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from placement.clock import now_s
from placement.interrupts import Interrupt


class Deadline:
    """A moment at which to stop, and an interrupt that brings it forward; it can be called off too.

    Parameters
    ----------
    ends
        ``placement.clock.now_s()`` of the moment.
    interrupt
        Passes the deadline at once when asked; None: nothing does.
    whole
        The deadline this one is part of: it passes no later than that one.
    reserve_s
        Returns the seconds before `ends` that are needed for what comes after; None: nothing does.

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

    def __init__(
        self,
        ends: float,
        interrupt: Interrupt | None = None,
        whole: Deadline | None = None,
        *,
        reserve_s: Callable[[], float] | None = None,
    ) -> None:
        self._ends, self._interrupt, self._whole, self._reserve_s = ends, interrupt, whole, reserve_s
        self._called_off = False

    @classmethod
    def after(cls, seconds: float, interrupt: Interrupt | None = None) -> Deadline:
        """Return the deadline so many seconds from now."""
        return cls(now_s() + seconds, interrupt)

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
        return 0.0 if self.asked else max(0.0, self.ends_at() - now_s())

    def ends_at(self) -> float:
        """Return ``placement.clock.now_s()`` of the moment, as things stand now."""
        ends = self._ends if self._reserve_s is None else self._ends - self._reserve_s()
        return ends if self._whole is None else min(ends, self._whole.ends_at())

    def passed(self, *, margin_s: float = 0.0) -> bool:
        """Return whether the moment is less than `margin_s` away."""
        return self.left_s() <= margin_s

    def within(self, seconds: float) -> Deadline:
        """Return the sooner of this and `seconds` from now."""
        return Deadline(now_s() + seconds, self._interrupt, self)

    def leaving(self, reserve_s: Callable[[], float]) -> Deadline:
        """Return a deadline that passes so many seconds before this one; how many is asked at every look."""
        return Deadline(self._ends, self._interrupt, self, reserve_s=reserve_s)


NEVER = Deadline(math.inf)
"""The deadline of what takes as long as it takes."""
