"""Old books into the ledger: the whole file is checked first, then all of it is written, or
nothing.

read = accepted + rejected + duplicate + blank. What is checked waits in a private, unlinked file
beside the ledger: the size of a book does not matter, the ledger is locked only while writing.
"""

from __future__ import annotations

import hashlib
import marshal
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ..domain.layout import Layout, recognise, spellings
from ..domain.oldrecord import Problem, Reader, Record
from ..domain.policy import Policy
from ..domain.vocabulary import Named
from ..errors import BadData
from ..ledger import bulk
from ..ledger.store import Draft, append
from ..rulebook.shapes import load_layout
from ..sheets.read import Table, open_table
from .session import Office

TOP = 20  # rows among which the headings must stand


@dataclass
class Counts:
    """What became of the rows. ``passed`` are rows that are no records: repeated headings,
    totals."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0
    blank: int = 0
    problems: list[Problem] = field(default_factory=list)
    twins: list[int] = field(default_factory=list)
    passed: list[tuple[int, str]] = field(default_factory=list)
    bad_rows: list[tuple[int, list[Any]]] = field(default_factory=list)


def import_book(
    office: Office,
    path: Path,
    *,
    mapping: str = "books",
    sheet: str | None = None,
    encoding: str | None = None,
    dry_run: bool = False,
    skip_bad: bool = False,
    rejects: Path | None = None,
) -> dict[str, Any]:
    """Imports one file. With problems and without ``skip_bad`` nothing is written (``written``
    False)."""
    layout = load_layout(mapping, office.own)
    counts = Counts()
    folder = office.ledger.path.parent if office.ledger.path else None
    with (
        open_table(path, sheet=sheet, encoding=encoding) as table,
        tempfile.TemporaryFile(dir=folder) as spool,
    ):
        headings, columns = _check(office, table, layout, spool, counts, path)
        write = not dry_run and (skip_bad or not counts.problems)
        _write(office, spool, counts, write=write, source=_source(path, layout, table))
        result = _report(office, counts, headings, columns, table, layout) | {
            "written": write,
            "dry_run": dry_run,
        }
    if rejects and counts.bad_rows:
        _save_rejects(rejects, headings, counts)
        result["rejects"] = rejects
    return result


def _check(
    office: Office, table: Table, layout: Layout, spool: IO[bytes], counts: Counts, path: Path
) -> tuple[list[Any], dict[str, str]]:
    """Reads every row once; good records go to the spool, problems are collected."""
    rows = iter(table)
    policy = office.policy
    headings = _headings(rows, layout, path)
    reader = Reader(layout, policy, headings, office.now)
    _complete(reader, layout, headings, policy, path)
    seen: dict[bytes, int] = {}
    for number, cells in rows:
        counts.read += 1
        why = reader.blank(cells)
        if why:
            counts.blank += 1
            if why != "blank":
                counts.passed.append((number, why))
            continue
        found = reader.record(number, cells)
        if isinstance(found, Record):
            _spool(spool, found, number, cells, seen, counts)
        else:
            counts.rejected += 1
            counts.problems += found
            counts.bad_rows.append((number, list(cells)))
    columns = {
        reader.headings[i]: name for name, indexes in reader.by_field.items() for i in indexes
    }
    return headings, columns


def _spool(
    spool: IO[bytes],
    found: Record,
    number: int,
    cells: Sequence[Any],
    seen: dict[bytes, int],
    counts: Counts,
) -> None:
    text = "\x1f".join([str(c).strip() for c in cells if c is not None and c != ""])
    key = hashlib.blake2b(text.encode(), digest_size=16).digest()
    times = seen[key] = seen.get(key, 0) + 1
    if times > 1:
        counts.twins.append(number)
        key += times.to_bytes(4, "big").lstrip(b"\0")
    found.private["fingerprint"] = key.hex()
    found.body["row"] = number
    record = marshal.dumps((found.received_at.isoformat(), found.body, found.private))
    spool.write(len(record).to_bytes(8, "big") + record)


def _headings(rows: Iterator[tuple[int, list[Any]]], layout: Layout, path: Path) -> list[Any]:
    """The row under the title rows that names the most columns."""
    known = spellings(layout)
    first: list[Any] = []
    for place, (_, cells) in enumerate(rows):
        hits = recognise(cells, known)
        if len({name for _, name in hits.values()}) >= 2:
            return list(cells)
        first = first or [c for c in cells if c not in (None, "")]
        if place >= TOP:
            break
    if not first:
        raise BadData("file.no_rows", path=path.name)
    raise BadData("import.no_headings", path=path.name, found=[str(c)[:20] for c in first[:8]])


def _complete(
    reader: Reader, layout: Layout, headings: list[Any], policy: Policy, path: Path
) -> None:
    lacking = [name for name in layout.required if name not in reader.by_field]
    if lacking:
        raise BadData(
            "import.no_column",
            path=path.name,
            columns=[_named(policy, name) for name in lacking],
            found=[str(h) for h in headings if h],
        )


def _named(policy: Policy, name: str) -> Named:
    found = policy.fields.get(name)
    return Named(name, found.zh, found.en) if found else Named(name, "受理时间", "received at")


def _fresh(spool: IO[bytes], office: Office, counts: Counts) -> Iterator[bulk.Old]:
    """The spooled records that the ledger does not hold yet."""
    spool.seek(0)
    first = not bulk.any_known(office.ledger)
    while size := spool.read(8):
        record: bulk.Old = marshal.loads(spool.read(int.from_bytes(size, "big")))
        if first or not bulk.known(office.ledger, record[2]["fingerprint"]):
            yield record
        else:
            counts.duplicate += 1


def _write(
    office: Office, spool: IO[bytes], counts: Counts, *, write: bool, source: dict[str, Any]
) -> None:
    records = _fresh(spool, office, counts)
    if not write:
        counts.accepted = sum(1 for _ in records)
        return
    with office.ledger.unit():
        counts.accepted = bulk.append_old(office.ledger, office.book, office.stamp, records)
        if counts.accepted:
            body = {**source, "accepted": counts.accepted, "read": counts.read}
            append(office.ledger, office.stamp, [Draft("imported", office.now, None, body)])


def _source(path: Path, layout: Layout, table: Table) -> dict[str, Any]:
    """What the ledger remembers of the book: its name, its digest, how it was read."""
    with open(path, "rb") as file:
        whole = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": path.name, "sha256": whole, "mapping": layout.id, "sheet": table.name}


def _report(
    office: Office,
    counts: Counts,
    headings: list[Any],
    columns: dict[str, str],
    table: Table,
    layout: Layout,
) -> dict[str, Any]:
    return {
        "batch": office.stamp.batch,
        "read": counts.read,
        "accepted": counts.accepted,
        "rejected": counts.rejected,
        "duplicate": counts.duplicate,
        "blank": counts.blank,
        "twins": counts.twins,
        "passed": [{"row": row, "why": why} for row, why in counts.passed],
        "problems": [
            {"row": p.row, "column": p.column, "value": p.value, "reason": p.fault}
            for p in counts.problems
        ],
        "mapping": {"id": layout.id, "columns": columns},
        "unknown": [h for h in map(str, headings) if h and h.strip() not in columns],
        "sheet": table.name,
        "encoding": table.encoding,
    }


def _save_rejects(path: Path, headings: list[Any], counts: Counts) -> None:
    """The rejected rows as a CSV of the same headings, to be mended and imported again."""
    import csv

    from ..sheets.atomic import replace_file

    with (
        replace_file(path, force=True) as private,
        open(private, "w", encoding="utf-8-sig", newline="") as out,
    ):
        writer = csv.writer(out)
        writer.writerow(headings)
        writer.writerows(cells for _, cells in counts.bad_rows)
