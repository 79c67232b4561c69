"""What the tables show of a complaint: rows made from its folded state. No reading, no deciding."""

import datetime as dt
import sqlite3
import sys
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from ..clock import iso
from ..domain.clocks import Clock
from ..domain.conditions import Table
from ..domain.event import canonical
from ..domain.fold import DERIVED, ROW, UNMAPPED, Complaint
from ..domain.penalties import Proposal
from ..domain.policy import Policy

Row = tuple[Any, ...]
Told = dict[str, Any]
Tables = dict[str, list[Row]]
PLAIN = (
    *("reference", "kind", "channel", "category", "level", "name", "phone", "address"),
    *("account_no", "content", "demand", "accused", "receiver", "handler", "unit", "reply_mode"),
    *("result", "outcome", "substantiated", "responsibility", "satisfaction", "note"),
    "fingerprint",
)
COLUMNS = (*ROW, *PLAIN, "restricted")
SEARCHED = ("content", "demand", "name", "phone", "address", "account_no", "accused", "handler")
# What has a column, and what only the events tell.
_OWN = {*PLAIN, *DERIVED, "policy", "restricted", UNMAPPED}
NOTHING = (None, None)  # no date, no limit
# What is told of a complaint that nothing runs for and nobody is fined for.
QUIET: Told = {"next_due": NOTHING, "assessed": False, "fine": 0.0}
_LISTED = {"complaint": f"({', '.join(COLUMNS)})", "search": "(rowid, text)"}


def tables(
    station: str, state: Complaint, policy: Policy, running: list[Clock], proposed: list[Proposal]
) -> Tables:
    """What each table holds of one complaint; spells only of a re-opened one."""
    key = station, state.number
    told = {"station": station, **_told(state, policy, running, proposed)}
    return {
        "complaint": [columns(policy, state.facts, told)],
        "spell": [
            (*key, n, iso(each.since), _iso(each.ended))
            for n, each in enumerate(state.rounds if len(state.rounds) > 1 else ())
        ],
        "clock": [
            (*key, round_, limit, origin, iso(since), _iso(due), _iso(met), *rest)
            for limit, origin, round_, since, due, met, *rest in running
        ],
        "penalty": [(*key, *proposal) for proposal in proposed],
    }


def _told(state: Complaint, policy: Policy, running: list[Clock], proposed: list[Proposal]) -> Told:
    dated = sorted((iso(c.due_at), c.limit, c.state) for c in running if c.due_at)
    shown = ((at, name) for at, name, _ in dated if policy.limit(name).shown)
    coming = ((at, name) for at, name, told in dated if told == "running")
    fines = [p.amount + p.shared for p in proposed if p.state == "approved"]
    return {f"{t.step}_at": iso(t.at) for each in state.rounds for t in each.steps} | {
        "number": state.number,
        "received_at": iso(state.received_at),
        "registered_at": iso(state.registered_at),
        "ended_at": _iso(state.closed_at),
        "due": next(shown, NOTHING),
        "next_due": next(coming, NOTHING),
        "late": any(c.state == "late" for c in running),
        "assessed": bool(fines),
        "fine": float(sum(fines)),
        "batch": state.batch,
        "last_seq": state.last_seq,
    }


def _iso(at: dt.datetime | None) -> str | None:
    return iso(at) if at else None


def columns(policy: Policy, facts: Table, told: Told) -> Row:
    """The values of ``COLUMNS``: what follows from the facts, and what is told beside.

    ``due`` and ``next_due`` are told as pairs of a date and its limit.
    """
    values = {name: value for name in PLAIN if (value := facts.get(name))}
    values |= told
    for name in ("origin", "channel_group", "class", "rank", "status"):
        values[name] = facts[name]
    values |= {
        "adoption": facts.get("policy", 0),
        "round": facts["reopened"],
        # A whole number is bound four times as fast as a truth value.
        "restricted": int(policy.restricted(facts)),
        "late": int(told["late"]),
        "assessed": int(told["assessed"] or facts.get("counted") is True),
        "more": canonical({k: v for k, v in facts.items() if k not in _OWN}),
    }
    values["due_at"], values["due_limit"] = told["due"]
    values["next_due_at"], values["next_limit"] = told["next_due"]
    return tuple(map(values.get, COLUMNS))


def write(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    """Adds rows to a table, all in one statement: SQLite holds up no other thread meanwhile."""
    if rows:
        connection.execute(_insert(table, len(rows[0]), len(rows)), [*chain.from_iterable(rows)])


def replace(connection: sqlite3.Connection, row: Row) -> None:
    """Makes a complaint's row, and what can be searched of it, what they are to be now."""
    find = f"select {', '.join(COLUMNS)} from complaint where station = ? and number = ?"
    old = connection.execute(find, row[:2]).fetchone()
    changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
    upsert = f" on conflict (station, number) do update set {changes} returning id"
    (rowid,) = connection.execute(_insert("complaint", len(row), 1) + upsert, row).fetchone()
    before, text = searchable(old) if old else "", searchable(row)
    if before and before != text:
        gone = "insert into search (search, rowid, text) values ('delete', ?, ?)"
        connection.execute(gone, (rowid, before))
    if before != text:
        write(connection, "search", [(rowid, text)])


@lru_cache(16)
def _insert(table: str, width: int, rows: int) -> str:
    marks = f"({','.join('?' * width)})"
    return f"insert into {table} {_LISTED.get(table, '')} values {','.join([marks] * rows)}"


def searchable(row: Row) -> str:
    """The text of a complaint row that can be searched, one blank between any two characters.

    One token a character finds two-character Chinese words, which a trigram index cannot.
    """
    # Four times as fast as " ".join.
    text = "\n".join([row[i] for i in _SEARCHED_AT if row[i]])
    spaced = array("I", [ord(" ")]) * (2 * len(text))
    spaced[::2] = array("I", text.encode(_WIDE))
    return spaced.tobytes().decode(_WIDE)[:-1]


_WIDE = f"utf-32-{sys.byteorder[0]}e"  # four bytes a character, as the machine has its numbers
_SEARCHED_AT = [COLUMNS.index(name) for name in SEARCHED]
