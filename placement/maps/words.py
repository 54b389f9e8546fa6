"""Text as it may be shown."""

from __future__ import annotations

_DIRECTION_MARKS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F])


def shown(text: object, *, limit: int | None = None) -> str:
    r"""Return text as it may be shown in one line, cut to `limit` characters.

    Line breaks become spaces, other control characters are replaced, and marks that switch the direction of writing
    are left out, since they would reorder what follows them. The text is not escaped.

    Examples
    --------
    >>> shown("a\x00b"), shown("a long name", limit=6)
    ('a�b', 'a lon…')
    """
    line = " ".join(printable(str(text)).split())
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"


def printable(text: str) -> str:
    r"""Return text without marks that switch the direction of writing, other control characters replaced.

    Examples
    --------
    >>> printable("a\u202eb \x07\n")
    'ab � '
    """
    kept = text.translate(_DIRECTION_MARKS)
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "\ufffd" for sign in kept)
