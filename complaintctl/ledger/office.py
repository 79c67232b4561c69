"""The office's own tables (station, policies, calendar, duties), rebuilt from its events; and a
whole ledger as it was, rebuilt in memory."""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from ..domain.event import Event
from .connection import Ledger, built
from .projection import Row, write
from .store import Book, events_of, project

TABLES = ("station", "adoption", "calendar_day", "calendar_year", "duty_record")


def project_office(ledger: Ledger, book: Book) -> None:
    """Makes the office's tables show what its events say."""
    book.forget()
    for table, rows in shown_office(book).items():
        code = "code" if table == "station" else "station"
        ledger.run(f"delete from {table} where {code} = :station")
        for row in rows:
            write(ledger.connection, table, [row])


def shown_office(book: Book) -> dict[str, Collection[Row]]:
    """What the office's tables must hold; of one key, what was said last."""
    found: dict[str, dict[Any, Row]] = {table: {} for table in TABLES}
    for event in events_of(book.ledger, None):
        if event.batch not in book.voided:
            for table, key, *row in _rows(event):
                found[table][key] = (book.ledger.station, key, *row)
    return {table: rows.values() for table, rows in found.items()}


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


def refresh(ledger: Ledger, book: Book, days: Collection[dt.date]) -> int:
    """Shows the office's events anew and recomputes the complaints a changed calendar touches.

    These have a clock that counts one of the days or waits for their year's notice.
    """
    touched = []
    if days:
        # A due date that rolled lies after the changed day; one that did not may be the day before.
        sql = """select distinct number from clock where station = :station
                 and (provisional = 1 or (since < :last and due_at >= :first)) order by number"""
        first, last = min(days), max(days) + dt.timedelta(days=1)
        touched = ledger.column(sql, first=first.isoformat(), last=last.isoformat())
    project_office(ledger, book)
    for number in touched:
        project(ledger, book, number)
    return len(touched)


def as_of(ledger: Ledger, moment: dt.datetime) -> Ledger:
    """The same ledger, in memory, without what was recorded after ``moment``. The caller closes
    it."""
    then = built(Ledger())
    then.station = ledger.station
    then.run("drop trigger event_continues")  # a selection has gaps
    for table in ("event", "private"):
        sql = f"""select t.* from {table} t join event e using (station, seq)
                  where station = :station and e.recorded_at <= :moment order by seq"""
        for row in ledger.run(sql, moment=moment.isoformat()):
            write(then.connection, table, [row])
    book = Book(then)
    project_office(then, book)
    sql = "select distinct number from event where number is not null order by number"
    for number in then.column(sql):
        project(then, book, number)
    return then
