"""What one cell holds: text made safe for XML and for Excel, dates as serial numbers."""

import datetime as dt
import re
from decimal import Decimal

from ..clock import TZ

Shown = str | float | Decimal | None

LIMIT = 32_767  # Excel's most per cell, counted in UTF-16 units
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
# What Excel would read as a formula or an error when somebody types it again.
ARMED = re.compile(r"[\s\u00a0\ufeff]*[=+\-@＝＋－＠#]|[\t\r\n]")
_WORD, _RUNS = re.compile("[!-~]{4}"), re.compile("[!-~]+|[^!-~]+")
_DAY_ZERO = 693_594  # ordinal of 1899-12-30, the day Excel counts from
_FIRST_DAY = 61  # 1900-03-01: before it Excel's calendar is wrong by a day


def visible(text: str) -> str:
    """``text`` with nothing hidden: control characters shown, what a cell cannot hold counted."""
    text = _UNSEEN.sub(_picture, text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) * 2 <= LIMIT or len(units := text.encode("utf-16-le")) <= LIMIT * 2:
        return text
    kept = units[: (LIMIT - 40) * 2].decode("utf-16-le", "ignore")
    return f"{kept}…〔余 {len(text) - len(kept)} 字见台账〕"


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else f"〔U+{code:04X}〕"


def escaped(text: str) -> str:
    """A text in which Excel does not take anything like ``_x000D_`` for a character."""
    return _ESCAPED.sub("_x005F_", text) if "_x" in text else text


def cell(place: str, style: int, value: Shown) -> str:
    """The XML of one cell; a text (already visible) is one that Excel reads back unchanged."""
    if value is None:
        return f'<c r="{place}" s="{style}"/>'
    if not isinstance(value, str):
        return f'<c r="{place}" s="{style}"><v>{value}</v></c>'
    text = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    inline = f'<is><t xml:space="preserve">{escaped(text)}</t></is>'
    return f'<c r="{place}" s="{style}" t="inlineStr">{inline}</c>'


def shown(value: object, kind: str) -> Shown:
    """What a column of format ``kind`` holds for ``value``: a text, a number, or nothing; for a
    date or an instant Excel's serial number in Beijing time, in a text column its text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.date):
        if isinstance(value, dt.datetime):
            value = value.astimezone(TZ)
        serial = value.toordinal() - _DAY_ZERO
        if kind not in ("date", "moment") or serial < _FIRST_DAY:
            return str(value)[:16]
        if kind == "moment" and isinstance(value, dt.datetime):
            return serial + (value.hour * 3600 + value.minute * 60 + value.second) / 86_400
        return serial
    if kind in ("number", "money") and isinstance(value, int | float | Decimal):
        return value if -(10**15) < value < 10**15 else str(value)  # Excel keeps 15 digits
    return visible(str(value))


def lines(text: str, room: int) -> int:
    """How many lines ``text`` takes in a column ``room`` half-width characters wide: words and
    numbers are broken only where longer than a line."""
    if "\n" not in text and len(text) * 2 <= room:
        return 1
    rows = 0
    for part in text.split("\n"):
        rows, used = rows + 1, 0
        for run in _RUNS.findall(part) if _WORD.search(part) else (part,):
            # GB18030 has one byte for a half-width character, two for a Chinese, four for an emoji.
            size = len(run.encode("gb18030"))
            if used and used + size > room and "!" <= run[0] <= "~":
                rows, used = rows + 1, 0
            rows += max(0, used + size - 1) // room
            used = (used + size - 1) % room + 1
    return rows
