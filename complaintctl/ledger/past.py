"""A ledger as it was: the events recorded up to a moment, replayed in memory."""

from __future__ import annotations

import datetime as dt

from . import office
from .connection import Ledger, in_memory
from .store import Book, project


def as_of(ledger: Ledger, moment: dt.datetime) -> Ledger:
    """The same ledger without what was recorded after ``moment``. The caller closes it."""
    then = in_memory()
    then.station = ledger.station
    for table in ("event", "private"):
        cursor = ledger.connection.execute(
            f"select t.* from {table} t join event e on e.station = t.station and e.seq = t.seq"
            " where e.station = ? and e.recorded_at <= ? order by e.seq",
            (ledger.station, moment.isoformat()),
        )
        marks = ",".join("?" * len(cursor.description))
        then.connection.executemany(f"insert into {table} values ({marks})", cursor)
    book = Book(then)
    office.project_office(then, book)
    for (number,) in then.connection.execute(
        "select distinct number from event where number is not null order by number"
    ).fetchall():
        project(then, book, number)
    return then
