"""What one cell shows: text made safe for XML and for Excel, dates as serial numbers. Pure
functions."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal

from complaintctl.clock import TZ

LIMIT = 32_767  # Excel's most per cell, counted in UTF-16 units
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ARMED = re.compile(r"[\s\u00a0\ufeff]*[=+\-@＝＋－＠#]|[\t\r\n]")
_DAY_ZERO = 693_594  # ordinal of 1899-12-30, the day Excel counts from
_FIRST_DAY = dt.date(1900, 3, 1)  # before it Excel's calendar is wrong by a day


def visible(text: str) -> str:
    """``text`` with nothing hidden in it: control characters become pictures, the rest its
    number."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _UNSEEN.search(text):
        text = _UNSEEN.sub(_picture, text)
    return cut(text) if len(text) * 2 > LIMIT else text


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"〔U+{code:04X}〕"


def cut(text: str) -> str:
    """``text`` as far as a cell can hold it, ending in a mark that says how much is missing."""
    units = text.encode("utf-16-le")
    if len(units) <= LIMIT * 2:
        return text
    kept = units[: (LIMIT - 40) * 2].decode("utf-16-le", "ignore")
    return f"{kept}…〔余 {len(text) - len(kept)} 字见台账〕"


def armed(text: str) -> bool:
    """Whether Excel would read ``text`` as a formula or an error when somebody types it again."""
    return _ARMED.match(text) is not None


def xml(text: str) -> str:
    """``text`` (already visible) as XML character data that Excel reads back unchanged."""
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ESCAPED.sub("_x005F_", text) if "_x" in text else text


def shown(value: object, kind: str) -> str | float | Decimal | None:
    """What a column of format ``kind`` holds for ``value``: a text, a number, or nothing."""
    if type(value) is str:
        return visible(value) or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.date):
        return _day(value, kind)
    numeric = kind in ("number", "money", "serial")
    if numeric and isinstance(value, int | float | Decimal) and math.isfinite(value):
        return value if -(10**15) < value < 10**15 else str(value)  # Excel keeps 15 digits
    return visible(str(value)) or None


def _day(value: dt.date, kind: str) -> str | float:
    """A date or an instant as Excel's serial number in Beijing time; as text in a text column."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(TZ)
    if kind not in ("date", "moment") or dt.date(value.year, value.month, value.day) < _FIRST_DAY:
        timed = isinstance(value, dt.datetime)
        return value.isoformat(" ", "minutes")[:16] if timed else value.isoformat()  # type: ignore
    serial = value.toordinal() - _DAY_ZERO
    if kind == "moment" and isinstance(value, dt.datetime):
        return serial + (value.hour * 3600 + value.minute * 60 + value.second) / 86_400
    return serial


def lines(text: str, room: int) -> int:
    """How many lines ``text`` takes in a column ``room`` half-width characters wide."""
    if "\n" not in text and len(text) * 2 <= room:
        return 1
    # GB18030 spends one byte on a half-width character, two on a Chinese one, four on an emoji
    return sum(max(1, -(-len(part.encode("gb18030")) // room)) for part in text.split("\n"))
