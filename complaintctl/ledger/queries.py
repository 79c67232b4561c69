"""Reading the projection: one complaint, lists, what is due, search, the balance of a month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import Fault, NotFound, Usage
from .connection import Ledger

Row = dict[str, Any]
EQUAL = ("kind", "channel", "category", "class", "level", "status", "handler", "unit", "origin")


def rows(ledger: Ledger, sql: str, values: Iterable[Any] | Mapping[str, Any] = ()) -> list[Row]:
    """The rows of a query as dictionaries."""
    given = values if isinstance(values, Mapping) else tuple(values)
    cursor = ledger.connection.execute(sql, given)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def find(ledger: Ledger, wanted: str) -> str:
    """The number a person means: a number, a reference, or an ending that fits only one.

    An ending is looked for among open complaints first; NotFound or Usage (several fit) otherwise.
    """
    own = ledger.station
    run = ledger.connection.execute
    for column in ("number", "reference"):
        hits = run(
            f"select number from complaint where station = ? and {column} = ? limit 3",
            (own, wanted),
        ).fetchall()
        if len(hits) == 1:
            return str(hits[0][0])
        if hits:
            raise Usage("number.ambiguous", value=wanted, numbers=[n for (n,) in hits])
    ending = wanted.lstrip("-").translate({ord(c): None for c in "*?["})
    for where in ("ended_at is null and", ""):
        hits = run(
            f"select number from complaint where station = ? and {where} number glob ?"
            " order by number desc limit 4",
            (own, f"*-{ending}" if ending.isdigit() else f"*{ending}"),
        ).fetchall()
        if len(hits) == 1 and ending:
            return str(hits[0][0])
        if hits and ending:
            raise Usage("number.ambiguous", value=wanted, numbers=[n for (n,) in hits])
    raise NotFound("number.unknown", value=wanted)


def complaint(ledger: Ledger, number: str) -> Row:
    """The projected row of one complaint."""
    sql = "select * from complaint where station = ? and number = ?"
    return rows(ledger, sql, (ledger.station, number))[0]


def clocks_of(ledger: Ledger, numbers: Iterable[str]) -> dict[str, list[Row]]:
    """The clocks of complaints, by number; a limit without a date last."""
    found: dict[str, list[Row]] = {number: [] for number in numbers}
    for number, lines in found.items():
        sql = (
            "select * from clock where station = ? and number = ?"
            " order by round, due_at is null, due_at, limit_id"
        )
        lines += rows(ledger, sql, (ledger.station, number))
    return found


def penalties_of(ledger: Ledger, number: str) -> list[Row]:
    """The penalties proposed or decided on one complaint."""
    sql = "select * from penalty where station = ? and number = ? order by penalty_id"
    return rows(ledger, sql, (ledger.station, number))


def listing(
    ledger: Ledger,
    *,
    equal: Mapping[str, str],
    received: tuple[dt.date, dt.date] | None = None,
    open_: bool | None = None,
    overdue: dt.datetime | None = None,
    limit: int | None = None,
) -> tuple[list[Row], int]:
    """Complaints that meet all conditions, newest first, and how many there are in all."""
    where, values = ["station = ?"], [ledger.station]
    for name, value in equal.items():
        if name not in EQUAL:
            raise ValueError(name)
        where.append(f'"{name}" = ?')
        values.append(value)
    if "status" not in equal:
        where.append("status <> 'voided'")
    if received:
        where.append("received_at >= ? and received_at < ?")
        values += [received[0].isoformat(), received[1].isoformat()]
    if open_ is not None:
        where.append(f"ended_at is {'null' if open_ else 'not null'}")
    if overdue:
        where.append("ended_at is null and next_due_at < ?")
        values.append(overdue.isoformat())
    tail = " from complaint where " + " and ".join(where)
    (count,) = ledger.connection.execute("select count(*)" + tail, values).fetchone()
    sql = "select *" + tail + " order by received_at desc, number desc"
    return rows(ledger, sql + (f" limit {int(limit)}" if limit else ""), values), count


def due(ledger: Ledger, until: dt.datetime, limit: int | None = None) -> tuple[list[Row], int]:
    """Running clocks due by a moment, most urgent first, with their complaint; and their count."""
    tail = (
        " from clock c join complaint k on k.station = c.station and k.number = c.number"
        " where c.station = ? and c.state = 'running' and c.due_at <= ?"
    )
    values = (ledger.station, until.isoformat())
    sql = (
        "select c.*, k.kind, k.status, k.handler, k.content, k.restricted, k.adoption" + tail
    ) + " order by c.due_at, c.number, c.limit_id"
    found = rows(ledger, sql + (f" limit {int(limit)}" if limit else ""), values)
    if limit is None or len(found) < limit:
        return found, len(found)
    plain = "select count(*) from clock c where station = ? and state = 'running' and due_at <= ?"
    return found, ledger.connection.execute(plain, values).fetchone()[0]


def due_counts(ledger: Ledger, moments: Iterable[dt.datetime]) -> list[int]:
    """How many running clocks are due before each moment."""
    sql = "select count(*) from clock where station = ? and state = 'running' and due_at < ?"
    read = ledger.connection.execute
    return [read(sql, (ledger.station, m.isoformat())).fetchone()[0] for m in moments]


def answered_open(ledger: Ledger, limit: int | None = None) -> list[Row]:
    """Open complaints that were answered and not called back: candidates for a call-back."""
    sql = (
        "select * from complaint where station = ? and ended_at is null and replied_at is not null"
        " and (followed_up_at is null or followed_up_at < replied_at) order by replied_at"
    )
    return rows(ledger, sql + (f" limit {int(limit)}" if limit else ""), (ledger.station,))


def search(ledger: Ledger, text: str, limit: int) -> tuple[list[Row], bool]:
    """Complaints whose text holds every word of ``text``, newest first, and whether there are more.

    The index matches across punctuation, so each hit is confirmed on the text itself.
    """
    words = [w.casefold() for w in text.split()]
    # Punctuation is no token, so a word is asked for by its letters and confirmed as a whole.
    phrases = [" ".join(c for c in w if c.isalnum()) for w in words]
    query = " ".join(f'"{p}"' for p in phrases if p)
    if not query:
        raise Usage(faults=[Fault("search.empty", {"value": text})])
    confirm = " and ".join(f"instr(lower({_HAYSTACK}), ?) > 0" for _ in words)
    sql = (
        "select k.* from search s join complaint k on k.id = s.rowid where s.text match ?"
        f" and k.station = ? and k.status <> 'voided' and {confirm} order by s.rowid desc limit ?"
    )
    found = rows(ledger, sql, (query, ledger.station, *words, limit + 1))
    return found[:limit], len(found) > limit


_HAYSTACK = " || char(10) || ".join(
    f"ifnull(k.{name}, '')"
    for name in (
        *("content", "demand", "name", "phone", "address", "account_no", "accused", "handler"),
    )
)


def similar(
    ledger: Ledger, number: str, since: dt.datetime, **same: str | None
) -> list[tuple[str, str]]:
    """Other complaints since a moment with the same phone or account: (number, field that
    agrees)."""
    found = []
    for name in ("phone", "account_no"):
        value = same.get(name)
        if value:
            sql = (
                f"select number from complaint where station = ? and {name} = ? and number <> ?"
                " and +received_at >= ? and status <> 'voided' order by received_at desc limit 5"
            )
            hits = ledger.connection.execute(
                sql, (ledger.station, value, number, since.isoformat())
            )
            found += [(hit, name) for (hit,) in hits]
    return found


def batches(ledger: Ledger, limit: int) -> list[Row]:
    """The latest batches: when, by whom, how many events, of which types."""
    sql = (
        "select batch, max(recorded_at) as at, max(actor) as actor, count(*) as events,"
        " group_concat(distinct type) as types, count(distinct number) as complaints,"
        " max(seq) as last from event where station = ? group by batch order by last desc limit ?"
    )
    return rows(ledger, sql, (ledger.station, limit))


def adoptions(ledger: Ledger) -> list[Row]:
    """The adopted policies, oldest first."""
    sql = "select * from adoption where station = ? order by from_day, seq"
    return rows(ledger, sql, (ledger.station,))


def duty_days(ledger: Ledger) -> dict[str, list[dt.date]]:
    """The days on which each duty was done."""
    found: dict[str, list[dt.date]] = {}
    sql = "select duty, done_on from duty_record where station = ? order by done_on"
    for duty, day in ledger.connection.execute(sql, (ledger.station,)):
        found.setdefault(duty, []).append(dt.date.fromisoformat(day))
    return found


def station(ledger: Ledger) -> Row:
    """The station's code, name and when its ledger was opened."""
    return rows(ledger, "select * from station where code = ?", (ledger.station,))[0]


def later_batches(ledger: Ledger, batch: str, voided: Iterable[str]) -> list[str]:
    """Batches after this one, not undone, that wrote to its complaints or rest on its adoption."""
    sql = """
        select distinct l.batch from event l where l.station = :own and l.batch <> :batch
          and l.seq > (select max(seq) from event where station = :own and batch = :batch)
          and l.number in
            (select number from event
             where station = :own and batch = :batch and number is not null)
        union
        select k.batch from complaint k where k.station = :own and k.batch <> :batch
          and k.adoption in (select seq from event where station = :own and batch = :batch)
    """
    gone = set(voided)
    found = ledger.connection.execute(sql, {"own": ledger.station, "batch": batch})
    return sorted(b for (b,) in found if b not in gone)


def calendar_days(ledger: Ledger) -> list[dt.date]:
    """Every exceptional day the ledger's calendar knows."""
    sql = "select day from calendar_day where station = ?"
    return [dt.date.fromisoformat(d) for (d,) in ledger.connection.execute(sql, (ledger.station,))]


def provisional(ledger: Ledger) -> int:
    """How many running clocks wait for a year's notice."""
    sql = "select count(*) from clock where station = ? and provisional = 1 and state = 'running'"
    return int(ledger.connection.execute(sql, (ledger.station,)).fetchone()[0])


def calendar_years(ledger: Ledger) -> set[int]:
    """The years whose notice the ledger's calendar knows."""
    sql = "select year from calendar_year where station = ?"
    return {year for (year,) in ledger.connection.execute(sql, (ledger.station,))}
