"""The judge: recounts a plan from the inputs with code that shares nothing with what made it.

Files that only show the plan are made again by the code that makes them, from the recounted plan, and compared.

The checker of certificates needs numpy alone; the rest, which reads whole studies, loads when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placement.verify.certificate import check_certificate
    from placement.verify.folder import Judge, verify_folder
    from placement.verify.verdict import Verdict

_HOME = {"check_certificate": "certificate", "Judge": "folder", "Verdict": "verdict", "verify_folder": "folder"}

__all__ = ["Judge", "Verdict", "check_certificate", "verify_folder"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
