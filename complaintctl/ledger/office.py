"""The office's own tables: station, adopted policies, calendar, duties. All rebuilt from its
events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from ..domain.event import Event
from .connection import Ledger
from .store import Book, office_events, project

TABLES = ("station", "adoption", "calendar_day", "calendar_year", "duty_record")


def project_office(ledger: Ledger, book: Book) -> None:
    """Makes the office's tables show what its events say."""
    book.forget()
    run = ledger.connection.execute
    for table in TABLES[1:]:
        run(f"delete from {table} where station = ?", (ledger.station,))
    for type_ in ("opened", "adopted", "calendar", "duty"):
        for event in office_events(ledger, type_):
            if event.batch not in book.voided:
                _show(ledger, event)
    book.forget()


def _show(ledger: Ledger, event: Event) -> None:
    run, own, body = ledger.connection.execute, ledger.station, event.body
    match event.type:
        case "opened":
            run(
                "insert into station values (?,?,?) on conflict do update set name = excluded.name",
                (own, body["name"], event.occurred_at),
            )
        case "adopted":
            keys = ("policy", "edition", "digest", "from")
            row = (own, event.seq, *(body[key] for key in keys))
            run("insert into adoption values (?,?,?,?,?,?)", row)
        case "calendar":
            for year in body.get("years", ()):
                run(
                    "insert or replace into calendar_year values (?,?,?)",
                    (own, year, body["source"]),
                )
            for day, (kind, name) in body["days"].items():
                run("insert or replace into calendar_day values (?,?,?,?)", (own, day, kind, name))
        case "duty":
            done = (event.occurred_at[:10], event.private.get("text"))
            run("insert into duty_record values (?,?,?,?,?)", (own, event.seq, body["duty"], *done))


def affected_by(ledger: Ledger, days: Iterable[dt.date]) -> list[str]:
    """The complaints with a clock that counts one of these days or waits for their year's
    notice."""
    known = sorted(days)
    if not known:
        return []
    first, last = known[0].isoformat(), (known[-1] + dt.timedelta(days=1)).isoformat()
    # A due date that rolled lies after the changed day, one that did not may be the day before it.
    return [
        number
        for (number,) in ledger.connection.execute(
            "select distinct number from clock where station = ?"
            " and (provisional = 1 or (since < ? and due_at >= ?)) order by number",
            (ledger.station, last, first),
        )
    ]


def refresh(ledger: Ledger, book: Book, days: Iterable[dt.date]) -> int:
    """Shows the office's events anew and recomputes the complaints a changed calendar touches."""
    touched = affected_by(ledger, days)
    project_office(ledger, book)
    for number in touched:
        project(ledger, book, number)
    return len(touched)


def batch_numbers(ledger: Ledger, batch: str) -> list[str]:
    """The complaints a batch wrote to; for an undo, those of the batch that it took back."""
    sql = """
        with recursive meant (batch) as (
          values (:batch) union
          select json_extract(e.body, '$.batch') from event e join meant m on e.batch = m.batch
          where e.station = :own and e.type = 'voided' and e.number is null)
        select distinct number from event
        where station = :own and batch in meant and number is not null
    """
    found = ledger.connection.execute(sql, {"own": ledger.station, "batch": batch})
    return [number for (number,) in found]
