"""A ledger as it was, or a part of it: events replayed in memory."""

import datetime as dt

from .connection import Ledger, built
from .office import project_office
from .store import Book, project


def as_of(ledger: Ledger, moment: dt.datetime) -> Ledger:
    """The same ledger without what was recorded after ``moment``. The caller closes it."""
    then = replayed(ledger, "e.recorded_at <= :moment", moment=moment.isoformat())
    book = Book(then)
    sql = "select distinct number from event where number is not null order by number"
    for number in then.column(sql):
        project(then, book, number)
    return then


def replayed(ledger: Ledger, which: str, **named: str) -> Ledger:
    """A ledger in memory with some of the events, and the office's tables they make."""
    then = built(Ledger())
    then.station = ledger.station
    then.run("drop trigger event_continues")  # a selection has gaps
    for table in ("event", "private"):
        sql = f"""select t.* from {table} t join event e on e.station = t.station and e.seq = t.seq
                  where e.station = :station and {which} order by e.seq"""
        cursor = ledger.run(sql, **named)
        marks = ", ".join("?" * len(cursor.description))
        then.connection.executemany(f"insert into {table} values ({marks})", cursor)
    project_office(then, Book(then))
    return then
