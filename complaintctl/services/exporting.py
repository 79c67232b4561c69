"""Registers out: the rows of a form for a period, the month's balance and the ledger's head."""

import datetime as dt
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from ..clock import evening
from ..domain.event import anchor
from ..domain.fold import BESIDE, OLD
from ..domain.moments import read_day, read_month
from ..errors import Usage, together
from ..ledger import queries
from ..ledger.projection import as_of as ledger_as_of
from ..ledger.store import head
from ..rulebook.files import load_form, refuse
from ..sheets.register import write_register
from .reading import disclose, seen, terms
from .session import Office, Typed, Values, writable

BALANCE = (
    "期初结转 {opening} 件 ＋ 本期受理 {received} 件 ＋ 重新办理 {reopened} 件"
    " － 本期办结 {closed} 件 ＝ 期末结转 {carried} 件"
)


def export(
    office: Office, form: str, *, month: Typed, as_of: Typed, to: Typed, force: bool, unmask: Typed
) -> Values:
    """Writes one register. ``to`` may be a folder; the file's name is made from form and month.
    Returns path, form, rows, the balance (opening + received + reopened - closed = carried),
    anchor."""
    station = office.ledger.name
    layout, (first, last), moment = together(
        lambda: load_form(form, office.own),
        lambda: read_month(month or "this", office.now),
        lambda: _moment(office, as_of, office.ledger.opened_at[:10]),
    )
    known, span = {*office.policy.fields, *BESIDE}, (first, last)
    strange = (c.field for c in layout.columns if c.field not in known)
    refuse(f"{layout.id}.toml", (("column field", "unknown_name", name) for name in strange))
    with ledger_as_of(office.ledger, moment) if as_of else nullcontext(office.ledger) as ledger:
        monthly = (last - first).days <= 31
        name = f"{layout.title}_{station[:40]}_{str(first)[: 7 if monthly else 4]}.xlsx"
        path = writable(_path(to, name), ".xlsx", office.ledger.path)
        rows = partial(queries.register, ledger, span, layout.where, carried=layout.carried)
        if unmask:
            masked = (row["number"] for row in rows() if row["restricted"])
            disclose(office, f"{layout.id} {first:%Y-%m}", unmask, masked)
        balance, seal = queries.balance(ledger, span, layout.where), anchor(*head(ledger))
        about: Values = {"unit": station, "footer": f"台账校验码 {seal}", "force": force}
        about |= {"filled_on": moment.date(), "notes": [BALANCE.format(**balance)]}
        about["period"] = f"{first.year}年" + f"{first.month}月" * monthly
        shown = (_values(office, row, first, moment, bool(unmask)) for row in rows())
        count = write_register(path, layout, shown, **about)
    return {"path": path, "form": layout.id, "rows": count, **balance, "anchor": seal}


def _moment(office: Office, as_of: Typed, opened: str) -> dt.datetime:
    """The moment as of which a register is written: now, or the evening of a day in between."""
    if not as_of:
        return office.now
    day = read_day(as_of, office.now)
    if not opened <= str(day) <= str(office.now.date()):
        raise Usage("export.as_of", value=as_of, opened=opened)
    return evening(day)


def _path(to: Typed, name: str) -> Path:
    safe = "".join("_" if c in '\\/:*?"<>|' or ord(c) < 32 else c for c in name)
    path = Path(to or safe)
    return path / safe if path.is_dir() or not path.suffix else path


def _values(office: Office, row: Values, first: dt.date, moment: dt.datetime, bare: bool) -> Values:
    """One complaint as a form shows it: words for ids, dates for texts, joined columns."""
    policy = office.book.policy(row["adoption"])
    row = seen(policy, row, bare=bare)
    # What an old book does not tell of is left blank.
    unsaid = None if row["origin"] == OLD else "否"
    late = bool(row["late"] or (row["next_due_at"] or "9") < moment.isoformat())
    row["late"] = None if row["status"] == "archived" else late
    row |= {name: term.zh for name, term in terms(policy, row).items()}
    row |= {"assessed": bool(row["assessed"]), "fine": row["fine"] or None}
    dates = {n: dt.datetime.fromisoformat(v) for n, v in row.items() if n.endswith("_at") and v}
    before = row["received_at"] < str(first)
    shown = {
        "item": row["category"] if row["category"] != row["class"] else None,
        "category": row["class"],
        "due_at": dates["due_at"].date() if row["due_at"] else None,
        "reply": _join((row["replied_at"] or "")[:10], row["reply_mode"]),
        "notified": f"是 {row['notified_at'][:10]}" if row["notified_at"] else unsaid,
        "handler_unit": _join(row["unit"], row["handler"]),
        "address_account": _join(row["address"], row["account_no"]),
        "note": _join(before and ("往期结转" if row["carried"] else "重新办理"), row["note"]),
    }
    return {**(row["more"] if bare or not row["restricted"] else {}), **row, **dates, **shown}


def _join(*parts: str | bool | None) -> str | None:
    return " ".join(str(p) for p in parts if p) or None
