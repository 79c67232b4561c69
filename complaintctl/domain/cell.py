"""What one cell of an old book holds, read without guessing. Raises Usage for what cannot be."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from ..errors import Usage
from .entry import CONTROL, LONGEST, phone
from .vocabulary import unspaced


def stripped(cells: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The cells of a row, texts without the blanks around them; and those that hold anything."""
    try:
        texts = [*map(str.strip, cells)]
        return texts, [*filter(None, texts)]
    except TypeError:  # a workbook's are not all text
        plain = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
        return plain, [cell for cell in plain if cell not in (None, "")]


def as_text(cell: object) -> str:
    """A cell as text: whole numbers without a point, dates in ISO form."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(getattr(cell, "formula", cell))


def free_text(text: str) -> str:
    """A text that a field may hold."""
    if not text.isprintable() and CONTROL.search(text):
        raise Usage("value.control")
    if len(text) > LONGEST:
        raise Usage("value.long", length=len(text), most=LONGEST)
    return text


def digits(as_phone: bool, cell: object) -> str:
    """A phone or account number in one form, as no spreadsheet has spoilt it."""
    text = as_text(cell)
    if isinstance(cell, str) and len(text) <= 11 and text.isascii() and text.isdigit():
        return text
    folded = phone(text) if as_phone else unspaced(text)
    rounded = isinstance(cell, float) and cell >= 1e15
    if rounded or re.search(r"[0-9]e\+[0-9]", folded.casefold()):
        raise Usage("import.lost_digits")
    return folded


def time_of_day(cell: object) -> dt.time:
    """The time of day of a column of its own: 9:05, 0905, 90500."""
    if isinstance(cell, dt.datetime | dt.time):
        return cell.time() if isinstance(cell, dt.datetime) else cell
    found = re.sub(r"[^0-9]", "", as_text(cell))
    found = found.zfill(6) if len(found) in (5, 6) else found.zfill(4) + "00"
    try:
        return dt.time(int(found[:2]), int(found[2:4]), int(found[4:6]))
    except ValueError:
        raise Usage("date.unknown", value=as_text(cell)) from None
