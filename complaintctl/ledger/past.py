"""A ledger as it was, or a part of it: events replayed in memory."""

from __future__ import annotations

import datetime as dt

from .connection import Ledger, in_memory
from .office import project_office
from .queries import column
from .store import Book, project


def as_of(ledger: Ledger, moment: dt.datetime) -> Ledger:
    """The same ledger without what was recorded after ``moment``. The caller closes it."""
    then = replayed(ledger, "e.recorded_at <= ?", moment.isoformat())
    book = Book(then)
    sql = "select distinct number from event where number is not null order by number"
    for number in column(then, sql):
        project(then, book, number)
    return then


def replayed(ledger: Ledger, which: str, *values: str) -> Ledger:
    """A ledger in memory with some of the events, and the office's tables they make."""
    then = in_memory()
    then.station = ledger.station
    then.connection.execute("drop trigger event_continues")  # a selection has gaps
    for table in ("event", "private"):
        cursor = ledger.connection.execute(
            f"select t.* from {table} t join event e on e.station = t.station and e.seq = t.seq"
            f" where e.station = ? and {which} order by e.seq",
            (ledger.station, *values),
        )
        marks = ", ".join("?" * len(cursor.description))
        then.connection.executemany(f"insert into {table} values ({marks})", cursor)
    project_office(then, Book(then))
    return then
