"""What is known: one complaint, its history, why its dates are what they are, lists, search.

Returns plain dictionaries (the JSON the scripts rely on); restricted complaints come masked.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..domain.clocks import Clock, clocks, derive
from ..domain.entry import Unclear, word
from ..domain.fold import facts
from ..domain.mask import masked
from ..domain.moments import Unreadable, read_month
from ..domain.policy import Field, Policy
from ..domain.vocabulary import Named
from ..errors import Fault, Usage
from ..ledger import queries
from ..ledger.store import Draft, append, events_of
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


def show(office: Office, wanted: str, *, unmask: str = "") -> dict[str, Any]:
    """One complaint with its clocks and penalties. ``unmask`` is a reason; it is recorded."""
    number = queries.find(office.ledger, wanted)
    if unmask:
        disclose(office, number, unmask)
    row = veiled(office, queries.complaint(office.ledger, number), bool(unmask))
    policy = office.book.policy(row["adoption"])
    found = {name: row[name] for name in SHOWN} | {"closed_at": closed_at(row)}
    found["late"] = bool(row["late"])
    found["more"] = row["more"]
    found["policy"] = policy.id
    found["penalties"] = [
        {k: v for k, v in line.items() if k not in ("station", "number")}
        for line in queries.penalties_of(office.ledger, number)
    ]
    found["checklist"] = checklist(office, number, policy)
    lines = queries.clocks_of(office.ledger, [number])[number]
    found["clocks"] = [clock(line, policy, office.now) for line in lines]
    return found


def checklist(office: Office, number: str, policy: Policy) -> list[dict[str, Any]]:
    """The steps of the plan (预案) a complaint follows, in order, each with when it was done."""
    state, _ = office.book.state(events_of(office.ledger, number))
    plan = state.fields.get("plan") or policy.id
    done = {t.step: t.at for t in state.steps()}
    steps = [policy.steps[step] for step in policy.text.get("checklists", {}).get(plan, ())]
    steps = [step for step in steps if not step.resets]
    return [
        {"step": s.id, "title": Named(s.id, s.zh, s.en), "done_at": done.get(s.id)} for s in steps
    ]


def disclose(office: Office, what: str, reason: str) -> None:
    """Records that masked personal data was looked at, by whom and why."""
    with office.ledger.unit():
        draft = Draft("disclosed", office.now, None, {"what": what}, {"reason": reason})
        append(office.ledger, office.stamp, [draft])


def veiled(office: Office, row: dict[str, Any], bare: bool = False) -> dict[str, Any]:
    """A projected row with its further fields read, masked when the complaint is restricted."""
    row["more"] = json.loads(row["more"])
    if bare or not row["restricted"]:
        return row
    policy = office.book.policy(row["adoption"])
    private = frozenset(name for name, f in policy.fields.items() if f.private)
    row["more"] = {k: WITHHELD for k, v in row["more"].items() if v}
    return masked(row, WITHHELD, private)


def clock(line: Mapping[str, Any], policy: Policy, now: dt.datetime) -> dict[str, Any]:
    """A clock as scripts get it; ``state`` as of now."""
    limit = policy.limit(line["limit_id"])
    state = line["state"]
    if state == "running" and line["due_at"] and line["due_at"] < now.isoformat():
        state = "overdue"
    return {
        "limit": line["limit_id"],
        "policy": line["policy"],
        "clause": limit.clause if limit else None,
        "title": Named(line["limit_id"], limit.zh, limit.en) if limit else None,
        "from": line["since"],
        "due_at": line["due_at"],
        "met_at": line["met_at"],
        "state": state,
        "provisional": bool(line["provisional"]),
        "round": line["round"] + 1,
    }


def history(office: Office, wanted: str) -> list[dict[str, Any]]:
    """Every event of a complaint, oldest first, with both its times; undone ones are marked."""
    number = queries.find(office.ledger, wanted)
    row = queries.complaint(office.ledger, number)
    policy = office.book.policy(row["adoption"])
    lines = []
    for event in events_of(office.ledger, number):
        values = {**event.body, **event.private}
        values.pop("policy", None)
        name = str(values.pop("step", event.type))
        if list(values.values()).count(values.get("text")) > 1:
            del values["text"]
        if row["restricted"]:
            values = {k: (WITHHELD if k in event.private else v) for k, v in values.items()}
        lines.append(
            {
                "seq": event.seq,
                "type": name,
                "title": policy.steps.get(name) or Fault(f"event.{name}"),
                "occurred_at": event.occurred_at,
                "recorded_at": event.recorded_at,
                "actor": event.actor,
                "batch": event.batch,
                "voided": event.batch in office.book.voided,
                "values": values,
                "words": worded(policy, values),
            }
        )
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
        from ..domain.fold import fold

        state = fold(events, policy, office.book.voided) or state
    lines = []
    for item in clocks(state, rules, office.book.calendar):
        limit = rules.limit(item.limit)
        assert limit is not None, "a clock has its limit"
        lines.append(
            _clock(item, office.now)
            | {
                "clause": limit.clause,
                "article": limit.place,
                "title": Named(limit.id, limit.zh, limit.en),
                "source": Named(
                    item.policy, rules.title(item.policy, "zh"), rules.title(item.policy, "en")
                ),
                "assumed": limit.reason if limit.assumed else None,
                "within": limit.span(facts(state, rules)),
                "days": derive(limit, item, state, rules, office.book.calendar),
            }
        )
    title = Named(rules.id, rules.title(rules.id, "zh"), rules.title(rules.id, "en"))
    return {
        "number": number,
        "policy": rules.id,
        "title": title,
        "received_at": state.received_at,
        "clocks": lines,
    }


def _clock(item: Clock, now: dt.datetime) -> dict[str, Any]:
    return {
        "limit": item.limit,
        "policy": item.policy,
        "from": item.since,
        "due_at": item.due_at,
        "met_at": item.met_at,
        "state": item.state_at(now),
        "provisional": item.provisional,
        "round": item.round + 1,
    }


def listing(
    office: Office,
    given: Mapping[str, str | None],
    *,
    month: str | None = None,
    open_: bool | None = None,
    overdue: bool = False,
    limit: int | None = None,
) -> tuple[list[dict[str, Any]], int]:
    """Complaints that meet the filters (words of the current policy), newest first; and how
    many."""
    policy = current(office)
    equal, faults = {}, []
    for name, text in given.items():
        if text is None:
            continue
        field = STATUS if name == "status" else policy.fields.get(name)
        try:
            equal[name] = word(policy, field, text) if field and field.type == "term" else text
        except Unclear as unclear:
            faults.append(unclear.fault)
    term = policy.term("category", equal.get("category"))
    if term and not term.parent:
        equal["class"] = equal.pop("category")  # a class means all its items
    period = None
    if month:
        try:
            period = read_month(month, office.now)
        except Unreadable as error:
            faults.append(error.fault)
    if faults:
        raise Usage(faults=faults)
    found, count = queries.listing(
        office.ledger,
        equal=equal,
        received=period,
        open_=open_,
        overdue=office.now if overdue else None,
        limit=limit,
    )
    return [brief(office, row) for row in found], count


def search(office: Office, text: str, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """Complaints whose text holds every word, newest first; and whether there are more."""
    found, more = queries.search(office.ledger, text, limit)
    return [brief(office, row) for row in found], more


def brief(office: Office, row: dict[str, Any]) -> dict[str, Any]:
    """A projected row as a line of a list."""
    shown = veiled(office, row)
    names = (*SHOWN, "next_due_at", "next_limit", "due_at", "due_limit", "adoption", "class")
    return {name: shown[name] for name in names} | {"closed_at": closed_at(row)}


def closed_at(row: Mapping[str, Any]) -> str | None:
    """When it was closed. An old record whose end nobody knows left the stock, but was never
    closed."""
    return None if row["status"] == "archived" else row["ended_at"]


def current(office: Office) -> Policy:
    """The policy in force today."""
    return office.book.policy(office.book.adoption(office.now.date()))


def names(office: Office, number: str, fields: Iterable[str]) -> list[object]:
    """The words of fields under a complaint's policy."""
    policy = office.book.policy(adoption(office, number))
    return [policy.fields.get(name) or Fault(f"field.{name}") for name in fields]


def adoption(office: Office, number: str) -> int:
    """The adoption a complaint lives under."""
    return int(queries.complaint(office.ledger, number)["adoption"])
