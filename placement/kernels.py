"""How the numeric loops of this package are compiled: the one place that names numba.

Compiled code is kept on disk beside the source or in the user's cache folder. Where neither may be written (a container
without root, a shared installation), where the disk is full, or where what is kept is damaged, it is compiled anew in
every process; nothing else changes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import numba as nb

_LOG = logging.getLogger(__name__)

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
    dispatcher = _njit(nogil=True, **options)(function)
    if dispatcher is function:  # NUMBA_DISABLE_JIT
        return function
    try:
        dispatcher.enable_caching()
        _forgive(dispatcher._cache)  # noqa: SLF001 -- numba has no other way to it
    except (RuntimeError, OSError) as error:  # numba finds no folder it may write to
        _LOG.info("what is compiled is not kept: %s", error)
    if signature:
        dispatcher.compile(*signature)
        dispatcher.disable_compile()
    return dispatcher


def _forgive(cache: Any) -> None:
    """Let what goes wrong with a cache cost time only."""
    load, save = cache.load_overload, cache.save_overload

    def load_overload(*arguments: Any) -> Any:
        """Return what was compiled for a signature; None where there is nothing, or it cannot be read."""
        try:
            return load(*arguments)
        except Exception as error:  # noqa: BLE001 -- a damaged file may raise whatever unpickling does
            _LOG.info("%s is compiled again: %s", cache, error)
            return None

    def save_overload(*arguments: Any) -> None:
        """Keep what was compiled for a signature, if the disk takes it."""
        try:
            save(*arguments)
        except Exception as error:  # noqa: BLE001 -- an index is read before it is written
            _LOG.info("%s is not kept: %s", cache, error)

    cache.load_overload, cache.save_overload = load_overload, save_overload
