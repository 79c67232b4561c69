"""Runs the ``[[example]]`` of a policy file: given this complaint and these events, then these
dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from .clocks import clocks
from .conditions import Table
from .duties import occasions
from .event import Event
from .extensions import extended
from .fold import Complaint, fold
from .gates import refusals
from .moments import read_moment
from .penalties import proposals
from .policy import Duty, Policy, build
from .workdays import WorkCalendar

_NOW = dt.datetime(2026, 11, 22, tzinfo=dt.timezone(dt.timedelta(hours=8)))
_KINDS = {"assigned", "closed", "reopened", "amended"}


def run(policy: Policy, example: Table, calendar: WorkCalendar) -> list[str]:
    """What the example asserts and the rules do not give; empty when it holds."""
    state = _state(policy, example.get("given", {}), example.get("events", ()))
    found = clocks(state, policy, calendar)
    now = _at(example["now"]) if "now" in example else _NOW
    lines = {c.limit if c.round == 0 else f"{c.limit}#{c.round + 1}": c for c in found}
    wrong: list[str] = []
    for limit, wanted in example.get("due", {}).items():
        clock = lines.get(limit)
        got = "nothing" if clock is None else clock.due_at.isoformat() if clock.due_at else ""
        expected = str(wanted).replace(" ", "T")
        if not got.startswith(expected) or bool(got) != bool(expected):
            wrong.append(f"{limit}: due {got}, expected {wanted}")
    for limit, wanted in example.get("state", {}).items():
        state_now = lines[limit].state_at(now) if limit in lines else None
        if state_now != wanted:
            wrong.append(f"{limit}: state {state_now}, expected {wanted}")
    wrong += [f"{limit}: runs" for limit in example.get("absent", ()) if limit in lines]
    wrong += _penalties(policy, example, state, calendar)
    wrong += _refusals(policy, example, calendar)
    return wrong + _duties(policy, example, calendar)


def _penalties(
    policy: Policy, example: Table, state: Complaint, calendar: WorkCalendar
) -> list[str]:
    got = proposals(state, policy, clocks(state, policy, calendar))
    wrong = []
    if "penalties" in example:
        shown = {p.penalty: p.measure if p.measure and not p.amount else p.amount for p in got}
        if shown != example["penalties"]:
            wrong.append(f"penalties {shown}, expected {example['penalties']}")
    by_id = {p.penalty: p for p in got}
    for aspect in ("points", "shared", "measure"):
        for penalty, wanted in example.get(aspect, {}).items():
            value = getattr(by_id[penalty], aspect) if penalty in by_id else None
            if value != wanted:
                wrong.append(f"{penalty}: {aspect} {value}, expected {wanted}")
    return wrong


def _refusals(policy: Policy, example: Table, calendar: WorkCalendar) -> list[str]:
    if "try" not in example:
        return []
    attempt = example["try"]
    tried = [*example.get("events", ()), attempt]
    if attempt["do"] == "logged":
        tried = tried[:-1]
    state = _state(policy, example.get("given", {}), tried)
    faults = refusals(state, policy, attempt["do"])
    if attempt["do"] == "extended":
        before = _state(policy, example.get("given", {}), tried[:-1])
        faults += extended(before, policy, calendar, attempt)[1]
    got = sorted({str(f.params["gate"]) for f in faults})
    wanted = sorted(example.get("refused", []))
    return [f"refused by {got}, expected {wanted}"] if got != wanted else []


def _duties(policy: Policy, example: Table, calendar: WorkCalendar) -> list[str]:
    wrong = []
    for duty_id, wanted in example.get("duties", {}).items():
        first, last = (dt.date.fromisoformat(d) for d in example["between"])
        item = next((d for d in policy.text.get("duty", ()) if d["id"] == duty_id), None)
        done = example.get("done", {}).get(duty_id)
        days = [dt.date.fromisoformat(done)] if done else []
        got = (
            [o.day.isoformat() for o in occasions(build(Duty, item), calendar, first, last, days)]
            if item
            else None
        )
        if got != wanted:
            wrong.append(f"{duty_id}: {got}, expected {wanted}")
    return wrong


def _state(policy: Policy, given: Table, events: Any) -> Complaint:
    """The state after an example's events, through the same fold the ledger uses."""
    defaults = {f.id: f.default for f in policy.fields.values() if f.default is not None}
    fields = {**defaults, **{k: v for k, v in given.items() if k != "received"}}
    fields["named"] = bool(fields.get("name"))
    if "steps" in fields:
        fields["steps"] = {step: _at(at).isoformat() for step, at in fields["steps"].items()}
    type_ = "recorded" if fields.pop("origin", "live") == "old" else "logged"
    made = [_event(1, type_, given.get("received", "2026-03-02 09:00"), fields)]
    for seq, item in enumerate(events, start=2):
        body = {k: v for k, v in item.items() if k not in ("do", "at")}
        do = item["do"]
        made.append(_event(seq, do if do in _KINDS else "step", item["at"], body | {"step": do}))
    state = fold(made, policy)
    assert state is not None
    return state


def _event(seq: int, type_: str, at: str, body: Mapping[str, Any]) -> Event:
    when = _at(at).isoformat()
    return Event(seq, "1", type_, when, when, "", "", body)


def _at(text: str) -> dt.datetime:
    return read_moment(str(text), _NOW, typed=False).at
