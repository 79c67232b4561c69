"""Many old records at once, in a few wide statements of the caller's unit of work; the tables are
the same as after one-by-one writing (a test compares). SQLite writes in a thread of its own while
the next records are prepared."""

import datetime as dt
import os
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import islice

from ..domain.clocks import judged
from ..domain.event import Event
from ..domain.fold import OLD, ending, facts_of
from ..domain.oldrecord import Record
from ..domain.policy import Policy
from .connection import Ledger, Row
from .projection import COMPLAINT, SEARCH, Tables, columns, searchable, shown
from .store import SALT, Book, Chain, Stamp, series_of

CHUNK = 150  # records prepared at a time
AHEAD = 4  # groups that may wait for SQLite, which now and then takes long over one
# Rows of one statement: few of them hold up Python little, none may have over 32,766 variables.
TABLES = {**dict.fromkeys(("event", "private", COMPLAINT, SEARCH), CHUNK), "clock": 4 * CHUNK}
Groups = Iterable[tuple[str, list[Row]]]


class Preparer:
    """Turns old records into rows of ``TABLES``, one after another, as the chain demands."""

    def __init__(self, ledger: Ledger, book: Book, stamp: Stamp) -> None:
        self.station, self.book = ledger.station, book
        self.chain = Chain(ledger, stamp)
        (self.rowid,) = ledger.column("select ifnull(max(id), 0) from complaint")
        sql = "select series, last from counter where station = :station"
        self.last: dict[str, int] = dict(ledger.run(sql).fetchall())
        self.rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        self._ruling = cache(self._ruled)

    def _ruled(self, day: str) -> tuple[int, Policy, str, Mapping[str, str]]:
        """The policy in force on a day, and what it says of the numbers of that day."""
        date = dt.date.fromisoformat(day)
        adoption = self.book.adoption(date)
        policy = self.book.policy(adoption)
        return adoption, policy, *series_of(policy.number, date)

    def add(self, salt: bytes, record: Record) -> None:
        """One more record; it takes its number in the series of the month it was received."""
        received, said, personal = record
        adoption, policy, series, names = self._ruling(received[:10])
        serial = self.last[series] = self.last.get(series, 0) + 1
        number = policy.number.format(**names, serial=serial)
        said["policy"] = adoption
        self.rowid += 1
        event, private = self.chain.link((number, "recorded", received), said, personal, salt)
        self.rows["event"].append(event)
        self.rows["private"] += private
        recorded = Event._make((*event[1:8], said, personal))
        tables = self._history(recorded, policy) or shown(self.book, [recorded])
        (complaint,) = tables["complaint"]
        self.rows[COMPLAINT].append(complaint)
        self.rows["clock"] += tables["clock"]
        self.rows[SEARCH].append((self.rowid, searchable(complaint)))

    def _history(self, event: Event, policy: Policy) -> Tables | None:
        """What is ``shown``, in half the time, from the stored dates; None where that cannot be."""
        fields, received = {**event.body, **event.private}, event.occurred_at
        done = fields.pop("steps", {})
        status, ended = ending(received, done)
        facts = facts_of(fields, policy, OLD, status)
        found = judged(policy, facts, received, done, self.book.calendar)
        if found is None:
            return None
        about = (self.station, event.number, event.recorded_at, event.batch, event.seq)
        timed = [
            (*about[:2], 0, limit.id, limit.origin, received, due, met, state, int(unsure))
            for limit, due, met, state, unsure in found
        ]
        dates = {f"{step}_at": at for step, at in done.items()}
        dates |= {"received_at": received, "ended_at": ended}
        return {"complaint": [columns(about, policy, facts, dates, timed, [])], "clock": timed}

    def ready(self) -> Groups:
        """Rows for whole statements; what is over waits, so that few statements are compiled."""
        for table, rows in self.rows.items():
            while len(rows) >= (most := TABLES[table]):
                yield table, rows[:most]
                del rows[:most]


def append_old(ledger: Ledger, book: Book, stamp: Stamp, records: Iterable[Record]) -> None:
    """Writes old records as complaints, each under the policy of its day."""
    connection = ledger.connection
    connection.execute("pragma cache_size = -16384")  # the indexes are filled in no order

    def write(groups: Groups) -> None:
        for table, rows in groups:
            if connection.in_transaction:  # on a full disk SQLite itself has given all of it up
                ledger.write(table, rows)

    prepared, source = Preparer(ledger, book, stamp), iter(records)
    pause = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)  # the writer, back from SQLite, is to be let in at once
    try:
        with ThreadPoolExecutor(1) as writer:
            writing: deque[Future[None]] = deque()
            while chunk := list(islice(source, CHUNK)):
                # Not one by one: that lets go of Python's lock so shortly that the writer,
                # who waits for it, always comes too late.
                salts = os.urandom(SALT * len(chunk))
                for n, record in enumerate(chunk):
                    prepared.add(salts[n * SALT : (n + 1) * SALT], record)
                writing.append(writer.submit(write, [*prepared.ready()]))
                if len(writing) > AHEAD:
                    writing.popleft().result()
            for written in writing:
                written.result()
    finally:
        sys.setswitchinterval(pause)
    write(prepared.rows.items())
    sql = "insert into counter values (?,?,?) on conflict do update set last = excluded.last"
    connection.executemany(sql, [(ledger.station, *item) for item in prepared.last.items()])
