"""Many old records at once, in a few wide statements of the caller's unit of work; the tables are
the same as after one-by-one writing (a test compares). SQLite writes in a thread of its own while
the next records are prepared."""

import datetime as dt
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from itertools import chain
from queue import SimpleQueue
from threading import Thread

from ..domain.clocks import judged
from ..domain.event import Event
from ..domain.fold import OLD, ending, facts_of
from ..domain.oldrecord import Record
from ..domain.policy import Policy
from .connection import Ledger, Row, Values
from .projection import COMPLAINT, SEARCH, Tables, columns, searchable, shown
from .store import SALT, Book, Chain, Stamp, series_of

CHUNK = 150  # records at a time
AHEAD = 4  # groups that may wait for SQLite, which now and then takes long over one
# Rows of one statement: few of them hold up Python little, none may have over 32,766 variables.
TABLES = {**dict.fromkeys(("event", "private", COMPLAINT, SEARCH), CHUNK), "clock": 4 * CHUNK}
Groups = Iterable[tuple[str, list[Row]]]  # rows by table
Chunks = Iterable[list[Record]]


def append_old(ledger: Ledger, book: Book, stamp: Stamp, chunks: Chunks) -> None:
    """Writes old records as complaints, each under the policy of its day; no more than ``CHUNK``
    at a time."""
    ledger.execute("pragma cache_size = -16384")  # the indexes are filled in no order
    last = dict(ledger.run("select series, last from counter where station = :station").fetchall())

    # Not futures: a signal can leave the lock of one held, and its thread would wait for ever.
    waiting, written = SimpleQueue[Groups | None](), SimpleQueue[Exception | None]()

    def write() -> None:
        for groups in iter(waiting.get, None):
            try:
                for table, rows in groups:
                    if ledger.in_transaction:  # on a full disk SQLite has given all of it up
                        ledger.write(table, rows)
                written.put(None)
            except Exception as error:
                written.put(error)

    writer, pause = Thread(target=write, daemon=True), sys.getswitchinterval()
    sys.setswitchinterval(0.0001)  # the writer, back from SQLite, is to be let in at once
    writer.start()
    try:
        # As many empty groups follow as may wait: with the last of them all others are written.
        for count, groups in enumerate(chain(_prepared(book, stamp, chunks, last), [()] * AHEAD)):
            waiting.put(groups)
            if count >= AHEAD and (error := written.get()):
                raise error
    finally:
        waiting.put(None)
        writer.join()
        sys.setswitchinterval(pause)
    sql = "insert into counter values (?,?,?) on conflict do update set last = excluded.last"
    ledger.executemany(sql, [(ledger.station, *item) for item in last.items()])


def _prepared(book: Book, stamp: Stamp, chunks: Chunks, last: dict[str, int]) -> Iterator[Groups]:
    """Old records as rows of ``TABLES``, one after another, as the chain demands; each takes its
    number after the ``last`` one in the series of the month it was received. The rows are for
    whole statements; what is over waits for the end, so that few statements are compiled."""
    chain, ruling = Chain(book.ledger, stamp), cache(partial(_ruling, book))
    (rowid,) = book.ledger.column("select ifnull(max(id), 0) from complaint")
    tables: dict[str, list[Row]] = {table: [] for table in TABLES}
    for chunk in chunks:
        # Not one by one: that lets go of Python's lock so shortly that the writer,
        # who waits for it, always comes too late.
        salts = os.urandom(SALT * len(chunk))
        for n, (received, said, personal) in enumerate(chunk):
            said["policy"], policy, series, names = ruling(received[:10])
            serial = last[series] = last.get(series, 0) + 1
            about = policy.number.format(**names, serial=serial), "recorded", received
            row, private = chain.link(about, said, personal, salts[n * SALT : (n + 1) * SALT])
            found = _history(book, row, said, personal, policy)
            found = found or shown(book, [Event._make((*row[1:8], said, personal))])
            (complaint,) = found["complaint"]
            rowid += 1
            tables["event"].append(row)
            tables["private"] += private
            tables[COMPLAINT].append(complaint)
            tables["clock"] += found["clock"]
            tables[SEARCH].append((rowid, searchable(complaint)))
        yield [*_full(tables)]
    yield tables.items()


def _ruling(book: Book, day: str) -> tuple[int, Policy, str, Mapping[str, str]]:
    """The policy in force on a day, and what it says of the numbers of that day."""
    date = dt.date.fromisoformat(day)
    adoption, policy = book.adopted(date)
    return adoption, policy, *series_of(policy.number, date)


def _history(book: Book, row: Row, said: Values, private: Values, policy: Policy) -> Tables | None:
    """What is ``shown``, in half the time, from the stored dates; None where that cannot be."""
    station, seq, number, _, received, recorded, _, batch, *_ = row
    fields = {**said, **private}
    done = fields.pop("steps", {})
    status, ended = ending(received, done)
    facts = facts_of(fields, policy, OLD, status)
    if (found := judged(policy, facts, received, done, book.calendar)) is None:
        return None
    timed = [(station, number, *row) for row in found]
    dates = {f"{step}_at": at for step, at in done.items()}
    dates |= {"received_at": received, "ended_at": ended}
    about = station, number, recorded, batch, seq
    return {"complaint": [columns(about, policy, facts, dates, timed, [])], "clock": timed}


def _full(tables: Tables) -> Groups:
    """Rows enough for whole statements, taken away."""
    for table, rows in tables.items():
        while len(rows) >= (most := TABLES[table]):
            yield table, rows[:most]
            del rows[:most]
