"""Runs the ``[[example]]`` of a policy file: given this complaint and events, then these dates."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from .clocks import Clock, clocks, state_at
from .conditions import Table
from .demands import Proposal, extended, occasions, proposals, refusals
from .event import Event
from .fold import Complaint, fold
from .moments import read_moment
from .policy import Policy
from .workdays import WorkCalendar

# The keys of an example, and of which type their values are.
KEYS: dict[str, Any] = {
    **dict.fromkeys(("note", "now"), str),
    **dict.fromkeys(("given", "try"), Table),
    **dict.fromkeys(("due", "state", "measure", "done"), Mapping[str, str]),
    **dict.fromkeys(("penalties", "points", "shared"), Mapping[str, str | float]),
    **dict.fromkeys(("absent", "covers", "refused", "between"), list[str]),
    **{"events": list[Table], "duties": Mapping[str, list[str]]},
}
Claims = Iterator[tuple[str, object, object]]  # what is claimed, what the rules give, what is said


def run(policy: Policy, example: Table, calendar: WorkCalendar) -> list[str]:
    """What the example asserts and the rules do not give; empty when it holds."""
    state = _state(policy, example)
    found = clocks(state, policy, calendar)
    lines = {c.limit if c.round == 0 else f"{c.limit}#{c.round + 1}": c for c in found}
    fines = {p.penalty: p for p in proposals(state, policy, found)}
    claims = [*_figures(example, lines, fines), *_demands(policy, example, calendar, state)]
    wrong = [f"{what} {got}, expected {wanted}" for what, got, wanted in claims if got != wanted]
    return wrong + [f"{limit}: runs" for limit in example.get("absent", ()) if limit in lines]


def _figures(example: Table, lines: dict[str, Clock], fines: dict[str, Proposal]) -> Claims:
    """What is said of the complaint's clocks and penalties."""
    for limit, wanted in example.get("due", {}).items():
        due = str(lines[limit].due_at or "") if limit in lines else "nothing"
        said = str(wanted).replace("T", " ")  # as far as it says: a day, a minute
        yield f"{limit}: due", due[: len(said)] if said else due, said
    now = _at(example.get("now", "2026-11-22"))
    for limit, wanted in example.get("state", {}).items():
        line = lines.get(limit)
        yield f"{limit}: state", line and state_at(line.state, line.due_at, now), wanted
    if "penalties" in example:
        shown = {k: p.amount or p.measure or p.amount for k, p in fines.items()}
        yield "penalties", shown, example["penalties"]
    for aspect in ("points", "shared", "measure"):
        for penalty, wanted in example.get(aspect, {}).items():
            yield f"{penalty}: {aspect}", getattr(fines.get(penalty), aspect, None), wanted


def _demands(policy: Policy, example: Table, calendar: WorkCalendar, state: Complaint) -> Claims:
    """What is said of an action that is tried, and of the office's duties."""
    if tried := example.get("try"):
        action = tried["do"]
        after = state if action == "logged" else _state(policy, example, tried)
        faults = refusals(after, policy, action)
        if action == "extended":
            faults += extended(state, policy, calendar, tried)[1]
        got = sorted({str(f.params["gate"]) for f in faults})
        yield "refused by", got, sorted(example.get("refused", []))
    duties = {duty.id: duty for duty in policy.duties}
    for id_, wanted in example.get("duties", {}).items():
        first, last = map(dt.date.fromisoformat, example["between"])
        done = example.get("done", {}).get(id_)
        days = [dt.date.fromisoformat(done)] if done else []
        duty = duties.get(id_)
        found = duty and [*map(str, occasions(duty, calendar, first, last, days, first))]
        yield f"{id_}:", found, wanted


def _state(policy: Policy, example: Table, *more: Table) -> Complaint:
    """The state after an example's events and more, through the same fold the ledger uses."""
    given = {"received": "2026-03-02 09:00", "origin": "live", **example.get("given", {})}
    received, origin = given.pop("received"), given.pop("origin")
    steps = {step: _at(at).isoformat() for step, at in given.pop("steps", {}).items()}
    body = {**policy.defaults, **given, "named": bool(given.get("name")), "steps": steps}
    told = [("recorded" if origin == "old" else "logged", received, body)]
    for item in (*example.get("events", ()), *more):
        body = {k: v for k, v in item.items() if k not in ("do", "at")} | {"step": item["do"]}
        told.append(("step", item["at"], body))
    dated = ((type_, _at(at).isoformat(), body) for type_, at, body in told)
    events = (Event(n, "1", t, at, at, "", "", body) for n, (t, at, body) in enumerate(dated, 1))
    return fold(events, policy)


def _at(text: str) -> dt.datetime:
    return read_moment(str(text)).at
