"""What is known: one complaint, its history, why its dates are what they are, lists, search.

Returns plain dictionaries (the JSON the scripts rely on); restricted complaints come masked.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..domain.clocks import clocks, derive
from ..domain.entry import word
from ..domain.fold import fold
from ..domain.mask import masked
from ..domain.moments import read_month
from ..domain.policy import Field, Policy
from ..domain.vocabulary import Named
from ..errors import Fault, Faults
from ..ledger import queries
from ..ledger.store import Draft, events_of
from .session import Office
from .wording import worded

STATUS = Field("status", "状态", "status", type="term")
WITHHELD = "〔举报内容不予显示〕"
SHOWN = (
    *("number", "reference", "kind", "channel", "category", "level", "status", "received_at"),
    *("registered_at", "handler", "unit", "name", "phone", "address", "account_no", "content"),
    *("demand", "accused", "receiver", "contacted_at", "resolved_at", "replied_at", "reply_mode"),
    *("notified_at", "followed_up_at", "result", "outcome", "substantiated", "responsibility"),
    *("satisfaction", "note", "late", "origin", "batch"),
)
EVENT = ("seq", "occurred_at", "recorded_at", "actor", "batch")
LISTED = (*SHOWN, "next_due_at", "next_limit", "due_at", "due_limit", "adoption", "class")


def show(office: Office, wanted: str, *, unmask: str = "") -> dict[str, Any]:
    """One complaint with its clocks and penalties. ``unmask`` is a reason; it is recorded."""
    row = queries.complaint(office.ledger, wanted)
    number, policy = row["number"], office.book.policy(row["adoption"])
    if unmask:
        disclose(office, number, unmask)
    shown = unfolded(row) if unmask else veiled(policy, row)
    lines = queries.clocks_of(office.ledger, number)
    return {
        **{name: shown[name] for name in SHOWN},
        "closed_at": closed_at(row),
        "late": bool(row["late"]),
        "more": shown["more"],
        "policy": policy.id,
        "penalties": queries.penalties_of(office.ledger, number),
        "checklist": _checklist(office, number),
        "clocks": [clock(line, policy, office.now) for line in lines],
    }


def _checklist(office: Office, number: str) -> list[dict[str, Any]]:
    """The steps of the plan (预案) a complaint follows, in order, each with when it was done."""
    state, policy = office.state(number)
    plan = state.fields.get("plan") or policy.id
    done = {t.step: t.at for t in state.steps()}
    steps = [policy.steps[step] for step in policy.text.get("checklists", {}).get(plan, ())]
    return [{"step": s.id, "title": s, "done_at": done.get(s.id)} for s in steps if not s.resets]


def disclose(office: Office, what: str, reason: str) -> None:
    """Records that masked personal data was looked at, by whom and why."""
    with office.ledger.unit():
        office.write(Draft("disclosed", office.now, None, {"what": what}, {"reason": reason}))


def unfolded(row: Mapping[str, Any]) -> dict[str, Any]:
    """A projected row with its further fields read."""
    return {**row, "more": json.loads(row["more"])}


def veiled(policy: Policy, row: Mapping[str, Any]) -> dict[str, Any]:
    """A projected row, read, and masked when the complaint is restricted."""
    shown = unfolded(row)
    if not row["restricted"]:
        return shown
    shown["more"] = {k: WITHHELD for k, v in shown["more"].items() if v}
    return masked(shown, WITHHELD, frozenset(f.id for f in policy.fields.values() if f.private))


def clock(line: Mapping[str, Any], policy: Policy, now: dt.datetime) -> dict[str, Any]:
    """A clock as scripts get it; ``state`` as of now."""
    limit = policy.limit(line["limit"])
    assert limit is not None, "a clock has its limit"
    overdue = line["state"] == "running" and (line["due_at"] or "9") < now.isoformat()
    return {
        "limit": line["limit"],
        "policy": line["policy"],
        "clause": limit.clause,
        "title": Named(line["limit"], limit.zh, limit.en),
        "from": line["since"],
        "due_at": line["due_at"],
        "met_at": line["met_at"],
        "state": "overdue" if overdue else line["state"],
        "provisional": bool(line["provisional"]),
        "round": line["round"] + 1,
    }


def history(office: Office, wanted: str) -> list[dict[str, Any]]:
    """Every event of a complaint, oldest first, with both its times; undone ones are marked."""
    row = queries.complaint(office.ledger, wanted)
    policy = office.book.policy(row["adoption"])
    lines = []
    for event in events_of(office.ledger, row["number"]):
        values = {k: v for k, v in {**event.body, **event.private}.items() if k != "policy"}
        name = str(values.pop("step", event.type))
        titled = policy.steps.get(name) or Fault(f"event.{name}")
        void = event.batch in office.book.voided
        if list(values.values()).count(values.get("text")) > 1:
            del values["text"]
        if row["restricted"]:
            values = {k: (WITHHELD if k in event.private else v) for k, v in values.items()}
        about = {k: getattr(event, k) for k in EVENT} | {"type": name, "title": titled}
        told = {"voided": void, "values": values, "words": worded(policy, values)}
        lines.append(about | told)
    return lines


def explain(office: Office, wanted: str, policy: Policy | None = None) -> dict[str, Any]:
    """Why each date is what it is: rule, clause, start, every day counted or skipped, result.

    With another ``policy`` the same complaint under that regime; nothing is written.
    """
    number = queries.find(office.ledger, wanted)
    events = events_of(office.ledger, number)
    state, own = office.book.state(events)
    rules = policy or own
    if policy:
        state = fold(events, policy, office.book.voided)
    lines = []
    for item in clocks(state, rules, office.book.calendar):
        limit = rules.limit(item.limit)
        assert limit is not None, "a clock has its limit"
        stored = {
            k: v.isoformat() if isinstance(v, dt.date) else v for k, v in item._asdict().items()
        }
        lines.append(
            {
                **clock(stored, rules, office.now),
                "article": limit.place,
                "title": limit,
                "source": rules.named(item.policy),
                "assumed": limit.reason if limit.assumed else None,
                "within": limit.span(state.facts),
                "days": derive(limit, item, state, office.book.calendar),
            }
        )
    about = {"number": number, "policy": rules.id, "title": rules.named(rules.id)}
    return {**about, "received_at": state.received_at, "clocks": lines}


def listing(
    office: Office,
    given: Mapping[str, str | None],
    *,
    month: str | None = None,
    open_: bool | None = None,
    overdue: bool = False,
    limit: int | None = None,
) -> tuple[list[dict[str, Any]], int]:
    """Complaints that meet the filters (words of today's policy), newest first; and how many."""
    policy = office.policy
    fields = {**policy.fields, "status": STATUS}
    equal, wrong, period = {}, Faults(), None
    for name, text in given.items():
        if text is not None:
            field = fields.get(name)
            with wrong.kept():
                equal[name] = word(policy, field, text) if field and field.type == "term" else text
    with wrong.kept():
        period = read_month(month, office.now) if month else None
    wrong.tell()
    term = policy.term("category", equal.get("category"))
    if term and not term.parent:
        equal["class"] = equal.pop("category")  # a class means all its items
    now = office.now if overdue else None
    found, count = queries.listing(
        office.ledger, equal, received=period, open_=open_, overdue=now, limit=limit
    )
    return [_brief(office, row) for row in found], count


def search(office: Office, text: str, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """Complaints whose text holds every word, newest first; and whether there are more."""
    found, more = queries.search(office.ledger, text, limit)
    return [_brief(office, row) for row in found], more


def _brief(office: Office, row: dict[str, Any]) -> dict[str, Any]:
    """A projected row as a line of a list."""
    shown = veiled(office.book.policy(row["adoption"]), row)
    return {name: shown[name] for name in LISTED} | {"closed_at": closed_at(row)}


def closed_at(row: Mapping[str, Any]) -> str | None:
    """When it was closed; an old record whose end nobody knows never was."""
    return None if row["status"] == "archived" else row["ended_at"]


def names(office: Office, number: str, fields: Iterable[str]) -> list[object]:
    """The words of fields under a complaint's policy."""
    policy = office.book.policy(adoption(office, number))
    return [policy.fields.get(name) or Fault(f"field.{name}") for name in fields]


def adoption(office: Office, number: str) -> int:
    """The adoption a complaint lives under."""
    return int(queries.complaint(office.ledger, number)["adoption"])
