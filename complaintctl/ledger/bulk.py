"""Many old records at once: events, chain, projection, clocks and search in a few wide statements.

Runs inside the caller's unit of work; ends with the same tables as one-by-one writing (a test
compares).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import islice
from typing import Any

from ..domain.clocks import clocks
from ..domain.event import seal
from ..domain.fold import fold
from . import projection
from .connection import Ledger
from .store import Book, Stamp, chained, head, told

CHUNK = 500
# An old record: when it was received, the open part, the personal part.
Old = tuple[str, dict[str, Any], dict[str, Any]]


class Series:
    """Numbers of several series, counted in memory and written back once."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.last: dict[str, int] = dict(
            ledger.connection.execute(
                "select series, last from counter where station = ?", (ledger.station,)
            ).fetchall()
        )
        self._formats: dict[tuple[str, int, int], tuple[str, str]] = {}

    def next(self, pattern: str, day: dt.date) -> str:
        """The next number of the series of that day (see ``store.next_number``)."""
        key = (pattern, day.year, day.month if "{day" not in pattern else day.toordinal())
        if key not in self._formats:
            names = {
                "year": f"{day:%Y}",
                "month": f"{day:%m}",
                "yy": f"{day:%y}",
                "day": f"{day:%d}",
            }
            cut = pattern.index("{serial")
            series = pattern[:cut].format(**names)
            self._formats[key] = (series, series.replace("{", "{{") + pattern[cut:])
        series, form = self._formats[key]
        serial = self.last[series] = self.last.get(series, 0) + 1
        return form.format(serial=serial)

    def save(self) -> None:
        self.ledger.connection.executemany(
            "insert into counter values (?,?,?) on conflict do update set last = excluded.last",
            [(self.ledger.station, series, last) for series, last in self.last.items()],
        )


def append_old(ledger: Ledger, book: Book, stamp: Stamp, records: Iterable[Old]) -> int:
    """Writes old records as complaints; returns how many.

    Each takes its number in the series of the month it was received, under the policy of that day.
    """
    # 16 MiB: the indexes are filled in no order.
    ledger.connection.execute("pragma cache_size = -16384")
    series = Series(ledger)
    seq, previous = head(ledger)
    (rowid,) = ledger.connection.execute("select ifnull(max(id), 0) from complaint").fetchone()
    adoptions: dict[str, tuple[int, dt.date]] = {}
    source = iter(records)
    written = 0
    while chunk := list(islice(source, CHUNK)):
        events, privates, complaints, running, texts = [], [], [], [], []
        for received, said, personal in chunk:
            if received[:10] not in adoptions:
                day = dt.date.fromisoformat(received[:10])
                adoptions[received[:10]] = book.adoption(day), day
            adoption, day = adoptions[received[:10]]
            policy = book.policy(adoption)
            seq += 1
            rowid += 1
            number = series.next(policy.number, day)
            body = {**said, "policy": adoption}
            about = (seq, number, "recorded", received)
            row, private = chained(ledger.station, about, body, personal, stamp)
            hash_ = seal(row, previous)
            events.append((*row, previous, hash_))
            previous = hash_
            if private:
                privates.append(private)
            state = fold([told(row[1:8], body, personal)], policy)
            assert state is not None, "a recorded event registers"
            found = clocks(state, policy, book.calendar)
            shown = projection.complaint_row(ledger.station, state, policy, found, ())
            complaints.append(shown)
            running += projection.clock_rows(ledger.station, number, found)
            texts.append((rowid, projection.searchable(shown)))
        _write(ledger, events, privates)
        projection.write(ledger.connection, "complaint", complaints)
        projection.write(ledger.connection, "clock", running)
        ledger.connection.executemany("insert into search (rowid, text) values (?,?)", texts)
        written += len(chunk)
    series.save()
    return written


def _write(
    ledger: Ledger, events: list[tuple[object, ...]], privates: list[tuple[object, ...]]
) -> None:
    ledger.connection.executemany("insert into event values (?,?,?,?,?,?,?,?,?,?,?,?)", events)
    ledger.connection.executemany("insert into private values (?,?,?,?)", privates)


def any_known(ledger: Ledger) -> bool:
    """Whether the ledger holds any imported record at all."""
    sql = "select 1 from complaint where station = ? and fingerprint is not null limit 1"
    return ledger.connection.execute(sql, (ledger.station,)).fetchone() is not None


def known(ledger: Ledger, fingerprint: str) -> bool:
    """Whether a record of that fingerprint stands in the ledger (undone ones do not count)."""
    sql = (
        "select 1 from complaint where station = ? and fingerprint = ?"
        " and status <> 'voided' limit 1"
    )
    found = ledger.connection.execute(sql, (ledger.station, fingerprint))
    return found.fetchone() is not None
