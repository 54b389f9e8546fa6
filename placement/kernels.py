"""How the numeric loops of this package are compiled: the one place that names numba.

Compiled code is kept on disk beside the source or in the user's cache folder. Where neither may be written (a container
without root, a shared installation) it is compiled anew in every process; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba as nb

Function = TypeVar("Function", bound=Callable[..., Any])

_njit: Any = nb.njit


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile for one signature without the interpreter lock; keep the result on disk where a folder can be written.

    One fixed signature with read-only arrays serves read-only and writable input alike: numba would otherwise compile
    the function once for each combination.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the compiled function."""
        result: Callable[..., Any] = _cached(function, signature)
        return result

    return decorate


def kernel(function: Function) -> Function:
    """Compile at the first call, for the types it is called with, without the interpreter lock; keep the result."""
    result: Function = _cached(function)
    return result


def fast_kernel(function: Function) -> Function:
    """Compile as :func:`kernel` does, and let sums of floats be taken in any order: only where a result is a hint."""
    result: Function = _cached(function, fastmath=True)
    return result


def inner(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a part of a compiled function: it is not compiled where the whole comes from the cache."""
    result: Callable[..., Any] = _njit(nogil=True)(function)
    return result


def _cached(function: Any, *signature: Any, **options: Any) -> Any:
    try:
        return _njit(*signature, nogil=True, cache=True, **options)(function)
    except (RuntimeError, OSError):  # numba finds no folder it may write its cache to
        return _njit(*signature, nogil=True, **options)(function)
