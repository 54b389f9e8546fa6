"""How the numeric loops of this package are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba as nb


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile for one signature without the interpreter lock; keep the result on disk where a folder can be written.

    One fixed signature with read-only arrays serves read-only and writable input alike: numba would otherwise compile
    the function once for each combination.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the compiled function."""
        try:
            result: Callable[..., Any] = nb.njit(signature, nogil=True, cache=True)(function)
        except (RuntimeError, OSError):  # numba finds no folder it may write its cache to
            result = nb.njit(signature, nogil=True)(function)
        return result

    return decorate


def inner(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a part of a compiled function: it is not compiled where the whole comes from the cache."""
    result: Callable[..., Any] = nb.njit(nogil=True)(function)
    return result
