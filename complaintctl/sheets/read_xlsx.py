"""Reads a workbook by openpyxl's streaming parser, behind size checks of our own. The parser is
called directly: openpyxl's read-only sheets believe the size a file claims and lose rows by it,
and give neither row numbers nor formulas that were never calculated."""

import datetime as dt
import re
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.escape import unescape
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from ..errors import BadData
from .read import Table, Uncomputed, readable

MAX_MEMBERS, MAX_UNPACKED, MAX_STRINGS = 5_000, 2**30, 300 * 2**20
MAX_RATIO, RATIO_FROM = 200, 10 * 2**20  # real sheets pack 5 to 60 times; small parts may pack well
MAX_COLUMNS, MAX_GAP = 256, 1_000
Merged = dict[int, list[tuple[int, int]]]  # column and last row, by first row
_MERGED = re.compile(rb'mergeCell ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')


def workbook_table(path: Path, file: IO[bytes], wanted: str | None) -> Table:
    """The rows of one sheet of the workbook ``path``, open as ``file``."""
    with readable(path):
        _check(path, file)
        warnings.filterwarnings("ignore", module="openpyxl")
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = _sheet(path, book.worksheets, wanted)
        return Table(sheet.title, "", _rows(path, sheet, _merged(sheet)))


def _check(path: Path, file: IO[bytes]) -> None:
    """Refuse what is no workbook or would swell beyond measure, before anything is unpacked."""
    parts = zipfile.ZipFile(file).NameToInfo
    if "xl/workbook.bin" in parts or not any(name.startswith("xl/") for name in parts):
        raise BadData("file.wrong_kind", path=path.name)
    total = sum(part.file_size for part in parts.values())
    if (
        len(parts) > MAX_MEMBERS
        or total > MAX_UNPACKED
        or any(p.file_size > max(RATIO_FROM, MAX_RATIO * p.compress_size) for p in parts.values())
        or any(p.file_size > MAX_STRINGS for name, p in parts.items() if "sharedStrings" in name)
    ):
        raise BadData("file.too_big_unpacked", path=path.name, size=total >> 20)


def _sheet(path: Path, sheets: list[Any], wanted: str | None) -> Any:
    """The sheet asked for, else the only visible one with anything in it."""
    if wanted is not None:
        named = {sheet.title.strip(): sheet for sheet in sheets}
        if wanted.strip() not in named:
            raise BadData("file.no_sheet", path=path.name, sheet=wanted, sheets=[*named])
        return named[wanted.strip()]
    filled = {s.title: s for s in sheets if s.sheet_state == "visible" and any(_rows(path, s, {}))}
    if len(filled) != 1:
        code = "file.which_sheet" if filled else "file.empty"
        raise BadData(code, path=path.name, sheets=[*filled])
    return filled.popitem()[1]


class _Parser(WorkSheetParser):
    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        value = cell["value"]
        if value is None or cell["data_type"] == "e":
            formula = value or element.findtext(FORMULA_TAG)
            if formula is not None and element.get("t") != "str":  # "str": its result is empty
                cell["value"] = Uncomputed(formula)
        elif type(value) is str and "_x" in value:  # so Excel writes control characters
            cell["value"] = unescape(value)
        elif type(value) is dt.timedelta:
            cell["value"] = str(value)
        return cell


def _merged(sheet: Any) -> Merged:
    """The merged cells that reach over several rows. They stand at the very end of a sheet."""
    merged, tail = defaultdict(list), b""
    with sheet._get_source() as source:
        while chunk := source.read(2**20):
            for ref in _MERGED.findall(tail + chunk):
                box: Any = range_boundaries(ref.decode())
                column, first, _, last = box
                if last > first:
                    merged[first].append((column, last))
            tail = chunk[-64:]
    return merged


def _rows(path: Path, sheet: Any, merged: Merged) -> Iterator[tuple[int, list[Any]]]:
    """Rows up to the last that holds anything, without the blank cells at their end. A cell merged
    downwards stands in each of its rows, as a reader of the sheet sees it."""
    book, last, spread = sheet.parent, 0, dict[int, tuple[int, Any]]()
    dates, spans = book._date_formats, book._timedelta_formats
    with readable(path), sheet._get_source() as source:
        parser = _Parser(source, sheet._shared_strings, True, book.epoch, dates, spans)
        for number, row in parser.parse():
            held = {c["column"]: c["value"] for c in row if c["value"] not in (None, "")}
            if not held:
                continue
            held |= {c: v for c, (end, v) in spread.items() if number <= end and c not in held}
            spread |= {c: (end, held[c]) for c, end in merged.get(number, ()) if c in held}
            if (width := max(held)) > MAX_COLUMNS or number - last > MAX_GAP:
                place = f"{get_column_letter(width)}{number}"
                raise BadData("file.far_cell", path=path.name, cell=place)
            yield from ((blank, []) for blank in range(last + 1, number))
            yield number, [held.get(column) for column in range(1, width + 1)]
            last = number
