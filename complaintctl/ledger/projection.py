"""What the tables show: rows made from events, written beside them in the caller's unit of work,
and compared by ``verify``; also those of a whole ledger as it was at a moment."""

import datetime as dt
import sys
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..clock import iso
from ..domain.clocks import clocks
from ..domain.conditions import Table
from ..domain.demands import proposals
from ..domain.event import Event, canonical
from ..domain.fold import ABOUT, DERIVED, FOUND, UNMAPPED
from ..domain.policy import Policy
from .connection import Ledger, Row, Values, opened
from .store import Book, events_of

Tables = dict[str, list[Row]]
NOTHING = (None, None, "")  # no date, no limit
SEARCHED = ("content", "demand", "name", "phone", "address", "account_no", "accused", "handler")
PLAIN = (*SEARCHED, "reference", "kind", "channel", "category", "level", "receiver", "unit",
         "reply_mode", "result", "outcome", "substantiated", "responsibility", "satisfaction",
         "note", "fingerprint")  # fmt: skip
TOLD = (*FOUND, "restricted")
COLUMNS = (*ABOUT, *PLAIN, *TOLD)
NAMES = ", ".join(COLUMNS)
# Tables with the columns that are written; those of the office, written whole.
COMPLAINT, SEARCH = f"complaint ({NAMES})", "search (rowid, text)"
OFFICE = ("station", "adoption", "calendar_day", "calendar_year", "duty_record")
# What has a column, and what only the events tell.
_OWN = {*PLAIN, *DERIVED, "policy", "restricted", UNMAPPED}
_SEARCHED_AT = slice(len(ABOUT), len(ABOUT) + len(SEARCHED))
_WIDE = f"utf-16-{sys.byteorder[0]}e"  # as the machine has its numbers


def shown(book: Book, events: Sequence[Event]) -> Tables:
    """What the tables must hold for one complaint, spells only for a re-opened one: pure, so that
    it can also be proved."""
    first, (state, policy) = events[0], book.state(events)
    key = book.ledger.station, first.number
    about = (*key, first.recorded_at, first.batch, events[-1].seq)
    running = clocks(state, policy, book.calendar)
    timed = [
        (*key, round_, limit, origin, iso(since), due and iso(due), met and iso(met), *rest)
        for limit, origin, round_, since, due, met, *rest in running
    ]
    proposed = [*proposals(state, policy, running)]
    fines = [p.amount + p.shared for p in proposed if p.state == "approved"]
    periods = [(iso(r.since), r.ended and iso(r.ended)) for r in state.rounds]
    dates: Values = {f"{t.step}_at": iso(t.at) for each in state.rounds for t in each.steps}
    dates |= {"received_at": periods[0][0], "ended_at": periods[-1][1]}
    return {
        "complaint": [columns(about, policy, state.facts, dates, timed, fines)],
        "spell": [(*key, n, *period) for n, period in enumerate(periods) if len(periods) > 1],
        "clock": timed,
        "penalty": [(*key, *proposal) for proposal in proposed],
    }


def columns(
    about: Row, policy: Policy, facts: Table, dates: Table, timed: list[Row], fines: list[float]
) -> Row:
    """The values of ``COLUMNS``: those of ``ABOUT``, and what follows from the facts, the dates by
    column, the rows of the clocks, the fines that were approved."""
    dated = sorted([(row[6], row[3], row[8]) for row in timed if row[6]])
    due = next((d for d in dated if policy.limit(d[1]).shown), NOTHING)
    coming = next((d for d in dated if d[2] == "running"), NOTHING)
    found = {
        **{name: facts[name] for name in DERIVED},
        **dates,
        "adoption": facts.get("policy", 0),
        "round": facts["reopened"],
        # A whole number is bound four times as fast as a truth value.
        "late": int(any(row[8] == "late" for row in timed)),
        "assessed": int(bool(fines) or facts.get("counted") is True),
        "fine": float(sum(fines)),
        "more": canonical({k: v for k, v in facts.items() if k not in _OWN}),
        "restricted": int(policy.restricted(facts)),
    }
    found["due_at"], found["due_limit"], _ = due
    found["next_due_at"], found["next_limit"], _ = coming
    plain = [facts.get(name) or None for name in PLAIN]  # one may have been emptied
    return (*about, *plain, *map(found.get, TOLD))


def searchable(row: Row) -> str:
    """The text of a complaint row that can be searched, one blank between any two characters: one
    token a character finds two-character Chinese words, which a trigram index cannot."""
    text = "\n".join(filter(None, row[_SEARCHED_AT]))
    units = text.encode(_WIDE)
    if len(units) > 2 * len(text):  # a rare character takes two of them
        return " ".join(text)
    spaced = array("H", [ord(" ")]) * (len(units) - 1)  # four times as fast
    spaced[::2] = array("H", units)
    return spaced.tobytes().decode(_WIDE)


def project(book: Book, number: str) -> None:
    """Makes the tables, and what can be searched, show what the complaint's events say."""
    ledger, which = book.ledger, "where station = :station and number = :number"
    tables = shown(book, events_of(ledger, number))
    (row,) = tables.pop("complaint")
    for table, rows in tables.items():
        ledger.run(f"delete from {table} {which}", number=number)
        ledger.write(table, rows)
    find = f"select id, {NAMES} from complaint {which}"
    old = ledger.run(find, number=number).fetchone() or (None,)
    replace = f"replace into complaint (id, {NAMES}) values (?{', ?' * len(row)})"
    rowid = ledger.execute(replace, (old[0], *row)).lastrowid
    before, text = searchable(old[1:]), searchable(row)
    gone = [("delete", rowid, before)] if before else []
    if before != text:
        ledger.write("search (search, rowid, text)", [*gone, (None, rowid, text)])


def shown_office(book: Book) -> dict[str, Collection[Row]]:
    """What the office's tables must hold; of one key, what was said last."""
    found: dict[str, dict[Any, Row]] = {table: {} for table in OFFICE}
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
            yield "adoption", event.seq, *(body[k] for k in ("policy", "edition", "digest", "from"))
        case "calendar":
            yield from (("calendar_year", year, body["source"]) for year in body.get("years", ()))
            yield from (("calendar_day", day, *why) for day, why in body["days"].items())
        case "duty":
            day, text = event.occurred_at[:10], event.private.get("text")
            yield "duty_record", event.seq, body["duty"], day, text


def refresh(book: Book, days: Collection[str], numbers: Iterable[str] = ()) -> int:
    """Makes the office's tables show what its events say, and recomputes ``numbers`` and what a
    changed calendar touches: complaints with a clock that counts one of the days or waits for
    their year's notice. Returns how many."""
    touched = [*numbers]
    if days:
        # A due date that rolled lies after the changed day; one that did not may be the day before.
        sql = """select distinct number from clock where station = :station
                 and (provisional = 1 or (since < date(:last, '+1 day') and due_at >= :first))
               order by number"""
        touched += book.ledger.column(sql, first=min(days), last=max(days))
    book.forget()
    for table, rows in shown_office(book).items():
        code = "code" if table == "station" else "station"
        book.ledger.run(f"delete from {table} where {code} = :station")
        for row in rows:
            book.ledger.write(table, [row])
    for number in touched:
        project(book, number)
    return len(touched)


@contextmanager
def as_of(ledger: Ledger, moment: dt.datetime) -> Iterator[Ledger]:
    """The ledger, in memory, as it was known at a moment."""
    sql = "select * from history where station = :station and recorded_at <= :moment order by seq"
    with opened() as then:
        then.station, then.name = ledger.station, ledger.name
        then.run("drop trigger event_continues")  # a selection has gaps
        for *row, salt, text in ledger.run(sql, moment=moment.isoformat()):
            then.write("event", [row])
            then.write("private", [(*row[:2], salt, text)] if text else [])
        sql = "select distinct number from event where number is not null order by number"
        refresh(Book(then), (), then.column(sql))
        yield then
