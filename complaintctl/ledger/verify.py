"""Proves a ledger: re-hashes every event, re-folds every complaint, compares every projected row,
the schema and the counters. Repairs nothing. A valid ledger is unchanged; it need not be true.
"""

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter

from ..domain.event import GENESIS, anchor, digest, seal
from ..errors import Fault
from .connection import Ledger, Values, opened
from .projection import NAMES, OFFICE, searchable, shown, shown_office
from .store import Book, event

# What holds rows of complaints, and which columns of it are to be as the events say.
OF_COMPLAINTS = {"complaint": NAMES, "clock": "*", "penalty": "*", "spell": "*"}
LINES = """select '{0}', number, {1} from {0} where station = :station and number is not null
           order by number"""


def prove(ledger: Ledger, seq: int = 0, prefix: str = "") -> Values:
    """The whole proof, also that the hash of event ``seq`` begins as a signed print-out says:
    ``{ok, events, complaints, erased, anchor, problems}``; ``anchor`` is the ledger's head now."""
    proof: Values = {"events": 0, "complaints": 0, "erased": 0, "anchor": anchor(0, GENESIS)}
    problems = list[Fault]()
    checks = (_file, _schema, _chain, _stations, _office, _complaints, _search, _counters)
    ledger.begin = "begin"
    with ledger.unit():  # all of it as of one moment; who writes meanwhile waits
        ledger.column("select code from station")
        for check in checks:
            try:
                problems += check(ledger, proof)
            except (sqlite3.DatabaseError, ValueError, KeyError, TypeError, AssertionError) as e:
                name, detail = check.__name__.strip("_"), type(e).__name__
                problems.append(Fault("verify.unreadable", {"check": name, "detail": detail}))
        sql = "select hash from event where station = :station and seq = :seq"
        if prefix and not any(h.startswith(prefix) for h in ledger.column(sql, seq=seq)):
            problems.append(Fault("verify.anchor", {"anchor": f"{seq}:{prefix}"}))
    return {"ok": not problems, **proof, "problems": problems}


def _file(ledger: Ledger, proof: Values) -> Iterator[Fault]:
    lines = ledger.column("pragma integrity_check(5)")
    yield from (Fault("verify.file", {"detail": line}) for line in lines if line != "ok")


def _schema(ledger: Ledger, proof: Values) -> Iterator[Fault]:
    sql = "select name, sql from sqlite_master where sql <> '' and name not like 'sqlite_stat%'"
    with opened() as fresh:
        ours, wanted = (
            {(name, re.sub(r"\s+", " ", text)) for name, text in side.run(sql)}
            for side in (ledger, fresh)
        )
    yield from (Fault("verify.schema", {"name": n}) for n in sorted({n for n, _ in ours ^ wanted}))


def _chain(ledger: Ledger, proof: Values) -> Iterator[Fault]:
    previous, expected = GENESIS, 1
    erased, missing = set[int](), set[int]()
    for row in ledger.run("select * from history where station = :station order by seq"):
        values, (before, hash_, salt, text) = row[:10], row[10:]
        seq = values[1]
        if seq != expected or before != previous:
            yield Fault("verify.gap", {"seq": seq, "expected": expected})
        if seal(values, before) != hash_:
            yield Fault("verify.hash", {"seq": seq, "number": values[2]})
        if text is not None and digest(salt, text) != values[9]:
            yield Fault("verify.private", {"seq": seq, "number": values[2]})
        if text is None and values[9] is not None:
            missing.add(seq)
        if values[3] == "erased":
            erased.update(json.loads(values[8]).get("events", ()))
        previous, expected = hash_, seq + 1
        proof["events"] += 1
    proof["anchor"] = anchor(expected - 1, previous)
    proof["erased"] = len(erased & missing)
    yield from (Fault("verify.lost", {"seq": seq}) for seq in sorted(missing - erased))
    sql = """select count(*) from private p where not exists
             (select 1 from event e where e.station = p.station and e.seq = p.seq)"""
    for count in filter(None, ledger.column(sql)):
        yield Fault("verify.table", {"table": "private", "rows": count})


def _stations(ledger: Ledger, proof: Values) -> Iterator[Fault]:
    """One station's ledger holds nothing of another."""
    for table in ("event", *OF_COMPLAINTS, *OFFICE[1:], "private", "counter"):
        sql = f"select count(*) from {table} where station <> :station"
        for count in filter(None, ledger.column(sql)):
            yield Fault("verify.foreign", {"table": table, "count": count})


def _office(ledger: Ledger, proof: Values) -> Iterator[Fault]:
    for table, rows in shown_office(Book(ledger)).items():
        if wrong := {*ledger.run(f"select * from {table}")} ^ {*rows}:
            yield Fault("verify.table", {"table": table, "rows": len(wrong)})


def _complaints(ledger: Ledger, proof: Values) -> Iterator[Fault]:
    """Walks the events and the tables side by side; a row without an event was invented."""
    book, number_of = Book(ledger), itemgetter(1)
    sides = [ledger.run(LINES.format(*t)) for t in {"history": "*", **OF_COMPLAINTS}.items()]
    for number, lines in groupby(merge(*sides, key=number_of), number_of):
        found = defaultdict(list)
        for line in lines:
            found[line[0]].append(line[2:])
        if not (events := found["history"]):
            yield Fault("verify.invented", {"number": number})
            continue
        proof["complaints"] += 1
        wanted = shown(book, [event(row) for row in sorted(events)])
        if any(sorted(rows) != sorted(found[table]) for table, rows in wanted.items()):
            yield Fault("verify.complaint", {"number": number})


def _search(ledger: Ledger, proof: Values) -> Iterator[Fault]:
    """Holds how often the search index has each word, and its rows, against the complaints."""
    words = Counter[str]()
    for row in ledger.run(f"select {NAMES} from complaint where station = :station"):
        words.update(searchable(row)[::2].encode().lower().decode())  # only ASCII is folded
    wanted = {(c, n) for c, n in words.items() if c.isalnum() or not c.isascii()}
    ledger.run("create virtual table if not exists temp.word using fts5vocab(main, search, row)")
    ids, found = ({*ledger.column(f"select id from {t}")} for t in ("complaint", "search_docsize"))
    if wrong := len(wanted ^ {*ledger.run("select term, cnt from temp.word")}) + len(ids ^ found):
        yield Fault("verify.table", {"table": "search", "rows": wrong})


def _counters(ledger: Ledger, proof: Values) -> Iterator[Fault]:
    last = dict(ledger.run("select series, last from counter where station = :station").fetchall())
    used = defaultdict[str, list[int]](list)
    sql = "select distinct number from event where station = :station and number is not null"
    for number in ledger.column(sql):
        series = max((s for s in last if number.startswith(s)), key=len, default="")
        serial = number[len(series) :]
        used[series].append(int(serial) if serial.isdigit() else 0)
    for series in sorted({*last, *used}):
        if not len(used[series]) == max(used[series], default=0) == last.get(series, 0):
            yield Fault("verify.counter", {"series": series})
