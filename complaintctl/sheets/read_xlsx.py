"""Reads a workbook by openpyxl's streaming parser, behind size checks of our own.

The parser is called directly: openpyxl's read-only sheets believe the size a file claims and
thereby
lose rows, and give neither row numbers nor formulas that were never calculated.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from openpyxl import DEFUSEDXML, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from complaintctl.errors import BadData, Trouble
from complaintctl.sheets.read import Table, Uncomputed

MAX_MEMBERS, MAX_UNPACKED, MAX_STRINGS = 5_000, 2**30, 300 * 2**20
MAX_RATIO, RATIO_FROM = 200, 10 * 2**20  # real sheets pack 5 to 60 times; small parts may pack well
MAX_COLUMNS, MAX_GAP = 256, 1_000
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def open_xlsx(path: Path, wanted: str | None) -> Table:
    """See ``open_table``."""
    file = open(path, "rb")  # noqa: SIM115  (the Table closes it)
    try:
        _check(path.name, file)
        if not DEFUSEDXML:
            raise RuntimeError("defusedxml is not installed")
        warnings.filterwarnings("ignore", module="openpyxl")
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = _sheet(path.name, book, wanted)
    except Exception as error:
        file.close()
        if isinstance(error, Trouble):
            raise
        raise BadData("file.unreadable", path=path.name) from error
    return Table(sheet.title, "", _rows(path.name, sheet), file)


def _check(name: str, file: IO[bytes]) -> None:
    """Refuse what is no workbook and what would swell beyond measure, before anything is
    unpacked."""
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
    names = {part.filename for part in parts}
    if "xl/workbook.bin" in names or not any(part.startswith("xl/") for part in names):
        raise BadData("file.wrong_kind", path=name)
    swollen = any(
        (part.file_size > RATIO_FROM and part.file_size > MAX_RATIO * part.compress_size)
        or (part.file_size > MAX_STRINGS and "sharedStrings" in part.filename)
        for part in parts
    )  # fmt: skip
    total = sum(part.file_size for part in parts)
    if swollen or len(parts) > MAX_MEMBERS or total > MAX_UNPACKED:
        raise BadData("file.too_big_unpacked", path=name, size=total >> 20)


def _sheet(name: str, book: Any, wanted: str | None) -> Any:
    """The sheet asked for, else the only visible one with anything in it."""
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if wanted is not None:
        found = [sheet for title, sheet in sheets.items() if title.strip() == wanted.strip()]
        if not found:
            raise BadData("file.no_sheet", path=name, sheet=wanted, sheets=list(sheets))
        return found[0]
    visible = [sheet for sheet in sheets.values() if sheet.sheet_state == "visible"]
    filled = [sheet for sheet in visible if next(_rows(name, sheet), None)]
    if not filled:
        raise BadData("file.empty", path=name)
    if len(filled) > 1:
        titles = [sheet.title for sheet in filled]
        raise BadData("file.which_sheet", path=name, sheets=titles)
    return filled[0]


class _Parser(WorkSheetParser):
    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        value = cell["value"]
        if value is None:
            formula = element.find(FORMULA_TAG)
            if formula is not None and element.get("t") != "str":  # "str": its result is empty
                cell["value"] = Uncomputed(formula.text or "")
        elif type(value) is str:
            if "_x" in value:  # Excel writes control characters, and such texts themselves, so
                cell["value"] = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
        elif type(value) is dt.timedelta:
            cell["value"] = str(value)
        return cell


def _rows(name: str, sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    last = 0
    try:
        for number, cells in _filled(sheet):
            if len(cells) > MAX_COLUMNS:
                place = f"{get_column_letter(len(cells))}{number}"
                raise BadData("file.far_cell", path=name, cell=place)
            if number - last > MAX_GAP:
                raise BadData("file.far_cell", path=name, cell=f"A{number}")
            for blank in range(last + 1, number):
                yield blank, []
            yield number, cells
            last = number
    except Trouble:
        raise
    except Exception as error:  # openpyxl, expat and zipfile know a dozen ways to fail
        raise BadData("file.unreadable", path=name) from error


def _filled(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """Rows that hold anything, without the blank cells at their end."""
    book = sheet.parent
    with sheet._get_source() as source:
        parser = _Parser(
            source, sheet._shared_strings, data_only=True, epoch=book.epoch,
            date_formats=book._date_formats, timedelta_formats=book._timedelta_formats,
        )  # fmt: skip
        for number, row in parser.parse():
            held = [cell for cell in row if cell["value"] not in (None, "")]
            if held:
                cells: list[Any] = [None] * max(cell["column"] for cell in held)
                for cell in held:
                    cells[cell["column"] - 1] = cell["value"]
                yield number, cells
