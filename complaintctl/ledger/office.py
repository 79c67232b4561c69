"""The office's own tables (station, policies, calendar, duties), rebuilt from its events; and a
whole ledger as it was, rebuilt in memory."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ..domain.event import Event
from .connection import Ledger, built
from .store import Book, office_events, project

TABLES = ("station", "adoption", "calendar_day", "calendar_year", "duty_record")


def project_office(ledger: Ledger, book: Book) -> None:
    """Makes the office's tables show what its events say."""
    book.forget()
    for table in TABLES[1:]:
        ledger.run(f"delete from {table} where station = :station")
    for event in office_events(ledger):
        if event.batch not in book.voided:
            for table, *row in _rows(event):
                sql = f"insert or replace into {table} values (?{', ?' * len(row)})"
                ledger.connection.execute(sql, (ledger.station, *row))


def _rows(event: Event) -> Iterator[tuple[Any, ...]]:
    """The lines an event adds: the table, then its columns after the station."""
    body = event.body
    match event.type:
        case "opened":
            yield "station", body["name"], event.occurred_at
        case "adopted":
            told = (body[key] for key in ("policy", "edition", "digest", "from"))
            yield "adoption", event.seq, *told
        case "calendar":
            yield from (("calendar_year", year, body["source"]) for year in body.get("years", ()))
            yield from (("calendar_day", day, *why) for day, why in body["days"].items())
        case "duty":
            day, text = event.occurred_at[:10], event.private.get("text")
            yield "duty_record", event.seq, body["duty"], day, text


def refresh(ledger: Ledger, book: Book, days: Collection[str], numbers: Iterable[str] = ()) -> int:
    """Shows the office's events anew, and recomputes ``numbers`` and the complaints that a changed
    calendar touches: with a clock that counts one of the days or waits for their year's notice."""
    touched = [*numbers]
    if days:
        # A due date that rolled lies after the changed day; one that did not may be the day before.
        sql = """select distinct number from clock where station = :station
                 and (provisional = 1 or (since < date(:last, '+1 day') and due_at >= :first))
               order by number"""
        touched += ledger.column(sql, first=min(days), last=max(days))
    project_office(ledger, book)
    for number in touched:
        project(ledger, book, number)
    return len(touched)


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
