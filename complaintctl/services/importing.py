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
from contextlib import nullcontext
from functools import partial
from itertools import chain, islice, pairwise, zip_longest
from pathlib import Path
from typing import IO, Any

from ..domain.form import Layout
from ..domain.oldrecord import DATES, Reader, Record, stripped
from ..errors import BadData, Faults
from ..ledger import bulk, queries
from ..ledger.store import Draft
from ..rulebook.files import load_layout, refuse
from ..sheets.atomic import save_csv
from ..sheets.read import open_table
from .session import Office, Values, writable

TOP = 20  # rows among which the headings must stand
Rows = Iterator[tuple[int, list[Any]]]


def import_book(
    office: Office, path: Path, how: Values, *, dry_run: bool, skip_bad: bool, force: bool
) -> Values:
    """Imports one file. With problems and without ``skip_bad`` nothing is written (``written``
    False). ``how`` may have mapping, sheet, encoding, and rejects: where the rows with problems
    go, to be mended and imported again. Returns what became of the rows: the counts; ``twins``,
    which say the same as an earlier row; ``passed``, which are no records (repeated headings,
    totals); ``shared``, the references of new records that others have too."""
    left = how["rejects"] and writable(how["rejects"], ".csv", office.ledger.path, path)
    layout, ledger = load_layout(how["mapping"] or "books", office.own), office.ledger
    told: Values = dict.fromkeys(("read", "accepted", "rejected", "duplicate", "blank"), 0)
    told |= {"twins": [], "passed": [], "problems": [], "shared": []}
    seen, bad = dict[bytes, int](), list[list[Any]]()
    with (
        open_table(path, sheet=how["sheet"], encoding=how["encoding"]) as table,
        open(path, "rb") as whole,
        tempfile.TemporaryFile(dir=ledger.path and ledger.path.parent) as file,
    ):
        headings, rows = _headings(table.rows, layout, path)
        reader = _reader(office, layout, headings, path)
        checked = _waiting(_records(rows, reader, told, seen, bad), file)
        write = not dry_run and (skip_bad or not bad)
        with ledger.unit() if write else nullcontext():
            known = queries.known(ledger, map(bytes.hex, seen))
            told |= {"accepted": len(seen) - len(known), "duplicate": len(known)}
            told["rejected"] = len(bad)
            if wrote := write and told["accepted"] > 0:
                fresh = ([old for old in c if old[2]["fingerprint"] not in known] for c in checked)
                bulk.append_old(ledger, office.book, office.stamp, fresh)
                digest = hashlib.file_digest(whole, "sha256").hexdigest()
                said = {"mapping": layout.id, "sheet": table.name, "file": path.name}
                said |= {"sha256": digest, "accepted": told["accepted"], "read": told["read"]}
                office.write(Draft("imported", office.now, None, said))
                told["shared"] = queries.shared(ledger, office.batch)
            if left and bad:  # before the commit: what is not taken in is nowhere else
                save_csv(left, [headings, *bad], force=force)
    unknown = [h for h in reader.headings if h and h not in reader.columns]
    told |= {"mapping": {"id": layout.id, "columns": reader.columns}, "unknown": unknown}
    told |= {"sheet": table.name, "encoding": table.encoding, "written": wrote, "dry_run": dry_run}
    told |= {"rejects": left} if left and bad else {}
    return {"batch": office.batch if wrote else None, **told}


def _headings(rows: Rows, layout: Layout, path: Path) -> tuple[list[Any], Rows]:
    """The first row, under title rows, that names two columns, or two rows that do so together;
    and the rows after it."""
    top = list(islice(rows, TOP + 2))

    def named(*cells: Any) -> int:
        return len({*layout.columns(cells).values()})

    for place, ((_, cells), (_, below)) in enumerate(pairwise([*top, (0, [])][: TOP + 2]), 1):
        alone = named(*cells)
        if alone and (joined := _joined(cells, below, named)):
            repeated = alone > 1 and any(below) and all(map(named, filter(None, below)))
            if repeated or named(*joined) > max(1, alone):
                return joined, chain(top[place + 1 :], rows)
        if alone > 1:
            return cells, chain(top[place:], rows)
    if not any(any(cells) for _, cells in top):
        raise BadData("file.no_rows", path=path.name)
    wanted = [layout.headings[name][0] for name in layout.required if name in layout.headings]
    raise BadData("import.no_headings", path=path.name, rows=TOP, wanted=wanted)


def _joined(upper: list[Any], lower: list[Any], known: Callable[[str], int]) -> list[str]:
    """Headings of two lines as one: 答复 above 时间 is 答复时间, 客户 above 姓名 is 姓名; below a
    heading that is known by itself stands nothing of another field. Empty if the lower line has
    what is no heading: a number or date, as every record has one, or the unknown below the known.
    """
    above, joined = "", []
    for high, low in zip_longest(upper, lower):
        text = str(high or "")
        above = text or above  # one that spans several columns
        both = f"{above}{low}"
        if low and (not isinstance(low, str) or re.search("[0-9]", low)):
            return []
        if not low or low == high:
            joined.append(text)
        elif known(both):
            joined.append(both)
        elif known(text) and not known(low):
            return []
        else:
            joined.append((text or both) if known(above) else low)
    return joined


def _reader(office: Office, layout: Layout, headings: list[Any], path: Path) -> Reader:
    """The reader of the rows under a heading that has all required columns. BadRules for names in
    the mapping that today's policy does not know, and defaults that it cannot read."""
    fields = office.policy.fields
    known = {"headings": {*fields, *DATES}, "required": layout.headings, "times": DATES}
    known |= {"values": fields, "defaults": fields}
    named = ((key, name) for key in known for name in getattr(layout, key))
    file = f"{layout.id}.toml"
    refuse(file, ((key, "unknown_name", name) for key, name in named if name not in known[key]))
    wrong = Faults()
    with wrong.kept():  # a default, which is read at once
        reader = Reader(layout, office.policy, headings, office.now)
    refuse(file, (("defaults", "bad_value", fault.params.get("value")) for fault in wrong))
    if reader.lacking:
        found = [*filter(None, reader.headings)]
        raise BadData("import.no_column", path=path.name, columns=reader.lacking, found=found)
    return reader


def _records(
    rows: Rows, reader: Reader, told: Values, seen: dict[bytes, int], bad: list[list[Any]]
) -> Iterator[Record]:
    """Reads every row once and yields the records; what became of the others is ``told``, the bad
    ones are kept. ``seen`` counts the fingerprints of the records."""
    for number, raw in rows:
        told["read"] += 1
        cells = stripped(raw)
        if why := reader.no_record(cells):
            told["blank"] += 1
            if why != "blank":
                told["passed"].append({"row": number, "why": why})
        elif isinstance(found := reader.record(cells), tuple):
            _, body, private = found
            key = bytes.fromhex(private["fingerprint"])
            times = seen[key] = seen.get(key, 0) + 1
            if times > 1:
                told["twins"].append(number)
                key += times.to_bytes(4, "big").lstrip(b"\0")
                private["fingerprint"], seen[key] = key.hex(), 1
            body["row"] = number
            yield found
        else:
            told["problems"] += ({"row": number, **problem} for problem in found)
            bad.append(reader.resolved(cells))


def _waiting(records: Iterator[Record], file: IO[bytes]) -> Iterator[list[Record]]:
    """The records again, many at a time, after all of them have been read into the file."""
    while held := list(islice(records, bulk.CHUNK)):
        pickle.dump(held, file)
    pickle.dump([], file)
    file.seek(0)
    return iter(partial(pickle.load, file), [])
