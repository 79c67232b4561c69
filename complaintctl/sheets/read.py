"""Opens a table somebody else made and yields its rows, or says in one sentence why not. Separated
text is read here, a workbook next door. No header is looked for, no cell is changed."""

import codecs
import csv
import io
import itertools
import os
import re
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from ..errors import BadData, NotFound, Trouble, Usage

MAX_FILE = 200 * 2**20
_OTHER = (".xls", ".xlsb", ".et", ".ett", ".ods", ".wps", ".doc", ".docx", ".pdf", ".numbers")
_FOREIGN = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"SQLite f")
MOST_IN_CELL = 2**20  # beyond a million characters a quote was never closed
_END = f"\0{os.urandom(8).hex()}\0"  # no file holds it
_CHUNK = 2**16
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_WIDER = {"utf-8": "utf-8-sig", "gbk": "gb18030", "gb2312": "gb18030"}  # reads the same and more
_BREAK = re.compile(r"\r\n|\r|\n")


class Uncomputed(NamedTuple):
    """A formula without its result: a program wrote it and no Excel ever calculated it."""

    formula: str


class Table(NamedTuple):
    """Rows as (number, cells), read once; the number is the sheet's row or the text's line. Cells
    of a text are str; of a workbook also int, float, bool, dates, times, None and Uncomputed."""

    name: str
    encoding: str
    rows: Iterator[tuple[int, list[Any]]]


@contextmanager
def open_table(path: Path, *, sheet: str | None, encoding: str | None) -> Iterator[Table]:
    """The rows of ``path``, to be read before the ``with`` ends. Raises NotFound file.missing and
    BadData file.*, some of them only while the rows are read."""
    with _opened(path) as file:
        start, suffix = file.read(16), path.suffix.lower()
        if start.startswith(b"\xd0\xcf\x11\xe0"):
            raise BadData("file.old_or_encrypted", path=path.name)
        if start.startswith(b"PK"):
            from .read_xlsx import workbook_table

            yield workbook_table(path, file, sheet)
            return
        if suffix in (".xlsx", ".xlsm", ".xltx"):
            raise BadData("file.not_workbook", path=path.name)
        told = next((name for mark, name in _BOMS.items() if start.startswith(mark)), None)
        binary = start.count(0) > 3 and not encoding and told != "utf-16"
        if binary or suffix in _OTHER or start.startswith(_FOREIGN):
            raise BadData("file.wrong_kind", path=path.name)
        encoding = _encoding(path, file, encoding, told)
        yield Table(path.name, encoding, _rows(path, io.TextIOWrapper(file, encoding, newline="")))


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Whatever reading ``path`` raises becomes NotFound file.missing or BadData file.unreadable."""
    try:
        yield
    except Trouble:
        raise
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound("file.missing", path=str(path)) from None
    except Exception as error:  # openpyxl, expat and zipfile know a dozen ways to fail
        raise BadData("file.unreadable", path=path.name) from error


def _opened(path: Path) -> IO[bytes]:
    """A regular file that is not empty and not beyond measure."""
    with readable(path):
        size = path.stat().st_size  # before opening: to open a pipe would wait for ever
        if path.is_dir():
            raise BadData("file.is_folder", path=str(path))
        if not path.is_file():
            raise BadData("file.not_regular", path=path.name)
        if not 0 < size <= MAX_FILE:
            code = "file.too_big" if size else "file.empty"
            raise BadData(code, path=path.name, limit=MAX_FILE >> 20)
        return open(path, "rb")


def _encoding(path: Path, file: IO[bytes], wanted: str | None, told: str | None) -> str:
    """The first encoding in which the whole file can be read; nothing is ever replaced."""
    try:
        "".encode(wanted or "utf-8")  # only text encodings pass
    except LookupError:
        raise Usage("file.unknown_encoding", encoding=wanted) from None
    only = codecs.lookup(wanted).name if wanted else told
    tries = [_WIDER.get(only, only)] if only else ["utf-8-sig", "gb18030"]
    offset = 0  # of the first byte that cannot be read, in the attempt that came furthest
    for name in tries:
        file.seek(0)
        try:
            deque(codecs.iterdecode(iter(lambda: file.read(_CHUNK), b""), name), maxlen=0)
            return name
        except UnicodeDecodeError as error:
            offset = max(offset, file.tell() - len(error.object) + error.start)
        except UnicodeError:  # UTF-16 that does not say which half comes first
            pass
    file.seek(0)
    line = file.read(offset).count(b"\n") + 1
    raise BadData("file.encoding", path=path.name, line=line, offset=offset, tried=", ".join(tries))


def _separator(sample: str) -> str:
    """The separator that cuts most of the first rows into the same number of cells."""
    lines = _BREAK.split(sample)[:40]

    def score(separator: str) -> tuple[int, int]:
        widths = Counter(map(len, csv.reader(lines, delimiter=separator)))
        return max(((rows, width) for width, rows in widths.items() if width > 1), default=(0, 0))

    return max(",\t;，", key=score)


def _rows(path: Path, text: IO[str]) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(MOST_IN_CELL)
    text.seek(0)
    separator = _separator(text.read(_CHUNK))
    text.seek(0)
    # If our own last line does not come back as a row of its own, a quote is still open.
    reader, line = csv.reader(itertools.chain(text, [_END]), delimiter=separator), 1
    try:
        for row in iter(reader.__next__, [_END]):
            if row and row[-1].endswith(_END):
                line += len(_BREAK.findall(separator.join(row[:-1])))
                raise BadData("file.unclosed_quote", path=path.name, line=line)
            yield line, row
            line = reader.line_num + 1
    except csv.Error:
        raise BadData("file.cell_too_long", path=path.name, line=line, limit=MOST_IN_CELL) from None
