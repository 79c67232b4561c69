"""Proves a ledger: re-hashes every event, re-folds every complaint, compares every projected row,
the schema and the counters. Repairs nothing. A valid ledger is unchanged; it need not be true.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from ..domain.event import GENESIS, anchor, digest, seal
from ..errors import Fault
from . import office, projection
from .connection import Ledger, in_memory
from .store import EVENT, Book, event, shown

CHAINED = (
    "select e.station, e.seq, e.number, e.type, e.occurred_at, e.recorded_at, e.actor, e.batch,"
    " e.body, e.digest, e.previous, e.hash, p.salt, p.text from event e"
    " left join private p on p.station = e.station and p.seq = e.seq"
    " where e.station = ? order by e.seq"
)


@dataclass
class Proof:
    """What was found. ``problems`` is empty for a sound ledger; ``anchor`` is its head now."""

    events: int = 0
    complaints: int = 0
    erased: int = 0
    anchor: str = anchor(0, GENESIS)
    problems: list[Fault] = field(default_factory=list)


def prove(ledger: Ledger, anchors: tuple[tuple[int, str], ...] = ()) -> Proof:
    """The whole proof. ``anchors`` are (seq, first hex digits) from signed print-outs."""
    proof = Proof()
    checks = (_file, _schema, _chain, _office, _complaints, _counters)
    for check in checks:
        try:
            proof.problems += check(ledger, proof)
        except (sqlite3.DatabaseError, ValueError, KeyError, TypeError, AssertionError) as error:
            proof.problems.append(
                Fault(
                    "verify.unreadable",
                    {"check": check.__name__.strip("_"), "detail": type(error).__name__},
                )
            )
    proof.problems += _anchors(ledger, anchors)
    return proof


def _file(ledger: Ledger, proof: Proof) -> Iterator[Fault]:
    for (line,) in ledger.connection.execute("pragma integrity_check(5)").fetchall():
        if line != "ok":
            yield Fault("verify.file", {"detail": line})


def _schema(ledger: Ledger, proof: Proof) -> Iterator[Fault]:
    fresh = in_memory()
    ours, wanted = (_objects(side.connection) for side in (ledger, fresh))
    fresh.close()
    for name in sorted(set(ours) | set(wanted)):
        if ours.get(name) != wanted.get(name):
            yield Fault("verify.schema", {"name": name})


def _objects(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute(
        "select name, sql from sqlite_master where sql is not null and name not like 'sqlite_stat%'"
    ).fetchall()
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows}


def _chain(ledger: Ledger, proof: Proof) -> Iterator[Fault]:
    previous, expected = GENESIS, 1
    erased: set[int] = set()
    missing: list[int] = []
    for row in ledger.connection.execute(CHAINED, (ledger.station,)):
        values, (before, hash_, salt, text) = row[:10], row[10:]
        seq = values[1]
        if seq != expected or before != previous:
            yield Fault("verify.gap", {"seq": seq, "expected": expected})
        if seal(values, before) != hash_:
            yield Fault("verify.hash", {"seq": seq, "number": values[2]})
        if text is not None and digest(salt, text) != values[9]:
            yield Fault("verify.private", {"seq": seq, "number": values[2]})
        if text is None and values[9] is not None:
            missing.append(seq)
        if values[3] == "erased":
            erased.update(json.loads(values[8]).get("events", ()))
        previous, expected = hash_, seq + 1
        proof.events += 1
    proof.anchor = anchor(expected - 1, previous)
    proof.erased = len(erased & set(missing))
    for seq in missing:
        if seq not in erased:
            yield Fault("verify.lost", {"seq": seq})
    (others,) = ledger.connection.execute(
        "select count(*) from event where station <> ?", (ledger.station,)
    ).fetchone()
    if others:
        yield Fault("verify.foreign", {"count": others})


def _office(ledger: Ledger, proof: Proof) -> Iterator[Fault]:
    fresh = in_memory()
    fresh.station = ledger.station
    fresh.connection.execute("drop trigger event_continues")
    own = (ledger.station,)
    for table in ("event", "private"):
        rows = ledger.connection.execute(
            f"select t.* from {table} t join event e on e.station = t.station and e.seq = t.seq"
            " where e.station = ? and e.number is null",
            own,
        ).fetchall()
        if rows:
            marks = ",".join("?" * len(rows[0]))
            fresh.connection.executemany(f"insert into {table} values ({marks})", rows)
    office.project_office(fresh, Book(fresh))
    for table in office.TABLES:
        ours, wanted = (
            set(side.connection.execute(f"select * from {table}").fetchall())
            for side in (ledger, fresh)
        )
        if ours != wanted:
            yield Fault("verify.table", {"table": table, "rows": len(ours ^ wanted)})
    fresh.close()


def _complaints(ledger: Ledger, proof: Proof) -> Iterator[Fault]:
    book = Book(ledger)
    own = (ledger.station,)
    lines = {
        table: Beside(
            ledger, f"select * from {table} where station = ? order by number, {order}", 1
        )
        for table, order in (
            ("clock", "round, limit_id"),
            ("penalty", "penalty_id"),
            ("spell", "round"),
        )
    }
    stored = Beside(
        ledger,
        f"select {', '.join(projection.COLUMNS)} from complaint where station = ? order by number",
        projection.COLUMNS.index("number"),
    )
    events = ledger.connection.execute(
        EVENT + " where e.station = ? and e.number is not null order by e.number, e.seq", own
    )
    for number, rows in groupby(events, key=lambda row: row[1]):
        proof.complaints += 1
        wanted = shown(ledger.station, book, map(event, rows))
        same = stored.take(number) == [wanted.row] and all(
            lines[table].take(number) == sorted(wanted.lines[table]) for table in lines
        )
        if not same:
            yield Fault("verify.complaint", {"number": number})
    for left in (stored, *lines.values()):
        for number in left.rest():
            yield Fault("verify.invented", {"number": number})
    indexed = ledger.connection.execute("select count(*) from search_docsize").fetchone()[0]
    if indexed != proof.complaints:
        yield Fault("verify.table", {"table": "search", "rows": abs(indexed - proof.complaints)})


class Beside:
    """Walks a table beside the events, both ordered by number; what is passed over was invented."""

    def __init__(self, ledger: Ledger, sql: str, column: int) -> None:
        self._groups = groupby(
            ledger.connection.execute(sql, (ledger.station,)), key=lambda row: row[column]
        )
        self._next: tuple[str, list[tuple[object, ...]]] | None = None
        self._invented: list[str] = []
        self._step()

    def _step(self) -> None:
        found = next(self._groups, None)
        self._next = (found[0], list(found[1])) if found else None

    def take(self, number: str) -> list[tuple[object, ...]]:
        while self._next and self._next[0] < number:
            self._invented.append(self._next[0])
            self._step()
        if self._next and self._next[0] == number:
            lines = self._next[1]
            self._step()
            return lines
        return []

    def rest(self) -> list[str]:
        while self._next:
            self._invented.append(self._next[0])
            self._step()
        return self._invented


def _counters(ledger: Ledger, proof: Proof) -> Iterator[Fault]:
    last: dict[str, int] = dict(
        ledger.connection.execute(
            "select series, last from counter where station = ?", (ledger.station,)
        ).fetchall()
    )
    used: dict[str, list[int]] = {}
    for (number,) in ledger.connection.execute(
        "select distinct number from event where station = ? and number is not null",
        (ledger.station,),
    ):
        cut = max((len(s) for s in last if number.startswith(s)), default=0)
        serial = number[cut:]
        used.setdefault(number[:cut], []).append(int(serial) if serial.isdigit() else 0)
    for series in sorted(set(used) | set(last)):
        serials = used.get(series, [])
        if len(serials) != last.get(series, 0) or max(serials, default=0) != last.get(series, 0):
            yield Fault("verify.counter", {"series": series})


def _anchors(ledger: Ledger, anchors: tuple[tuple[int, str], ...]) -> Iterator[Fault]:
    for seq, prefix in anchors:
        row = ledger.connection.execute(
            "select hash from event where station = ? and seq = ?", (ledger.station, seq)
        ).fetchone()
        if row is None or not row[0].startswith(prefix):
            yield Fault("verify.anchor", {"anchor": f"{seq}:{prefix}"})
