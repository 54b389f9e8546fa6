"""The judge: recounts a plan from the inputs with code that shares nothing with what made it.

The checker of certificates needs numpy alone; the rest, which reads whole studies, loads when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placement.verify.certificate import check_certificate
    from placement.verify.folder import Verdict, verify_folder

_HOME = {"check_certificate": "certificate", "Verdict": "folder", "verify_folder": "folder"}

__all__ = ["Verdict", "check_certificate", "verify_folder"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
