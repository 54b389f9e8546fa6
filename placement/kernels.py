"""How the numeric loops of this package are compiled: the one place that names numba.

A *kernel* is called from Python. Its annotations are its signature, the only one it is compiled for: `Longs` and the
like are contiguous arrays that are only read, `OutLongs` and the like are written to, a class of named tuples stands
for its fields. Where an array is only read, one that may be written to does as well; anything else is a `TypeError`.
An *inner* function is a part of kernels and is compiled into each of them, for the types it meets there.

A kernel is compiled at its first call, or by :func:`warm`; no time limit pays for it (:mod:`placement.clock`). It is
kept on disk, beside the source or in the user's cache folder, under a digest of all that it was made from, functions
and constants of other modules included: nothing stale can run, and what it replaces goes. Where neither folder may be
written to (a container without root, a shared installation), where the disk is full, or where what is kept is damaged,
it is compiled anew in every process; nothing else changes.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Annotated, Any, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import numba as nb
import numpy as np
from numba import types
from numba.core import caching
from numba.extending import typeof_impl
from numpy.typing import NDArray

from placement.clock import held_clock

_LOG = logging.getLogger(__name__)

_njit: Any = nb.njit
_from_types: Any = types.BaseTuple.from_types

_WHOLE = {"nogil": True, "no_cfunc_wrapper": True}
_PART = {**_WHOLE, "no_cpython_wrapper": True}
"""A part is not called from Python; what would make that possible is a third of what there is to compile."""

Function = TypeVar("Function", bound=Callable[..., Any])
Record = TypeVar("Record", bound=tuple[Any, ...])


def _read(dtype: Any, dimensions: int = 1) -> Any:
    return types.Array(dtype, dimensions, "C", readonly=True)


def _written(dtype: Any, dimensions: int = 1) -> Any:
    return types.Array(dtype, dimensions, "C")


Bools: TypeAlias = Annotated[NDArray[np.bool_], _read(types.boolean)]
Bytes: TypeAlias = Annotated[NDArray[np.int8], _read(types.int8)]
Ints: TypeAlias = Annotated[NDArray[np.int32], _read(types.int32)]
Longs: TypeAlias = Annotated[NDArray[np.int64], _read(types.int64)]
Keys: TypeAlias = Annotated[NDArray[np.uint64], _read(types.uint64)]
Floats: TypeAlias = Annotated[NDArray[np.float64], _read(types.float64)]
IntTable: TypeAlias = Annotated[NDArray[np.int32], _read(types.int32, 2)]
FloatTable: TypeAlias = Annotated[NDArray[np.float64], _read(types.float64, 2)]

OutBytes: TypeAlias = Annotated[NDArray[np.int8], _written(types.int8)]
OutBools: TypeAlias = Annotated[NDArray[np.bool_], _written(types.boolean)]
OutInts: TypeAlias = Annotated[NDArray[np.int32], _written(types.int32)]
OutLongs: TypeAlias = Annotated[NDArray[np.int64], _written(types.int64)]
OutFloats: TypeAlias = Annotated[NDArray[np.float64], _written(types.float64)]

_SCALARS = {bool: types.boolean, int: types.int64, float: types.float64}


class Part:
    """A part of kernels: what numba compiles into them.

    Parameters
    ----------
    function
        The function.
    options
        Of numba.

    Attributes
    ----------
    name
        Module and name.
    part
        What numba knows it as.
    """

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        functools.update_wrapper(self, function)
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.part = _njit(**options, **_PART)(function)

    def __call__(self, *_arguments: Any) -> Any:
        """Raise an error: what is compiled has no way in from Python."""
        raise TypeError(f"{self.name} is a part of kernels -> call it in a kernel")

    def __repr__(self) -> str:
        """Return what it is, and its name."""
        return f"<{type(self).__name__.lower()} {self.name}>"


class Kernel(Part):
    """A function that Python calls and that is compiled for one signature: that of its annotations.

    Other kernels may call it too: it is a part of them as others are.
    """

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        super().__init__(function, **options)
        self._function, self._options = function, options
        self._call: Callable[..., Any] = self._compile_and_call

    def __call__(self, *arguments: Any) -> Any:
        """Call what is compiled."""
        return self._call(*arguments)

    @property
    def extent(self) -> int:
        """How long the code is that it is compiled from, its parts with it."""
        return sum(map(len, _parts(self.part, set()))) if hasattr(self.part, "py_func") else 0

    @property
    def is_compiled(self) -> bool:
        """Whether it is compiled, or loaded."""
        return self._call != self._compile_and_call

    def compile(self) -> None:
        """Compile it, or load what is kept, unless that was done before."""
        with held_clock(), _no_collector():
            if not self.is_compiled:
                self._call = self._compiled()

    def _compiled(self) -> Any:
        dispatcher: Any = _njit(**self._options, **_WHOLE)(self._function)
        if dispatcher is self._function:  # NUMBA_DISABLE_JIT
            return self._function
        signature = _signature(self._function)
        try:
            dispatcher._cache = _Kept(dispatcher, signature)  # noqa: SLF001 -- numba has no other way to it
        except (RuntimeError, OSError) as error:  # numba finds no folder it may write to
            _LOG.info("what is compiled is not kept: %s", error)
        dispatcher.compile(signature)
        dispatcher.disable_compile()
        return dispatcher

    def _compile_and_call(self, *arguments: Any) -> Any:
        self.compile()
        return self._call(*arguments)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Let nothing be collected: an eighth of the time that compiling takes, which makes little that is in circles."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


_WHEN_MISSED: list[Callable[[], None]] = []


def when_first_missed(call: Callable[[], None]) -> None:
    """Let `call` be called, once, where the next kernel is not found on disk though it could be kept there."""
    _WHEN_MISSED.append(call)


def _missed() -> None:
    while _WHEN_MISSED:
        _WHEN_MISSED.pop()()


_REGISTER: dict[str, Kernel] = {}


def kernel(function: Function) -> Function:
    """Register a function that is compiled, without the interpreter lock, for the types of its annotations."""
    result: Function = _registered(function)
    return result


def fast_kernel(function: Function) -> Function:
    """Register a kernel in which sums of floats may be taken in any order: only where a result is a hint."""
    result: Function = _registered(function, fastmath=True)
    return result


def _registered(function: Any, **options: Any) -> Any:
    made = Kernel(function, **options)
    _REGISTER[made.name] = made
    return made


def inner(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a part of kernels."""
    return _part(function)


def fast_inner(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a part of kernels in which sums of floats may be taken in any order: only where a result is a hint."""
    return _part(function, fastmath=True)


def _part(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    made = Part(function, **options)
    return function if made.part is function else made  # NUMBA_DISABLE_JIT


def registered() -> tuple[Kernel, ...]:
    """Return the kernels of all modules that are imported."""
    return tuple(_REGISTER.values())


def warm(kernels: Iterable[Kernel] | None = None) -> None:
    """Compile kernels, or load what is kept of them: those given, or else those of all modules that are imported."""
    for each in registered() if kernels is None else kernels:
        each.compile()


def read_only(record: Record) -> Record:
    """Return a named tuple after making its arrays read-only, the one kind in which kernels take named tuples."""
    for part in record:
        if isinstance(part, np.ndarray):
            part.setflags(write=False)
    return record


@typeof_impl.register(Part)
def _typeof_part(value: Part, _context: Any) -> Any:
    """Let kernels call their parts."""
    return types.Dispatcher(value.part)


def _signature(function: Callable[..., Any]) -> tuple[Any, ...]:
    """Return the numba types of a function's parameters."""
    hints = get_type_hints(function, include_extras=True)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return tuple(_numba_type(hints.get(name), f"{function.__qualname__}({name})") for name in names)


def _numba_type(hint: Any, where: str) -> Any:
    if get_origin(hint) is Annotated:
        return get_args(hint)[1]
    if hint in _SCALARS:
        return _SCALARS[hint]
    if isinstance(hint, type) and hasattr(hint, "_fields"):
        fields = get_type_hints(hint, include_extras=True)
        return _from_types([_numba_type(fields[name], f"{where}.{name}") for name in hint._fields], hint)
    raise TypeError(f"{where} is annotated {hint} -> name its type, one of those of placement.kernels")


class _Code(caching.CompileResultCacheImpl):
    """What is kept of a kernel is named after all that it was made from."""

    def __init__(self, function: Callable[..., Any], digest: str) -> None:
        self._digest = digest
        super().__init__(function)  # type: ignore[no-untyped-call]

    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        """Return what the names of the files begin with."""
        return f"{fullname}-{self._digest}.py{sys.version_info[0]}{sys.version_info[1]}{abiflags}"


class _Kept(caching.FunctionCache):
    """What is kept of a kernel on disk; whatever goes wrong with it costs time only."""

    def __init__(self, dispatcher: Any, signature: tuple[Any, ...]) -> None:
        digest = _digest(dispatcher, signature)
        self._impl_class: Any = functools.partial(_Code, digest=digest)
        super().__init__(dispatcher.py_func)  # type: ignore[no-untyped-call]
        self._cache_file._source_stamp = digest  # noqa: SLF001 -- instead of the text of one file

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled for a signature; None where there is nothing, or it cannot be read."""
        found = None
        try:
            found = super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception as error:  # noqa: BLE001 -- a damaged file may raise whatever unpickling does
            _LOG.info("%s is compiled again: %s", self, error)
        if found is None:
            _missed()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled for a signature, if the disk takes it, in the place of what it replaces."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
            self._drop_older()
        except Exception as error:  # noqa: BLE001 -- an index is read before it is written
            _LOG.info("%s is not kept: %s", self, error)

    def _drop_older(self) -> None:
        mine: str = self._impl.filename_base
        name, python = mine.rpartition("-")[0], mine.rpartition(".")[2]
        for path in Path(self.cache_path).glob(f"{name}-*.{python}.*"):
            if not path.name.startswith(f"{mine}."):
                path.unlink(missing_ok=True)


def _digest(dispatcher: Any, signature: tuple[Any, ...]) -> str:
    """Return a digest of all that a kernel is compiled from: itself and what it calls, with their constants."""
    parts = [nb.__version__, str(signature), *(_fields(each) for each in signature), *_parts(dispatcher, set())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _fields(kind: Any) -> str:
    """Return the names of the fields of a named tuple's numba type, which its own text leaves out."""
    fields = getattr(kind, "fields", None)
    return "" if fields is None else f"{fields}{[_fields(each) for each in kind.types]}"


def _parts(dispatcher: Any, seen: set[Any]) -> Iterator[str]:
    function = dispatcher.py_func
    if function in seen:
        return
    seen.add(function)
    yield f"{function.__module__}.{function.__qualname__}{dispatcher.targetoptions}"
    codes = [function.__code__]
    for code in codes:  # those of comprehensions join as they are met
        codes += [each for each in code.co_consts if isinstance(each, CodeType)]
        constants = [each for each in code.co_consts if not isinstance(each, CodeType)]
        yield f"{code.co_code.hex()}{constants}{code.co_names}{code.co_varnames}"
        for name in code.co_names:  # the names of attributes among them do no harm
            yield from _global_parts(name, function.__globals__.get(name), seen)


def _global_parts(name: str, value: Any, seen: set[Any]) -> Iterator[str]:
    """Yield what a global that a function may name adds to what it is compiled from."""
    if isinstance(value, Part):
        yield from _parts(value.part, seen)
    elif isinstance(value, type) and hasattr(value, "_fields"):
        yield f"{name}: {value.__qualname__}{value._fields}"
    elif isinstance(value, (bool, int, float, str, tuple, np.generic)):
        yield f"{name}: {value!r}"
    elif isinstance(value, np.ndarray):
        yield f"{name}: {value.dtype}{value.shape}{value.tobytes().hex()}"
