"""Registers out: the rows of a form for a period, the month's balance and the ledger's head,
written."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..domain.event import anchor
from ..domain.form import Form
from ..domain.mask import masked
from ..domain.moments import Unreadable, read_day, read_month
from ..errors import Usage
from ..ledger import periods, queries
from ..ledger.connection import Ledger
from ..ledger.past import as_of as ledger_as_of
from ..ledger.store import Book, head
from ..rulebook.shapes import load_form
from ..sheets.register import write_register
from .reading import WITHHELD, closed_at, disclose
from .session import Office
from .wording import LABELLED

CARRIED = "往期结转"
_STEP_TIMES = ("contacted_at", "resolved_at", "replied_at", "followed_up_at")


def export(
    office: Office,
    wanted: str,
    *,
    month: str | None = None,
    as_of: str | None = None,
    output: Path | None = None,
    force: bool = False,
    unmask: str = "",
) -> dict[str, Any]:
    """Writes one register. ``output`` may be a folder; the file's name is made from form and month.

    Returns path, form, rows, the balance (opening + received + reopened - closed = carried),
    anchor.
    """
    form = load_form(wanted, office.own)
    first, last = period(office, month or "this")
    moment = _moment(office, as_of)
    ledger = ledger_as_of(office.ledger, moment) if moment else office.ledger
    try:
        if unmask:
            disclose(office, f"{form.id} {first:%Y-%m}", unmask)
        return _write(
            office, ledger, form, first, last, moment or office.now, output, force, bool(unmask)
        )
    finally:
        if moment:
            ledger.close()


def period(office: Office, month: str) -> tuple[dt.date, dt.date]:
    """The days first ≤ day < last that a month or year means."""
    try:
        return read_month(month, office.now)
    except Unreadable as error:
        raise Usage(faults=[error.fault]) from None


def _moment(office: Office, as_of: str | None) -> dt.datetime | None:
    if not as_of:
        return None
    try:
        day = read_day(as_of, office.now, typed=True)
    except Unreadable as error:
        raise Usage(faults=[error.fault]) from None
    return dt.datetime.combine(day, dt.time(23, 59, 59), office.now.tzinfo)


def _write(
    office: Office,
    ledger: Ledger,
    form: Form,
    first: dt.date,
    last: dt.date,
    moment: dt.datetime,
    output: Path | None,
    force: bool,
    bare: bool,
) -> dict[str, Any]:
    name = queries.station(ledger)["name"]
    whole_month = (last - first).days <= 31
    path = _path(output, f"{form.title}_{name}_{first.isoformat()[: 7 if whole_month else 4]}.xlsx")
    balance = periods.balance(ledger, first, last, form.where)
    seal = anchor(*head(ledger))
    rows = Rows(
        ledger, office.book if ledger is office.ledger else Book(ledger), form, first, moment, bare
    )
    count = write_register(
        path,
        form,
        rows.of(first, last),
        unit=name,
        filled_on=moment.date(),
        period=f"{first.year}年{first.month}月" if whole_month else f"{first.year}年",
        footer=f"台账校验码 {seal}",
        notes=[_balance_line(balance)],
        force=force,
    )
    return {"path": path, "form": form.id, "rows": count, **balance, "anchor": seal}


def _balance_line(b: Mapping[str, int]) -> str:
    return (
        f"期初结转 {b['opening']} 件 ＋ 本期受理 {b['received']} 件 ＋ 重新办理 {b['reopened']} 件"
        f" － 本期办结 {b['closed']} 件 ＝ 期末结转 {b['carried']} 件"
    )


def _path(output: Path | None, name: str) -> Path:
    safe = "".join("_" if c in '\\/:*?"<>|' or ord(c) < 32 else c for c in name)
    if output is None:
        return Path(safe)
    return output / safe if output.is_dir() or not output.suffix else output


class Rows:
    """Turns projected complaints into the values a form's columns ask for."""

    def __init__(
        self,
        ledger: Ledger,
        book: Book,
        form: Form,
        first: dt.date,
        moment: dt.datetime,
        bare: bool,
    ) -> None:
        self.ledger, self.book, self.form, self.bare = ledger, book, form, bare
        self.first, self.moment = first.isoformat(), moment.isoformat()

    def of(self, first: dt.date, last: dt.date) -> Iterator[dict[str, Any]]:
        """The rows of the period, oldest first."""
        found = periods.register(
            self.ledger, first, last, self.form.where, carried=self.form.carried
        )
        for row in found:
            yield self.values(dict(row))

    def values(self, row: dict[str, Any]) -> dict[str, Any]:
        """One complaint as a form shows it: words for ids, dates for texts, joined columns."""
        policy = self.book.policy(row["adoption"])
        if row["restricted"] and not self.bare:
            private = frozenset(name for name, f in policy.fields.items() if f.private)
            row = {**masked(row, WITHHELD, private), "more": "{}"}
        ended = closed_at(row)
        words = {"class": "category"}
        for name in LABELLED:
            term = policy.term(words.get(name, name), row[name])
            row[name] = term.zh if term else row[name]
        shown: dict[str, Any] = json.loads(row["more"]) | row
        shown["item"] = row["category"] if row["category"] != row["class"] else None
        shown["category"] = row["class"]
        shown["late"] = bool(row["late"] or (row["next_due_at"] or "9") < self.moment)
        shown["assessed"] = bool(row["assessed"])
        shown["fine"] = row["fine"] or None
        for name in ("received_at", "registered_at", "due_at", "notified_at", *_STEP_TIMES):
            shown[name] = dt.datetime.fromisoformat(row[name]) if row[name] else None
        shown["due_at"] = shown["due_at"] and shown["due_at"].date()
        shown["closed_at"] = dt.datetime.fromisoformat(ended) if ended else None
        shown["reply"] = _join(_day(row["replied_at"]), row["reply_mode"])
        shown["notified"] = f"是 {_day(row['notified_at'])}" if row["notified_at"] else "否"
        shown["handler_unit"] = _join(row["unit"], row["handler"])
        shown["address_account"] = _join(row["address"], row["account_no"])
        old = row["received_at"] < self.first
        shown["note"] = _join(CARRIED if old else None, row["note"])
        return shown


def _join(*parts: str | None) -> str | None:
    return " ".join(p for p in parts if p) or None


def _day(text: str | None) -> str | None:
    return text[:10] if text else None
