"""Many old records at once: events, chain, projection, clocks and search in a few wide statements.

Runs inside the caller's unit of work; ends with the same tables as one-by-one writing (a test
compares). SQLite writes in a thread of its own while the next records are prepared.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

from ..domain.clocks import clocks
from ..domain.event import Event
from ..domain.fold import OLD, ending, facts_of, fold
from ..domain.history import judged
from ..domain.policy import Policy
from . import projection
from .connection import Ledger
from .store import SALT, Book, Chain, Row, Stamp, series_of

CHUNK = 300  # records prepared at a time
AHEAD = 2  # groups that may wait for SQLite, which now and then takes long over one
# Rows of one statement: few of them hold up Python little, none may have over 32,766 variables.
TABLES = {**dict.fromkeys(("event", "private", "complaint", "search"), CHUNK), "clock": 4 * CHUNK}
# An old record: when it was received, the open part, the personal part.
Old = tuple[str, dict[str, Any], dict[str, Any]]
Ruled = tuple[Old, dt.date, int, Policy]


class Preparer:
    """Turns old records into rows of ``TABLES``, one after another, as the chain demands."""

    def __init__(self, ledger: Ledger, book: Book, stamp: Stamp) -> None:
        self.station, self.calendar = ledger.station, book.calendar
        self.chain = Chain(ledger, stamp)
        sql = "select ifnull(max(id), 0) from complaint"
        (self.rowid,) = ledger.connection.execute(sql).fetchone()
        sql = "select series, last from counter where station = ?"
        self.last: dict[str, int] = dict(ledger.read(sql).fetchall())
        self.rows: dict[str, list[Row]] = {table: [] for table in TABLES}

    def add(self, salt: bytes, old: Old, day: dt.date, adoption: int, policy: Policy) -> None:
        """One more record; it takes its number in the series of the month it was received."""
        received, said, personal = old
        series, names = series_of(policy.number, day)
        serial = self.last[series] = self.last.get(series, 0) + 1
        number = policy.number.format(**names, serial=serial)
        said["policy"] = adoption
        self.rowid += 1
        event, private = self.chain.link((number, "recorded", received), said, personal, salt)
        self.rows["event"].append(event)
        if private:
            self.rows["private"].append(private)
        record = Event._make((*event[1:8], said, personal))
        shown, lines = self._history(record, policy) or self._shown(record, policy)
        self.rows["complaint"].append(shown)
        self.rows["clock"] += lines
        self.rows["search"].append((self.rowid, projection.searchable(shown)))

    def _shown(self, event: Event, policy: Policy) -> tuple[Row, list[Row]]:
        """The rows of a complaint and of its clocks."""
        state = fold([event], policy)
        found = clocks(state, policy, self.calendar)
        shown = projection.complaint_row(self.station, state, policy, found, ())
        return shown, projection.clock_rows(self.station, state.number, found)

    def _history(self, event: Event, policy: Policy) -> tuple[Row, list[Row]] | None:
        """The same, twice as fast, straight from the stored dates; None where that cannot be."""
        fields, received = {**event.body, **event.private}, event.occurred_at
        done = fields.pop("steps", {})
        status, ended = ending(received, done)
        facts = facts_of(fields, policy, OLD, status)
        found = judged(policy, facts, received, done, self.calendar)
        if found is None:
            return None
        dated = [(j.due_at, j.limit.id) for j in found if j.due_at and j.limit.shown]
        told = {f"{step}_at": at for step, at in done.items()} | {
            "station": self.station,
            "number": event.number,
            "received_at": received,
            "registered_at": event.recorded_at,
            "ended_at": ended,
            "due": min(dated, default=projection.NOTHING),
            "next_due": projection.NOTHING,
            "late": int(any(j.state == "late" for j in found)),
            "assessed": False,
            "fine": 0.0,
            "batch": event.batch,
            "last_seq": event.seq,
        }
        about = (self.station, event.number, 0)
        return projection.columns(policy, facts, told), [
            (*about, limit.id, limit.origin, received, due, met, state, int(unsure))
            for limit, due, met, state, unsure in found
        ]

    def ready(self) -> list[tuple[str, list[Row]]]:
        """Rows for whole statements; what is over waits, so that few statements are compiled."""
        groups = []
        for table, rows in self.rows.items():
            while len(rows) >= (most := TABLES[table]):
                groups.append((table, rows[:most]))
                del rows[:most]
        return groups


def append_old(ledger: Ledger, book: Book, stamp: Stamp, records: Iterable[Old]) -> None:
    """Writes old records as complaints, each under the policy of its day."""
    connection = ledger.connection
    connection.execute("pragma cache_size = -16384")  # the indexes are filled in no order

    def write(groups: Iterable[tuple[str, list[Row]]]) -> None:
        for table, rows in groups:
            projection.write(connection, table, rows)

    prepared, source = Preparer(ledger, book, stamp), _ruled(book, records)
    pause = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)  # the writer, back from SQLite, is to be let in at once
    try:
        with ThreadPoolExecutor(1) as writer:
            writing: deque[Future[None]] = deque()
            while chunk := list(islice(source, CHUNK)):
                # Not one by one: that lets go of Python's lock so shortly that the writer,
                # who waits for it, always comes too late.
                salts = os.urandom(SALT * len(chunk))
                for n, record in enumerate(chunk):
                    prepared.add(salts[n * SALT : (n + 1) * SALT], *record)
                writing.append(writer.submit(write, prepared.ready()))
                if len(writing) > AHEAD:
                    writing.popleft().result()
            for written in writing:
                written.result()
    finally:
        sys.setswitchinterval(pause)
    write(prepared.rows.items())
    sql = "insert into counter values (?,?,?) on conflict do update set last = excluded.last"
    connection.executemany(sql, [(ledger.station, *item) for item in prepared.last.items()])


def _ruled(book: Book, records: Iterable[Old]) -> Iterator[Ruled]:
    """Each record with its day and the policy of that day."""
    known: dict[str, tuple[dt.date, int, Policy]] = {}
    for old in records:
        if old[0][:10] not in known:
            day = dt.date.fromisoformat(old[0][:10])
            adoption = book.adoption(day)
            known[old[0][:10]] = day, adoption, book.policy(adoption)
        yield old, *known[old[0][:10]]


def known(ledger: Ledger, fingerprints: Iterable[str]) -> set[str]:
    """Those that a record in the ledger has already (undone ones do not count)."""
    sql = "select 1 from complaint where station = ? and fingerprint {} limit 1"
    if not ledger.read(sql.format("is not null")).fetchone():
        return set()
    sql = sql.format("= ? and status <> 'voided'")
    return {f for f in fingerprints if ledger.read(sql, f).fetchone()}
