"""Writing and re-reading events, and keeping the projection true to them.

Every function here that writes runs inside the caller's unit of work.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from ..domain.clocks import clocks
from ..domain.event import GENESIS, Event, canonical, digest, seal
from ..domain.fold import Complaint, fold
from ..domain.penalties import proposals
from ..domain.policy import Policy
from ..domain.workdays import WorkCalendar
from . import projection
from .connection import Ledger

EVENT = (
    "select e.seq, e.number, e.type, e.occurred_at, e.recorded_at, e.actor, e.batch, e.body, p.text"
    " from event e left join private p on p.station = e.station and p.seq = e.seq"
)
SALT = 16  # random bytes before personal data, without which a digest could be guessed


@dataclass(frozen=True)
class Draft:
    """An event before it is written. Times are aware; ``number`` is None for the office's own
    events."""

    type: str
    occurred_at: dt.datetime
    number: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stamp:
    """Who writes, when, and under which batch: one per invocation."""

    actor: str
    batch: str
    now: dt.datetime

    @cached_property
    def written(self) -> tuple[str, str, str]:
        """When, who and under which batch, as every event says it."""
        return self.now.isoformat(), self.actor, self.batch


class Book:
    """The rules and the calendar of a ledger as they are now, read once and kept."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._policies: dict[int, Policy] = {}
        self._adoptions: list[tuple[int, str]] = []
        self._calendar: WorkCalendar | None = None
        self._voided: frozenset[str] | None = None

    def policy(self, adoption: int) -> Policy:
        """The policy as it was adopted by the event of that number."""
        if adoption not in self._policies:
            row = self.ledger.connection.execute(
                "select body from event where station = ? and seq = ?",
                (self.ledger.station, adoption),
            ).fetchone()
            self._policies[adoption] = Policy(json.loads(row[0])["text"])
        return self._policies[adoption]

    def adoption(self, day: dt.date) -> int:
        """The adoption in force on a day; for days before the first, the first."""
        if not self._adoptions:
            self._adoptions = self.ledger.connection.execute(
                "select seq, from_day from adoption where station = ? order by from_day, seq",
                (self.ledger.station,),
            ).fetchall()
        inforce = [seq for seq, since in self._adoptions if since <= day.isoformat()]
        return int(inforce[-1] if inforce else self._adoptions[0][0])

    @property
    def calendar(self) -> WorkCalendar:
        if self._calendar is None:
            read = self.ledger.connection.execute
            own = (self.ledger.station,)
            days = read("select day, kind, name from calendar_day where station = ?", own)
            years = read("select year from calendar_year where station = ?", own)
            self._calendar = WorkCalendar(
                {dt.date.fromisoformat(day): (kind, name) for day, kind, name in days},
                {year for (year,) in years},
            )
        return self._calendar

    @property
    def voided(self) -> frozenset[str]:
        """The batches that were undone; undoing an undo brings a batch back."""
        if self._voided is None:
            rows = self.ledger.connection.execute(
                "select batch, body from event where station = ? and number is null"
                " and type = 'voided' order by seq desc",
                (self.ledger.station,),
            ).fetchall()
            void: set[str] = set()
            for batch, body in rows:
                if batch not in void:
                    void.add(json.loads(body)["batch"])
            self._voided = frozenset(void)
        return self._voided

    def forget(self) -> None:
        """Rules, calendar and undone batches are read again: an event has changed them."""
        self._policies.clear()
        self._adoptions.clear()
        self._calendar = self._voided = None

    def state(self, events: Iterable[Event]) -> tuple[Complaint, Policy]:
        """The folded state of one complaint's events, and the policy it lives under."""
        known = list(events)
        policy = self.policy(int(known[0].body.get("policy", 0)))
        state = fold(known, policy, self.voided)
        assert state is not None, "a complaint begins with its registration"
        return state, policy


def head(ledger: Ledger) -> tuple[int, str]:
    """The last event's number and hash; (0, GENESIS) for an empty ledger."""
    row = ledger.connection.execute(
        "select seq, hash from event where station = ? order by seq desc limit 1", (ledger.station,)
    ).fetchone()
    return (row[0], row[1]) if row else (0, GENESIS)


def append(ledger: Ledger, stamp: Stamp, drafts: Iterable[Draft]) -> list[Event]:
    """Adds events to the chain, personal data beside it. Nothing is projected yet."""
    seq, previous = head(ledger)
    written = []
    for draft in drafts:
        seq += 1
        about = (seq, draft.number, draft.type, draft.occurred_at.isoformat())
        row, private = chained(
            ledger.station, about, draft.body, draft.private, stamp, os.urandom(SALT)
        )
        hash_ = seal(row, previous)
        projection.write(ledger.connection, "event", [(*row, previous, hash_)])
        projection.write(ledger.connection, "private", [private] if private else [])
        previous = hash_
        written.append(Event._make((*row[1:8], draft.body, draft.private)))
    return written


def chained(
    station: str,
    about: tuple[int, str | None, str, str],
    body: Mapping[str, Any],
    private: Mapping[str, Any],
    stamp: Stamp,
    salt: bytes,
) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    """The ten chained values of an event and its row of personal data, if it has any.

    ``about`` is its seq, number, type and when it occurred.
    """
    beside = sealed = None
    if private:
        text = canonical(private)
        beside, sealed = (station, about[0], salt, text), digest(salt, text)
    return (station, *about, *stamp.written, canonical(body), sealed), beside


def event(row: tuple[Any, ...]) -> Event:
    """An event from a row of ``EVENT``; erased personal data reads as none."""
    return Event._make((*row[:7], json.loads(row[7]), json.loads(row[8] or "{}")))


def events_of(ledger: Ledger, number: str) -> list[Event]:
    """The events of one complaint, oldest first."""
    rows = ledger.connection.execute(
        EVENT + " where e.station = ? and e.number = ? order by e.seq", (ledger.station, number)
    )
    return [event(row) for row in rows]


def office_events(ledger: Ledger, type_: str) -> Iterator[Event]:
    """The office's own events of one type, oldest first."""
    for row in ledger.connection.execute(
        EVENT + " where e.station = ? and e.number is null and e.type = ? order by e.seq",
        (ledger.station, type_),
    ).fetchall():
        yield event(row)


def next_number(ledger: Ledger, pattern: str, day: dt.date) -> str:
    """The next number of the series a day belongs to. Gap-free: it is taken inside the write
    lock."""
    series, names = series_of(pattern, day)
    (serial,) = ledger.connection.execute(
        "insert into counter values (?,?,1) on conflict do update set last = last + 1"
        " returning last",
        (ledger.station, series),
    ).fetchone()
    return pattern.format(**names, serial=serial)


@lru_cache(1024)
def series_of(pattern: str, day: dt.date) -> tuple[str, Mapping[str, str]]:
    """What comes before the serial number on that day, and what the pattern may say of the day."""
    names = {"year": f"{day:%Y}", "month": f"{day:%m}", "yy": f"{day:%y}", "day": f"{day:%d}"}
    return pattern[: pattern.index("{serial")].format(**names), names


@dataclass(frozen=True)
class Shown:
    """What the tables must hold for one complaint, and the state it was made from."""

    state: Complaint
    row: tuple[Any, ...]
    lines: dict[str, list[tuple[Any, ...]]]


def shown(station: str, book: Book, events: Iterable[Event]) -> Shown:
    """The projection of one complaint's events: pure, so that it can also be proved."""
    state, policy = book.state(events)
    running = clocks(state, policy, book.calendar)
    proposed = proposals(state, policy, running)
    lines = {
        "spell": projection.spell_rows(station, state),
        "clock": projection.clock_rows(station, state.number, running),
        "penalty": projection.penalty_rows(station, state.number, proposed),
    }
    row = projection.complaint_row(station, state, policy, running, proposed)
    return Shown(state, row, lines)


def project(ledger: Ledger, book: Book, number: str) -> Complaint:
    """Makes the tables show what the complaint's events say, and returns its state."""
    now = shown(ledger.station, book, events_of(ledger, number))
    _replace(ledger, number, now.row)
    for table, lines in now.lines.items():
        projection.write(ledger.connection, table, lines)
    return now.state


def _replace(ledger: Ledger, number: str, row: tuple[Any, ...]) -> None:
    key = (ledger.station, number)
    run = ledger.connection.execute
    old = run(
        f"select id, {', '.join(projection.COLUMNS)} from complaint"
        " where station = ? and number = ?",
        key,
    ).fetchone()
    text = projection.searchable(row)
    if old is None:
        projection.write(ledger.connection, "complaint", [row])
        (rowid,) = run("select last_insert_rowid()").fetchone()
    else:
        rowid = old[0]
        changes = ", ".join(f"{name} = ?" for name in projection.COLUMNS)
        run(f"update complaint set {changes} where id = ?", (*row, rowid))
        before = projection.searchable(old[1:])
        if before != text:
            run("insert into search (search, rowid, text) values ('delete', ?, ?)", (rowid, before))
    if old is None or before != text:
        projection.write(ledger.connection, "search", [(rowid, text)])
    for table in ("spell", "clock", "penalty"):
        run(f"delete from {table} where station = ? and number = ?", key)
