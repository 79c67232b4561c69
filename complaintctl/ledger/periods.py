"""What a period holds: its balance and the rows of its registers."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping
from typing import Any

from .connection import Ledger
from .queries import EQUAL, rows


def balance(
    ledger: Ledger, first: dt.date, last: dt.date, where: Mapping[str, Any]
) -> dict[str, int]:
    """Opening, received, reopened, closed and carried complaints of the days first ≤ day < last.

    By construction opening + received + reopened - closed = carried.
    """
    condition, values = _where(where)
    sql = f"""
        select
          ifnull(sum(o.opened_at < :first and (o.ended_at is null or o.ended_at >= :first)), 0)
            as opening,
          ifnull(sum(o.round = 0 and o.opened_at >= :first and o.opened_at < :last), 0)
            as received,
          ifnull(sum(o.round > 0 and o.opened_at >= :first and o.opened_at < :last), 0)
            as reopened,
          ifnull(sum(o.ended_at >= :first and o.ended_at < :last), 0) as closed,
          ifnull(sum(o.opened_at < :last and (o.ended_at is null or o.ended_at >= :last)), 0)
            as carried
        from opening o join complaint k on k.station = o.station and k.number = o.number
        where o.station = :station and o.opened_at < :last {condition}
    """
    named = {"first": first.isoformat(), "last": last.isoformat(), "station": ledger.station}
    return rows(ledger, sql, {**named, **values})[0]


def register(
    ledger: Ledger, first: dt.date, last: dt.date, where: Mapping[str, Any], *, carried: bool
) -> sqlite3.Cursor:
    """The rows of a register, oldest first: received in the period and, if asked, carried into
    it."""
    condition, values = _where(where)
    old = (
        " or (k.received_at < :first and (k.ended_at is null or k.ended_at >= :first))"
        if carried
        else ""
    )
    cursor = ledger.connection.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor.execute(
        "select k.* from complaint k where k.station = :station and k.status <> 'voided'"
        f" and ((k.received_at >= :first and k.received_at < :last){old}) {condition}"
        " order by k.received_at, k.number",
        {"first": first.isoformat(), "last": last.isoformat(), "station": ledger.station, **values},
    )


def _where(where: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A form's plain table of field = value or values as a condition on ``k``."""
    parts, values = [], {}
    for name, wanted in where.items():
        if name not in EQUAL:
            raise ValueError(name)
        keys = []
        for index, value in enumerate(wanted if isinstance(wanted, list) else [wanted]):
            values[f"{name}_{index}"] = value
            keys.append(f":{name}_{index}")
        parts.append(f' and k."{name}" in ({", ".join(keys)})')
    return "".join(parts), values
