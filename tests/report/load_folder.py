"""Load `placement.report.folder` alone: a child process that is killed dozens of times starts in a moment."""

import importlib.util
from pathlib import Path

_PATH = Path(__file__).parents[2] / "placement" / "report" / "folder.py"
_SPEC = importlib.util.spec_from_file_location("folder_alone", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
module = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(module)
