"""Opens a table somebody else made, text or workbook, and yields its rows; says in one sentence why
not.

Nothing is interpreted here: no header is looked for, no cell is changed. What the file is counts
more
than what it is called.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from complaintctl.errors import BadData, NotFound

MAX_FILE = 200 * 2**20
_OTHER = {
    ".xls",
    ".xlsb",
    ".et",
    ".ett",
    ".ods",
    ".wps",
    ".doc",
    ".docx",
    ".pdf",
    ".numbers",
    ".db",
}
_OLE, _ZIP, _FOREIGN = (
    b"\xd0\xcf\x11\xe0",
    b"PK",
    (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"SQLite f"),
)


@dataclass(frozen=True)
class Uncomputed:
    """A formula whose result is not in the file: a program wrote it and no Excel ever calculated
    it."""

    formula: str


@dataclass
class Table:
    """Rows as (number, cells), read once; the number is the row of the sheet or the line of the
    text.

    Cells of a text are str; of a workbook also int, float, bool, dates, times, None and Uncomputed.
    """

    name: str
    encoding: str
    rows: Iterator[tuple[int, list[Any]]]
    file: IO[Any]

    def __iter__(self) -> Iterator[tuple[int, list[Any]]]:
        return self.rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def open_table(
    path: Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Table:
    """The rows of ``path``; use it in a ``with``. Raises NotFound file.missing and BadData file.*,
    some of them only while the rows are read."""
    start, suffix = _first_bytes(path), path.suffix.lower()
    if start.startswith(_OLE):
        raise BadData("file.old_or_encrypted", path=path.name)
    if start.startswith(_ZIP):
        from complaintctl.sheets.read_xlsx import open_xlsx

        return open_xlsx(path, sheet)
    if suffix in (".xlsx", ".xlsm", ".xltx"):
        raise BadData("file.not_workbook", path=path.name)
    binary = (
        start.count(0) > 3 and not encoding and not start.startswith((b"\xff\xfe", b"\xfe\xff"))
    )
    if suffix in _OTHER or start.startswith(_FOREIGN) or binary:
        raise BadData("file.wrong_kind", path=path.name)
    from complaintctl.sheets.read_csv import open_csv

    return open_csv(path, encoding, delimiter)


def _first_bytes(path: Path) -> bytes:
    """The beginning of a regular file that is not empty and not beyond measure."""
    try:
        about = path.stat()  # before opening: to open a pipe would wait for ever
        if stat.S_ISDIR(about.st_mode):
            raise BadData("file.is_folder", path=path.name)
        if not stat.S_ISREG(about.st_mode):
            raise BadData("file.not_regular", path=path.name)
        if about.st_size == 0:
            raise BadData("file.empty", path=path.name)
        if about.st_size > MAX_FILE:
            raise BadData("file.too_big", path=path.name, limit=MAX_FILE >> 20)
        with open(path, "rb") as file:
            return file.read(16)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound("file.missing", path=str(path)) from None
    except OSError as error:
        raise BadData("file.unreadable", path=path.name) from error
