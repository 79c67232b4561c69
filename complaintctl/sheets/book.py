"""The workbook around a register's rows: styles, headings, print set-up. openpyxl makes these; the
rows are streamed as XML text: six times as fast, and no names in the system's temp folder."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.worksheet.pagebreak import Break
from openpyxl.writer.excel import ExcelWriter

from ..domain.form import Form
from . import page
from .cells import lines, visible

_RULER = Font(name="Arial", size=10)  # widths count in its digits: 7 pixels wide, on every system
_BODY, _HEAD = Font(name="宋体", size=10.5), Font(name="宋体", size=10.5, bold=True)
_TITLE = Font(name="黑体", size=20, bold=True)
_GREY = PatternFill("solid", fgColor="FFE7E6E6")
_LINE = Side("thin", "FF000000")
_THIN = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_FORMATS = {"text": "@", "date": 'yyyy"年"m"月"d"日"', "moment": "yyyy-mm-dd hh:mm",
            "day": "yyyy-mm-dd", "money": "0.00"}  # fmt: skip
_SHEET, _END = "xl/worksheets/sheet1.xml", b"</sheetData>"
_MOST_BREAKS = 1_000  # Excel holds 1,023


class Book:
    """One sheet laid out for ``form``: ``head`` rows of headings, ``heading`` points high.

    ``breaks`` are the rows after which a page ends.
    """

    def __init__(self, form: Form, unit: str, period: str, filled_on: dt.date, footer: str) -> None:
        self.form, self.last, self.breaks = form, len(form.columns), list[int]()
        self.book = cast(Any, Workbook())
        self.book._fonts = IndexedList([_RULER])
        self.book._named_styles["Normal"].font = _RULER
        self.book.calculation.fullCalcOnLoad = False
        about = self.book.properties
        about.creator = "complaintctl"
        about.created = about.modified = dt.datetime.combine(filled_on, dt.time())
        self.sheet: Any = self.book.active
        self.sheet.title = re.sub(r"[\[\]:*?/\\']", "", visible(form.title))[:31] or "登记表"
        self._title(unit, period, f"{filled_on.year}年{filled_on.month}月{filled_on.day}日")
        self._heads()
        self._print(footer)

    def style(self, align: str, kind: str, *, quoted: bool = False) -> int:
        """A cell style's number; ``long`` starts at the top, an empty kind is unruled."""
        cell: Any = Cell(self.sheet, row=1, column=1)
        vertical = "top" if kind == "long" else "center"
        cell.alignment = Alignment(horizontal=align, vertical=vertical, wrap_text=True)
        cell.font, cell.number_format = _BODY, _FORMATS.get(kind, "General")
        cell.quotePrefix = quoted
        cell.border = _THIN if kind else Border()
        return int(cell.style_id)

    def _put(
        self, top: int, left: int, bottom: int, right: int, text: str, align: str, font: Font
    ) -> None:
        cell = self.sheet.cell(top, left)
        cell.value, cell.data_type = visible(text), "s"  # never a formula
        cell.font = font
        cell.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)
        if font is _HEAD:
            cell.fill, cell.border = _GREY, _THIN
        if (top, left) != (bottom, right):
            self.sheet.merge_cells(None, top, left, bottom, right)

    def _title(self, unit: str, period: str, day: str) -> None:
        """The title, and the line below it in three runs of columns of about equal width."""
        self._put(1, 1, 1, self.last, self.form.title, "center", _TITLE)
        parts = [(f"填报单位：{unit}", "left"), (period, "center"), (f"填报日期：{day}", "right")]
        starts = list(itertools.accumulate((c.width for c in self.form.columns), initial=0.0))
        third = starts.pop() / 3
        thirds = itertools.groupby(range(self.last), lambda place: int(starts[place] / third))
        runs = [[place + 1 for place in run] for _, run in thirds]
        if len(runs) < 3:
            runs, parts = [[1, self.last]], [("    ".join(text for text, _ in parts), "left")]
        for run, (text, align) in zip(runs, parts, strict=True):
            self._put(2, run[0], 2, run[-1], text, align, _BODY)

    def _heads(self) -> None:
        """The column heads, below a row of group heads if the form has any; heights and widths."""
        columns = self.form.columns
        self.head = bottom = 3 + any(column.group for column in columns)
        left = 1
        for group, run in itertools.groupby(columns, lambda column: column.group):
            heads = [column.head for column in run]
            if group:
                self._put(3, left, 3, left + len(heads) - 1, group, "center", _HEAD)
            for place, head in enumerate(heads, left):
                self._put(bottom if group else 3, place, bottom, place, head, "center", _HEAD)
            left += len(heads)
        tall = max(lines(c.head, int(c.width - 1.5) or 1) for c in columns) * page.LINE + 8
        heights = [page.TITLE, page.INFO, *[page.LINE + 8] * (bottom - 3), tall]
        self.heading = sum(heights)
        for row, height in enumerate(heights, 1):
            self.sheet.row_dimensions[row].height = height
        for place, column in enumerate(columns, 1):
            self.sheet.column_dimensions[get_column_letter(place)].width = column.width

    def _print(self, footer: str) -> None:
        sheet, form = self.sheet, self.form
        sheet.freeze_panes = f"A{self.head + 1}"
        sheet.print_title_rows = f"1:{self.head}"
        sheet.page_setup.orientation = form.orientation
        sheet.page_setup.paperSize = page.PAPERS[form.paper][0]
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.print_options.horizontalCentered = True
        margins = sheet.page_margins
        margins.left, other = page.LEFT / 2.54, page.OTHER / 2.54
        margins.right = margins.top = margins.bottom = other
        margins.header = margins.footer = page.FOOT / 2.54
        sheet.oddFooter.left.text = visible(footer).replace("&", "&&")
        sheet.oddFooter.right.text = "第 &P 页 共 &N 页"

    def across(self, row: int) -> None:
        """Make ``row`` one cell across the table."""
        self.sheet.merge_cells(None, row, 1, row, self.last)

    def save(self, path: Path, body: Iterable[str]) -> None:
        """Write the workbook; ``body`` is the XML of the rows below the heading, read once."""
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            with archive.open(_SHEET, "w", force_zip64=True) as sheet:
                sheet.write(self._parts()[_SHEET].partition(_END)[0])
                for text in body:
                    sheet.write(text.encode("utf-8"))
                for row in self.breaks if len(self.breaks) <= _MOST_BREAKS else ():
                    self.sheet.row_breaks.append(Break(id=row))
                parts = self._parts()  # again: styles, merges and breaks are known only now
                sheet.write(_END + parts.pop(_SHEET).partition(_END)[2])
            for name, data in parts.items():
                archive.writestr(name, data)

    def _parts(self) -> dict[str, bytes]:
        """The workbook without its body, by member; without its size, which nobody knows yet."""
        frame = io.BytesIO()
        ExcelWriter(self.book, ZipFile(frame, "w")).save()
        with ZipFile(frame) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        parts[_SHEET] = re.sub(rb"<dimension[^>]*>", b"", parts[_SHEET])
        return parts
