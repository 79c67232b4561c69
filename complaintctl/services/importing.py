"""Old books into the ledger: the whole file is checked first, then all of it is written, or
nothing.

read = accepted + rejected + duplicate + blank. What is checked waits in a private, unlinked file
beside the ledger: the size of a book does not matter, the ledger is locked only while writing.
"""

import hashlib
import pickle
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import IO, Any

from ..domain.form import Layout
from ..domain.oldrecord import DATES, Reader, Record, stripped
from ..errors import BadData, Usage
from ..ledger import bulk, queries
from ..ledger.store import Draft, append
from ..rulebook.files import load_layout, refuse
from ..sheets.atomic import save_csv
from ..sheets.read import open_table
from .session import Office, Values, writable

HELD = 100  # records of one read and write of the spool
TOP = 20  # rows among which the headings must stand
Rows = Iterator[tuple[int, list[Any]]]


@dataclass
class Tally:
    """What became of the rows. ``twins`` are rows that say the same as an earlier one, ``passed``
    those that are no records (repeated headings, totals), ``shared`` the references of new records
    that others have too."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0
    blank: int = 0
    twins: list[int] = field(default_factory=list)
    passed: list[dict[str, object]] = field(default_factory=list)
    problems: list[Values] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)


class Spool:
    """Checked records, waiting to be written; ``seen`` counts their fingerprints."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.held = file, list[bulk.Old]()
        self.seen: dict[bytes, int] = {}

    def add(self, found: Record, row: int) -> bool:
        """Keeps a record with its row and its fingerprint; whether it says something new."""
        key = hashlib.sha256(found.said.encode()).digest()[:16]
        times = self.seen[key] = self.seen.get(key, 0) + 1
        if times > 1:
            key += times.to_bytes(4, "big").lstrip(b"\0")
            self.seen[key] = 1
        found.private["fingerprint"] = key.hex()
        found.body["row"] = row
        self.held.append(found[:3])
        if len(self.held) == HELD:
            self._flush()
        return times == 1

    def _flush(self) -> None:
        pickle.dump(self.held, self.file)  # many at once, so that their keys are written once
        self.held.clear()

    def __iter__(self) -> Iterator[bulk.Old]:
        self._flush()
        self.file.seek(0)
        with suppress(EOFError):
            while True:
                yield from pickle.load(self.file)


def import_book(
    office: Office, path: Path, how: Values, *, dry_run: bool, skip_bad: bool, force: bool
) -> Values:
    """Imports one file. With problems and without ``skip_bad`` nothing is written (``written``
    False). ``how`` may have mapping, sheet, encoding, and rejects: where the rows with problems
    go, to be mended and imported again."""
    left = how["rejects"] and writable(how["rejects"], ".csv", office.ledger.path, path)
    layout = load_layout(how["mapping"] or "books", office.own)
    ledger, tally = office.ledger, Tally()
    with (
        open_table(path, sheet=how["sheet"], encoding=how["encoding"]) as table,
        tempfile.TemporaryFile(dir=ledger.path and ledger.path.parent) as file,
    ):
        (headings, rows), spool = _headings(table.rows, layout, path), Spool(file)
        reader = _reader(office, layout, headings, path)
        bad = _check(rows, reader, spool, tally)
        write = not dry_run and (skip_bad or not tally.problems)
        with ledger.unit() if write else nullcontext():
            known = queries.known(ledger, (key.hex() for key in spool.seen))
            tally.duplicate, tally.accepted = len(known), len(spool.seen) - len(known)
            written = write and tally.accepted > 0
            if written:
                fresh = (record for record in spool if record[2]["fingerprint"] not in known)
                bulk.append_old(ledger, office.book, office.stamp, fresh)
                about = {"mapping": layout.id, "sheet": table.name, **_source(path)}
                about |= {"accepted": tally.accepted, "read": tally.read}
                append(ledger, office.stamp, [Draft("imported", office.now, None, about)])
                tally.shared = queries.shared(ledger, office.stamp.batch)
            if left and bad:  # before the commit: what is not taken in is nowhere else
                save_csv(left, [headings, *bad], force=force)
    return {
        "batch": office.stamp.batch if written else None,
        **vars(tally),
        "mapping": {"id": layout.id, "columns": reader.columns},
        "unknown": [h for h in reader.headings if h and h not in reader.columns],
        "sheet": table.name,
        "encoding": table.encoding,
        "written": written,
        "dry_run": dry_run,
        **({"rejects": left} if left and bad else {}),
    }


def _headings(rows: Rows, layout: Layout, path: Path) -> tuple[list[Any], Rows]:
    """The first row, under title rows, that names two columns, or two rows that do so together;
    and the rows after it."""
    top = list(islice(rows, TOP + 2))

    def named(cells: list[Any]) -> int:
        return len({name for *_, name in layout.columns(cells)})

    def knows(text: str) -> bool:
        return named([text]) > 0

    for place, (_, cells) in enumerate(top[: TOP + 1], 1):
        below = top[place][1] if place < len(top) else []
        pairs = zip_longest(cells, below)
        if named(cells) and all(_is_heading(high, low, knows) for high, low in pairs if low):
            joined, lower = [*_joined(cells, below, knows)], [*filter(None, below)]
            more = named(joined) > max(1, named(cells))
            if more or (lower and named(cells) > 1 and all(map(knows, lower))):
                return joined, chain(top[place + 1 :], rows)
        if named(cells) >= 2:
            return cells, chain(top[place:], rows)
    if not any(any(cells) for _, cells in top):
        raise BadData("file.no_rows", path=path.name)
    wanted = [layout.headings[name][0] for name in layout.required if name in layout.headings]
    raise BadData("import.no_headings", path=path.name, rows=TOP, wanted=wanted)


def _is_heading(high: object, low: object, knows: Callable[[str], bool]) -> bool:
    """Whether a cell below a heading can be one as well: no number or date, as every record has
    one, and below what is known nothing that is not."""
    if not isinstance(low, str) or re.search("[0-9]", low):
        return False
    return low == high or not knows(str(high or "")) or knows(low) or knows(f"{high}{low}")


def _joined(upper: list[Any], lower: list[Any], known: Callable[[str], bool]) -> Iterator[str]:
    """Headings of two lines as one: 答复 above 时间 is 答复时间, 客户 above 姓名 is 姓名; below a
    heading that is known by itself stands nothing of another field."""
    above = ""
    for high, low in zip_longest(upper, lower, fillvalue=None):
        above = str(high or above)  # one that spans several columns
        both = f"{above}{low}"
        if not low or low == high:
            yield str(high or "")
        elif known(both) or known(above):
            yield both if known(both) or not high else above
        else:
            yield low


def _reader(office: Office, layout: Layout, headings: list[Any], path: Path) -> Reader:
    """The reader of the rows under a heading that has all required columns. BadRules for names in
    the mapping that today's policy does not know, and defaults that it cannot read."""
    fields = office.policy.fields
    known = {"headings": {*fields, *DATES}, "required": layout.headings, "times": DATES}
    known |= {"values": fields, "defaults": fields}
    strange = [(key, name) for key in known for name in getattr(layout, key)]
    name = f"{layout.id}.toml"
    refuse(name, ((key, "unknown_name", n) for key, n in strange if n not in known[key]))
    try:
        reader = Reader(layout, office.policy, headings, office.now)
    except Usage as wrong:  # a default, which is read at once
        refuse(name, (("defaults", "bad_value", f.params.get("value")) for f in wrong.faults))
        raise
    if lacking := reader.lacking():
        found = [*filter(None, reader.headings)]
        raise BadData("import.no_column", path=path.name, columns=lacking, found=found)
    return reader


def _check(rows: Rows, reader: Reader, spool: Spool, tally: Tally) -> list[list[Any]]:
    """Reads every row once: records go to the spool, problems to the tally; returns bad rows."""
    bad = []
    for number, raw in rows:
        tally.read += 1
        cells = stripped(raw)
        if why := reader.no_record(cells):
            tally.blank += 1
            if why != "blank":
                tally.passed.append({"row": number, "why": why})
            continue
        found = reader.record(cells)
        if isinstance(found, Record):
            if not spool.add(found, number):
                tally.twins.append(number)
        else:
            tally.rejected += 1
            tally.problems += ({"row": number, **problem} for problem in found)
            bad.append(reader.resolved(cells))
    return bad


def _source(path: Path) -> dict[str, Any]:
    """What the ledger remembers of the book's file."""
    with open(path, "rb") as file:
        return {"file": path.name, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
