"""When two names mean the same: other Unicode forms, zero-width signs and blanks make no difference."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

_SHORT = 3
_NEAR = 0.85


def canonical(name: str) -> str:
    r"""Return the form in which names are compared: NFKC, without signs of no width, blanks folded.

    Examples
    --------
    >>> canonical(" Zu\u0308rich\u200b  1") == canonical("Z\u00fcrich 1")
    True
    """
    if name.isascii():
        return " ".join(name.split())
    plain = unicodedata.normalize("NFKC", name)
    seen = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def header_key(name: str) -> str:
    """Return the form in which column names are compared: :func:`canonical`, whatever the case."""
    return canonical(canonical(name).casefold())


def one_form(names: Iterable[str]) -> dict[str, str]:
    """Return one spelling of each name by its canonical form: the plainest of those given, whatever their order."""
    forms: dict[str, str] = {}
    for name in names:
        key = canonical(name)
        forms[key] = min(name, forms.get(key, name), key=lambda form: (form != key, form))
    return forms


def has_control(text: str) -> bool:
    """Return whether a text holds a control character, a line break or half a surrogate pair."""
    return any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} for sign in text)


def near_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` most likely is a misspelling of: one letter off, or alike in most of them.

    Of several that are one letter off the first known one is taken.

    Examples
    --------
    >>> near_name("Opens ", ["closes", "opens"]), near_name("open", ["opens"]), near_name("cost", ["host"])
    ('opens', 'opens', None)
    """
    key = _joined(name)
    keys = {_joined(each): each for each in known}
    if key in keys:
        return keys[key]
    # The first letter is seldom the wrong one, and of short words many are one letter apart.
    for each, spelt in keys.items():
        if len(each) > _SHORT and each[0] == key[:1] and _one_off(key, each):
            return spelt
    close = difflib.get_close_matches(key, sorted(keys), n=1, cutoff=_NEAR)
    return keys[close[0]] if close else None


def _joined(name: str) -> str:
    return header_key(name).replace(" ", "_").replace("-", "_")


def _one_off(left: str, right: str) -> bool:
    """Return whether one letter was changed, left out, added, or two neighbours were swapped."""
    if abs(len(left) - len(right)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), None)
    if start is None:
        return True
    rest_l, rest_r = left[start:], right[start:]
    swapped = rest_l[:2] == rest_r[1::-1] and rest_l[2:] == rest_r[2:]
    return swapped or rest_l[1:] == rest_r[1:] or rest_l[1:] == rest_r or rest_l == rest_r[1:]
