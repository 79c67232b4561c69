"""Personal data made unreadable for registers and screens: 张**, 138****5678."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Free text may name the whistle-blower or the accused, so it is withheld, not shortened.
FREE_TEXT = frozenset({"content", "demand", "result", "note", "occurred_place", "text", "reason"})


def name(text: str) -> str:
    """A name with its first character kept."""
    return text[:1] + "**" if text else text


def number(text: str) -> str:
    """A phone or account number with its first three and last four characters kept."""
    return f"{text[:3]}****{text[-4:]}" if len(text) > 7 else "****"


def masked(fields: Mapping[str, Any], withheld: str, private: frozenset[str]) -> dict[str, Any]:
    """The same fields with every private one masked and free text replaced by ``withheld``."""
    shown: dict[str, Any] = {}
    for key, value in fields.items():
        if key not in private or value in (None, ""):
            shown[key] = value
        elif key in FREE_TEXT or not isinstance(value, str):
            shown[key] = withheld
        elif key in ("phone", "account_no"):
            shown[key] = number(value)
        else:
            shown[key] = name(value)
    return shown
