"""What the tables show of a complaint: rows made from its folded state. No reading, no deciding."""

import sqlite3
import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from ..clock import iso
from ..domain.clocks import clocks
from ..domain.conditions import Table
from ..domain.event import canonical
from ..domain.fold import DERIVED, UNMAPPED, Complaint
from ..domain.penalties import proposals
from ..domain.policy import Policy
from ..domain.workdays import WorkCalendar

Row = tuple[Any, ...]
Tables = dict[str, list[Row]]
NOTHING = (None, None, "")  # no date, no limit
PLAIN = (
    *("reference", "kind", "channel", "category", "level", "name", "phone", "address"),
    *("account_no", "content", "demand", "accused", "receiver", "handler", "unit", "reply_mode"),
    *("result", "outcome", "substantiated", "responsibility", "satisfaction", "note"),
    "fingerprint",
)
ABOUT = ("station", "number", "registered_at", "batch", "last_seq")  # what its events are
TOLD = (
    *("adoption", "origin", "channel_group", "class", "rank", "status", "received_at", "ended_at"),
    *("contacted_at", "resolved_at", "replied_at", "notified_at", "followed_up_at", "round"),
    *("restricted", "due_at", "due_limit", "next_due_at", "next_limit", "late", "assessed"),
    *("fine", "more", *PLAIN),
)
COLUMNS = (*ABOUT, *TOLD)
SEARCHED = ("content", "demand", "name", "phone", "address", "account_no", "accused", "handler")
# What has a column, and what only the events tell.
_OWN = {*PLAIN, *DERIVED, "policy", "restricted", UNMAPPED}
_LISTED = {"complaint": f"({', '.join(COLUMNS)})", "search": "(rowid, text)"}


def tables(about: Row, state: Complaint, policy: Policy, calendar: WorkCalendar) -> Tables:
    """What each table holds of one complaint; spells only of a re-opened one."""
    key, running = about[:2], clocks(state, policy, calendar)
    proposed = proposals(state, policy, running)
    timed = [
        (*key, round_, limit, origin, iso(since), due and iso(due), met and iso(met), *rest)
        for limit, origin, round_, since, due, met, *rest in running
    ]
    taken = {f"{t.step}_at": iso(t.at) for t in state.taken if not t.undone}
    ended = state.closed_at and iso(state.closed_at)
    dates = {**taken, "received_at": iso(state.received_at), "ended_at": ended}
    fines = [p.amount + p.shared for p in proposed if p.state == "approved"]
    return {
        "complaint": [columns(about, policy, state.facts, dates, timed, fines)],
        "spell": [
            (*key, n, iso(since), until and iso(until))
            for n, (since, until) in enumerate(state.rounds if state.round else ())
        ],
        "clock": timed,
        "penalty": [(*key, *proposal) for proposal in proposed],
    }


def columns(
    about: Row,
    policy: Policy,
    facts: Table,
    dates: Table,
    timed: Iterable[Row],
    fines: Sequence[float] = (),
) -> Row:
    """The values of ``COLUMNS``: those of ``ABOUT``, and what follows from the facts, the dates by
    column, the rows of the clocks, the fines that were approved."""
    dated = sorted([(row[6], row[3], row[8]) for row in timed if row[6]])
    due = next((d for d in dated if policy.limit(d[1]).shown), NOTHING)
    coming = next((d for d in dated if d[2] == "running"), NOTHING)
    values = {
        **facts,
        **{name: facts.get(name) or None for name in PLAIN},  # one may have been emptied
        **dates,
        "adoption": facts.get("policy", 0),
        "round": facts["reopened"],
        # A whole number is bound four times as fast as a truth value.
        "restricted": int(policy.restricted(facts)),
        "late": int(any(state == "late" for *_, state in dated)),
        "assessed": int(bool(fines) or facts.get("counted") is True),
        "fine": float(sum(fines)),
        "more": canonical({k: v for k, v in facts.items() if k not in _OWN}),
    }
    values["due_at"], values["due_limit"], _ = due
    values["next_due_at"], values["next_limit"], _ = coming
    return (*about, *map(values.get, TOLD))


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
