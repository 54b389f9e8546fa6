"""Text as a terminal may be given it: nothing in a name, a path or a message steers what reads it.

Every echo of the command goes through this module, and every fault escapes what it quotes.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sys
import unicodedata
from typing import Any

_NOT_ASCII = re.compile(r"[^\x20-\x7e]")


def printable(text: object, *, lines: bool = False) -> str:
    r"""Return text with every sign escaped that is not seen as itself; with `lines`, line breaks stay.

    Escaped are control characters (and with them the sequences that move a cursor or set a colour), marks that switch
    the direction of writing, signs without width, halves of surrogate pairs, and what Unicode does not define.

    Examples
    --------
    >>> print(printable("S1\x1b[2J \u202eB\u200b\n"), printable("便民服务站　1"))
    S1\x1b[2J \u202eB\u200b\n 便民服务站　1
    """

    def shown(found: re.Match[str]) -> str:
        """Return one sign, or its escape."""
        sign = found.group()
        if sign.isprintable() or unicodedata.category(sign) == "Zs" or (lines and sign == "\n"):
            return sign
        return sign.encode("unicode_escape", "surrogatepass").decode("ascii")

    return _NOT_ASCII.sub(shown, str(text))


def json_text(record: Any, *, encoding: str = "utf-8") -> str:
    r"""Return a value as JSON that is printable and that a stream of this encoding can hold.

    What is no finite number becomes null: JSON has no word for it.

    Examples
    --------
    >>> print(json_text({"name": "S1\u009b é", "share": float("nan")}))
    {
      "name": "S1\u009b é",
      "share": null
    }
    >>> print(json_text(["é"], encoding="ascii"))
    [
      "\u00e9"
    ]
    """

    def shown(found: re.Match[str]) -> str:
        """Return one sign, or its escape in JSON."""
        sign = found.group()
        if sign == "\n" or (printable(sign) == sign and sign == held(sign, encoding)):
            return sign
        code = sign.encode("utf-16-be", "surrogatepass").hex()
        return "".join(f"\\u{code[start : start + 4]}" for start in range(0, len(code), 4))

    text = json.dumps(_finite(record), ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True)
    return _NOT_ASCII.sub(shown, text)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def held(text: str, encoding: str) -> str:
    r"""Return printable text as an encoding can hold it, the rest escaped.

    Examples
    --------
    >>> print(held("Zürich 站", "ascii"), held("Zürich 站", "gbk"))
    Z\xfcrich \u7ad9 Zürich 站
    """
    try:
        return text.encode(encoding, "backslashreplace").decode(encoding)
    except (LookupError, UnicodeError):
        return text.encode("ascii", "backslashreplace").decode("ascii")


def stream_encoding(*, err: bool = False) -> str:
    """Return the encoding of stdout, or of stderr."""
    return getattr(sys.stderr if err else sys.stdout, "encoding", None) or "utf-8"


def echo(text: str, *, err: bool = False) -> None:
    """Write lines to stdout, or to stderr; nothing where a program was started without one.

    Raises
    ------
    OSError
        If stdout does not take them. A complaint that stderr does not take is dropped: there is nobody to tell.
    """
    stream = sys.stderr if err else sys.stdout
    if stream is None:
        return
    try:
        stream.write(held(printable(text, lines=True), stream_encoding(err=err)) + "\n")
        stream.flush()
    except (OSError, ValueError):
        if not err:
            raise


class PrintableFormatter(logging.Formatter):
    """A log whose lines are printable; only the lines of a traceback are more than one."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- the name logging calls
        """Return the line of a record."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 -- the name logging calls
        """Return the traceback of a record."""
        return printable(super().formatException(ei), lines=True)
