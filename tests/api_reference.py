"""The API reference, from docstrings: ``python -m tests.api_reference out/api``.

pdoc documents what stands in a module; names that load when they are first used are put there before.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import placement


def packages() -> Iterator[ModuleType]:
    """Yield the package and every package within it, their lazy names loaded."""
    names = [each.name for each in pkgutil.walk_packages(placement.__path__, "placement.") if each.ispkg]
    for name in ("placement", *names):
        module = importlib.import_module(name)
        for public in getattr(module, "__all__", ()):
            setattr(module, public, getattr(module, public))
        yield module


def lend_names(module: ModuleType) -> None:
    """Put what the fields of a base class are annotated with into the module of its subclass, where pdoc looks."""
    for value in list(vars(module).values()):
        if not isinstance(value, type) or not value.__module__.startswith("placement."):
            continue
        own = vars(sys.modules[value.__module__])
        for base in value.__mro__[1:]:
            if base.__module__.startswith("placement."):
                for name, lent in vars(sys.modules[base.__module__]).items():
                    own.setdefault(name, lent)


def main() -> None:
    """Write the reference to a folder."""
    import pdoc

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write it")
    folder = parser.parse_args().folder
    loaded = list(packages())
    for module in loaded:
        lend_names(module)
    pdoc.render.configure(docformat="numpy", math=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pdoc.pdoc("placement", output_directory=folder)
    print(f"{folder / 'index.html'}: {len(loaded)} packages")


if __name__ == "__main__":
    main()
