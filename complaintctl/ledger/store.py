"""Writing and re-reading events, the one truth. What writes runs in the caller's unit of work."""

import datetime as dt
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from ..clock import iso
from ..domain.conditions import Table
from ..domain.event import GENESIS, Event, canonical, digest, seal
from ..domain.fold import Complaint, fold
from ..domain.policy import Policy
from ..domain.workdays import WorkCalendar
from ..errors import Refused
from .connection import Ledger, Row

State = tuple[Complaint, Policy]  # of a complaint, and the policy it lives or would live under
Stamp = tuple[str, str, str]  # when one invocation writes, who does, and under which batch
# Other series, of a numbering that was changed, of which a number might be as well.
RIVALS = """select series from counter where station = :station and series <> :series
              and substr(:number, 1, length(series)) = series
              and substr(:number, length(series) + 1) not glob '*[^0-9]*'"""
SALT = 16  # random bytes before personal data, without which a digest could be guessed


class Draft(NamedTuple):
    """An event before it is written. ``number`` is None for the office's own."""

    type: str
    occurred_at: dt.datetime
    number: str | None
    body: Mapping[str, Any]
    private: Mapping[str, Any] = MappingProxyType({})


class Book:
    """The rules and the calendar of a ledger as they are now, read once and kept."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.policy = ledger, cache(self._policy)

    def forget(self) -> None:
        """What events can change is read again when it is next asked for."""
        self.__dict__ = {"ledger": self.ledger, "policy": self.policy}

    def _policy(self, adoption: int) -> Policy:
        """The policy as it was adopted by the event of that number."""
        sql = "select body from event where station = :station and seq = :seq"
        (body,) = self.ledger.column(sql, seq=adoption)
        return Policy(json.loads(body)["text"])

    @cached_property
    def _adoptions(self) -> list[tuple[str, int]]:
        sql = "select from_day, seq from adoption where station = :station order by from_day, seq"
        return self.ledger.run(sql).fetchall()

    def adopted(self, day: dt.date) -> tuple[int, Policy]:
        """The adoption in force on a day and its policy; for days before the first, the first."""
        first, *later = self._adoptions
        _, seq = max([first, *(a for a in later if a[0] <= day.isoformat())])
        return seq, self.policy(seq)

    @cached_property
    def calendar(self) -> WorkCalendar:
        """The office's calendar, corrections by hand included."""
        days = self.ledger.run("select day, kind, name from calendar_day where station = :station")
        known = {dt.date.fromisoformat(day): (kind, name) for day, kind, name in days}
        sql = "select year from calendar_year where station = :station"
        return WorkCalendar(known, self.ledger.column(sql))

    @cached_property
    def voided(self) -> frozenset[str]:
        """The batches that were undone; undoing an undo brings a batch back."""
        sql = """select batch, body from event where station = :station and number is null
                 and type = 'voided' order by seq desc"""
        void: set[str] = set()
        for batch, body in self.ledger.run(sql):
            if batch not in void:
                void.add(json.loads(body)["batch"])
        return frozenset(void)

    def state(self, events: Sequence[Event], under: Policy | None = None) -> State:
        """The folded state of one complaint's events, and its policy or another one."""
        policy = under or self.policy(int(events[0].body.get("policy", 0)))
        return fold(events, policy, self.voided), policy


def head(ledger: Ledger) -> tuple[int, str]:
    """The last event's number and hash; (0, GENESIS) for an empty ledger."""
    sql = "select seq, hash from event where station = :station order by seq desc limit 1"
    return ledger.run(sql).fetchone() or (0, GENESIS)


class Chain:
    """The end of the ledger's chain in this unit of work; every next event is linked to it."""

    def __init__(self, ledger: Ledger, stamp: Stamp) -> None:
        self.station, self.stamp = ledger.station, stamp
        self.seq, self.previous = head(ledger)

    def link(self, about: Row, body: Table, private: Table, salt: bytes) -> tuple[Row, list[Row]]:
        """The rows of an event (``about``: its number, type and when it occurred) and of the
        personal data beside it, if it has any."""
        self.seq += 1
        beside, sealed = list[Row](), None
        if private:
            text = canonical(private)
            beside, sealed = [(self.station, self.seq, salt, text)], digest(salt, text)
        row = (self.station, self.seq, *about, *self.stamp, canonical(body), sealed)
        before, self.previous = self.previous, seal(row, self.previous)
        return (*row, before, self.previous), beside


def append(ledger: Ledger, stamp: Stamp, drafts: Iterable[Draft]) -> None:
    """Adds events to the chain, personal data beside it. Nothing is projected yet."""
    chain = Chain(ledger, stamp)
    for draft in drafts:
        about = draft.number, draft.type, iso(draft.occurred_at)
        row, beside = chain.link(about, draft.body, draft.private, os.urandom(SALT))
        ledger.write("event", [row])
        ledger.write("private", beside)


def event(row: Row) -> Event:
    """An event from a row of ``history``; erased personal data reads as none."""
    return Event._make((*row[1:8], json.loads(row[8]), json.loads(row[-1] or "{}")))


def events_of(ledger: Ledger, number: str | None, *, disclosed: bool = False) -> list[Event]:
    """The events of one complaint, or the office's own (None), oldest first; with those that say
    who looked at the personal data behind its mask, if ``disclosed``."""
    which = "= :number" if number else "is null"  # each with an index of its own
    sql = f"select * from history where station = :station and number {which}"
    if disclosed:
        sql += """ union all select * from history
                   where station = :station and number is null and type = 'disclosed'
                     and :number in (select value from json_each(body, '$.numbers'))"""
    return list(map(event, ledger.run(f"{sql} order by seq", number=number)))


def next_number(ledger: Ledger, pattern: str, day: dt.date) -> str:
    """The next number of the series a day belongs to. Gap-free: it is taken inside the write
    lock. Refused when it could be one of another series."""
    series, names = series_of(pattern, day)
    sql = """insert into counter values (:station, :series, 1)
             on conflict do update set last = last + 1 returning last"""
    (serial,) = ledger.column(sql, series=series)
    number = pattern.format(**names, serial=serial)
    if ledger.column(RIVALS, series=series, number=number):
        raise Refused("number.taken", number=number)
    return number


def series_of(pattern: str, day: dt.date) -> tuple[str, Mapping[str, str]]:
    """What comes before the serial number on that day, and what the pattern may say of the day."""
    names = {"year": f"{day:%Y}", "month": f"{day:%m}", "yy": f"{day:%y}", "day": f"{day:%d}"}
    return pattern[: pattern.index("{serial")].format(**names), names
