"""The workbook around a register's rows: styles, headings, print set-up. openpyxl makes these; the
rows are streamed as XML text: six times as fast, and no names in the system's temp folder."""

import datetime as dt
import io
import itertools
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.pagebreak import Break
from openpyxl.writer.excel import ExcelWriter

from ..domain.form import Form
from . import page
from .cells import cell, escaped, lines, visible

_RULER = Font(name="Arial", size=10)  # widths count in its digits: 7 pixels wide, on every system
_BODY, _HEAD = Font(name="宋体", size=10.5), Font(name="宋体", size=10.5, bold=True)
_TITLE = Font(name="黑体", size=20, bold=True)
_GREY = PatternFill("solid", fgColor="FFE7E6E6")
_LINE = Side("thin", "FF000000")
_THIN = Border(_LINE, _LINE, _LINE, _LINE)
_FORMATS = {"text": "@", "date": 'yyyy"年"m"月"d"日"', "moment": "yyyy-mm-dd hh:mm",
            "day": "yyyy-mm-dd", "money": "0.00"}  # fmt: skip
_SHEET, _END = "xl/worksheets/sheet1.xml", b"</sheetData>"
_MOST_BREAKS = 1_000  # Excel holds 1,023


class Book:
    """One sheet laid out for ``form``: ``head`` rows of headings, ``heading`` points high.

    ``letters`` name its columns; ``breaks`` are the rows after which a page ends.
    """

    def __init__(self, form: Form, unit: str, period: str, filled_on: dt.date, footer: str) -> None:
        self.form, self.breaks = form, list[int]()
        self.widths = {get_column_letter(n): c.width for n, c in enumerate(form.columns, 1)}
        self.letters, self.heights = [*self.widths], dict[int, float]()
        self.book = cast(Any, Workbook())
        self.book._fonts = IndexedList([_RULER])
        self.book._named_styles["Normal"].font = _RULER
        self.book.calculation.fullCalcOnLoad = False
        about = self.book.properties
        about.creator = "complaintctl"
        about.created = about.modified = dt.datetime.combine(filled_on, dt.time())
        self.sheet: Any = self.book.active
        name = re.sub(r"[\[\]:*?/\\'\s]", "", visible(form.title)).encode("utf-16-le")
        self.sheet.title = name[:62].decode("utf-16-le", "ignore") or "登记表"
        self._title(unit, period, f"{filled_on.year}年{filled_on.month}月{filled_on.day}日")
        self._heads()
        self._print(footer)

    def style(self, align: str, kind: str, quoted: bool = False) -> int:
        """A cell style's number; ``long`` starts at the top, an empty kind is unruled."""
        model: Any = Cell(self.sheet, row=1, column=1)
        vertical = "top" if kind == "long" else "center"
        model.alignment = Alignment(horizontal=align, vertical=vertical, wrap_text=True)
        model.font, model.number_format = _BODY, _FORMATS.get(kind, "General")
        model.quotePrefix = quoted
        model.border = _THIN if kind else Border()
        return int(model.style_id)

    def _put(
        self, letters: Sequence[str], top: int, bottom: int, text: str, align: str, font: Font
    ) -> None:
        """Write a text into the cells of these columns and rows, made one and high enough."""
        first = self.sheet[f"{letters[0]}{top}"]
        first.value, first.data_type = escaped(visible(text)), "s"  # never a formula
        first.font = font
        first.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)
        if font is _HEAD:
            first.fill, first.border = _GREY, _THIN
        if (len(letters), bottom) != (1, top):
            self.sheet.merge_cells(f"{letters[0]}{top}:{letters[-1]}{bottom}")
        scale = font.size / _BODY.size
        room = int(sum(map(self.widths.__getitem__, letters)) / scale - 1.5)
        high = min(page.TALLEST, lines(text, max(1, room)) * page.LINE * scale + 7)
        self.heights[bottom] = max(high, self.heights.get(bottom, 0.0))

    def _title(self, unit: str, period: str, day: str) -> None:
        """The title, and the line below it in three runs of columns of about equal width."""
        self._put(self.letters, 1, 1, self.form.title, "center", _TITLE)
        parts = [(f"填报单位：{unit}", "left"), (period, "center"), (f"填报日期：{day}", "right")]
        starts = list(itertools.accumulate(self.widths.values(), initial=0.0))
        third = starts.pop() / 3
        one, two = bisect_left(starts, third), bisect_left(starts, 2 * third)
        runs = [self.letters[:one], self.letters[one:two], self.letters[two:]]
        if not all(runs):
            runs, parts = [self.letters], [("    ".join(text for text, _ in parts), "left")]
        for run, (text, align) in zip(runs, parts, strict=True):
            self._put(run, 2, 2, text, align, _BODY)

    def _heads(self) -> None:
        """The column heads, below a row of group heads if the form has any; heights and widths."""
        self.head = 3 + any(column.group for column in self.form.columns)
        lettered = zip(self.letters, self.form.columns, strict=True)
        for group, run in itertools.groupby(lettered, lambda pair: pair[1].group):
            heads, top = list(run), 4 if group else 3
            if group:
                self._put([letter for letter, _ in heads], 3, 3, group, "center", _HEAD)
            for letter, column in heads:
                self._put([letter], top, self.head, column.head, "center", _HEAD)
                self.sheet.column_dimensions[letter].width = column.width
        self.heading = sum(self.heights.values())
        for row, height in self.heights.items():
            self.sheet.row_dimensions[row].height = height

    def _print(self, footer: str) -> None:
        sheet, form = self.sheet, self.form
        sheet.freeze_panes = f"A{self.head + 1}"
        sheet.print_title_rows = f"1:{self.head}"
        setup = sheet.page_setup
        setup.orientation, setup.paperSize = form.orientation, page.PAPERS[form.paper][0]
        setup.fitToPage, setup.fitToWidth, setup.fitToHeight = True, 1, 0
        sheet.page_margins = PageMargins(**{side: cm / 2.54 for side, cm in page.MARGINS.items()})
        sheet.print_options.horizontalCentered = True
        sheet.oddFooter.left.text = visible(footer).replace("&", "&&")
        sheet.oddFooter.right.text = "第 &P 页 共 &N 页"

    def across(self, row: int, text: str) -> str:
        """The XML of ``text`` in ``row``, which becomes one unruled cell across the table."""
        if len(self.letters) > 1:
            self.sheet.merge_cells(f"A{row}:{self.letters[-1]}{row}")
        return cell(f"A{row}", self.style("left", ""), text)

    def save(self, path: Path, body: Iterable[str]) -> None:
        """Write the workbook; ``body`` is the XML of the rows below the heading, read once."""
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            with archive.open(_SHEET, "w") as sheet:
                sheet.write(self._parts()[_SHEET].partition(_END)[0])
                sheet.writelines(text.encode() for text in body)
                if len(self.breaks) <= _MOST_BREAKS:
                    self.sheet.row_breaks.brk = [Break(id=row) for row in self.breaks]
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
