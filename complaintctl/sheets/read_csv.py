"""Reads separated text: finds its encoding and separator, then leaves the work to the csv
module."""

from __future__ import annotations

import codecs
import csv
import itertools
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from complaintctl.errors import BadData
from complaintctl.sheets.read import Table

SEPARATORS = ",\t;，"
MOST_IN_CELL = 2**20  # beyond a million characters a quote was never closed
_END = f"\0{os.urandom(8).hex()}\0"  # no file holds it
_CHUNK = 2**16
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_WIDER = {"utf-8": "utf-8-sig", "gbk": "gb18030", "gb2312": "gb18030"}  # reads the same and more
_BREAK = re.compile(r"\r\n|\r|\n")


def open_csv(path: Path, encoding: str | None, delimiter: str | None) -> Table:
    """See ``open_table``."""
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise BadData("file.bad_delimiter", delimiter=delimiter)
    encoding = _encoding(path, encoding)
    file = open(path, encoding=encoding, newline="")  # noqa: SIM115  (the Table closes it)
    separator = delimiter or _separator(file.read(2**16))
    file.seek(0)
    csv.field_size_limit(MOST_IN_CELL)
    return Table(path.name, encoding, _rows(path.name, file, separator), file)


def _rows(name: str, file: IO[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    # A line of our own after the last one: if it does not come back as a row, a quote is still
    # open.
    reader = csv.reader(itertools.chain(file, [_END]), delimiter=separator)
    line = 1
    try:
        for row in reader:
            if row and row[-1].endswith(_END):
                break
            yield line, row
            line = reader.line_num + 1
    except csv.Error:
        raise BadData("file.cell_too_long", path=name, line=line, limit=MOST_IN_CELL) from None
    if row != [_END]:
        breaks = _BREAK.findall(row[-1])
        inside = len(breaks) - row[-1].endswith(tuple(f"{end}{_END}" for end in "\r\n"))
        raise BadData("file.unclosed_quote", path=name, line=reader.line_num - 1 - inside)


def _encoding(path: Path, wanted: str | None) -> str:
    """The first encoding in which the whole file can be read; nothing is ever replaced."""
    try:
        tries = [codecs.lookup(wanted).name] if wanted else ["utf-8", "gb18030"]
        "".encode(tries[0])  # only text encodings pass
    except LookupError:
        raise BadData("file.unknown_encoding", encoding=wanted) from None
    with open(path, "rb") as file:
        start = file.read(3)
    if not wanted:
        tries = [name for bom, name in _BOMS.items() if start.startswith(bom)] or tries
    tries = [_WIDER.get(name, name) for name in tries]
    faults = []
    for name in tries:
        fault = _undecodable(path, name)
        if fault is None:
            return name
        faults.append(fault)
    offset, line = max(faults)  # the attempt that came furthest is the likeliest
    raise BadData("file.encoding", path=path.name, line=line, offset=offset, tried=", ".join(tries))


def _undecodable(path: Path, encoding: str) -> tuple[int, int] | None:
    """Offset and line of the first byte that is not ``encoding``, if there is one."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done, line, chunk = 0, 1, b"?"
    with open(path, "rb") as file:
        while chunk:
            chunk = file.read(_CHUNK)
            waiting = decoder.getstate()[0]
            try:
                decoder.decode(chunk, not chunk)
            except UnicodeError as error:
                start = getattr(error, "start", 0) - len(waiting)
                return done + start, line + chunk[: max(0, start)].count(b"\n")
            done += len(chunk)
            line += chunk.count(b"\n")
    return None


def _separator(sample: str) -> str:
    """The separator that cuts most of the first rows into the same number (at least two) of
    cells."""
    told = re.match(r'"?sep=(.)"?[\r\n]', sample)  # Excel's own hint in the first line
    if told:
        return told[1]
    best, separator = (0, 0), ","
    for candidate in SEPARATORS:
        rows = csv.reader(_BREAK.split(sample)[:40], delimiter=candidate)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        score = max(((rows, width) for width, rows in widths.items()), default=(0, 0))
        if score > best:
            best, separator = score, candidate
    return separator
