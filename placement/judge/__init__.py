"""The judge: recounts a plan from the inputs with code that shares nothing with what made it.

Files that only show the plan are made again by the code that makes them, from the recounted plan, and compared.

The checker of certificates needs numpy alone; the rest, which reads whole studies, loads when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placement.judge.certificate import check_certificate
    from placement.judge.folder import Judge, verify
    from placement.judge.verdict import Verdict

_HOME = {"check_certificate": "certificate", "Judge": "folder", "Verdict": "verdict", "verify": "folder"}

__all__ = ["Judge", "Verdict", "check_certificate", "verify"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
