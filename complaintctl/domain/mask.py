"""Personal data made unreadable for registers and screens: 张**, 138****5678."""

import re
from collections.abc import Mapping
from typing import Any

# Free text may name the whistle-blower or the accused, so it is withheld, not shortened.
FREE_TEXT = ("content", "demand", "result", "note", "occurred_place", "text", "reason")


def name(text: str) -> str:
    """A name with its first character kept."""
    return text[:1] + "**" if text else text


def telephones(text: str) -> str:
    """A text with whatever in it looks like the number of a mobile phone masked."""
    mobile = r"(?<!\d)((?:86)?[ -]?1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)"
    return re.sub(mobile, r"\1****\2", text)


def masked(fields: Mapping[str, Any], withheld: str, private: frozenset[str]) -> dict[str, Any]:
    """The same fields with every private one masked and free text replaced by ``withheld``."""
    known = {k: v for k, v in fields.items() if k in private and v not in (None, "")}
    return {**fields, **{k: _mask(k, v, withheld) for k, v in known.items()}}


def _mask(key: str, value: Any, withheld: str) -> Any:
    if key in FREE_TEXT or not isinstance(value, str):
        return withheld
    if key in ("phone", "account_no"):
        return f"{value[:3]}****{value[-4:]}" if len(value) > 7 else "****"
    return name(value)
