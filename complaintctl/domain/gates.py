"""What the rules demand before a step is taken or a limit is moved: all that is missing, each with
its clause."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from ..errors import Fault
from .clocks import clocks, reach
from .conditions import Table
from .entry import absent
from .fold import Complaint
from .policy import Extension, Gate, Policy
from .spans import read_span
from .vocabulary import Named
from .workdays import WorkCalendar


def refusals(state: Complaint, policy: Policy, action: str) -> list[Fault]:
    """All that stands against ``action`` on a complaint whose state already includes it.

    Each fault carries ``gate`` (its id), ``clause`` and ``source``; empty when the rules allow it.
    """
    known = state.facts
    done = {t.step for t in state.steps()}
    return [
        Fault(code, {**_about(gate, policy), **lack})
        for gate in policy.gates
        if action in gate.on and gate.applies(known)
        for code, lack in _lacks(gate, known, done, policy)
    ]


def _about(gate: Gate, policy: Policy) -> dict[str, object]:
    source = policy.named(gate.origin)
    return {"gate": gate.id, "clause": gate.clause, "article": gate.place, "source": source}


def _lacks(
    gate: Gate, known: Table, done: set[str], policy: Policy
) -> Iterator[tuple[str, dict[str, object]]]:
    for step in gate.steps:
        if step not in done:
            yield "gate.step", {"what": _word(policy.steps, step)}
    for name in gate.fields:
        if known.get(name) in (None, ""):
            yield "gate.field", {"what": _word(policy.fields, name)}
    for name in gate.true:
        if known.get(name) is not True:
            yield "gate.true", {"what": _word(policy.fields, name)}
    values = [known.get(name) for name in gate.differ]
    if all(values) and len(set(values)) < len(values):
        yield "gate.differ", {"what": [_word(policy.fields, name) for name in gate.differ]}
    for name, allowed in (gate.one_of or {}).items():
        if known.get(name) not in allowed:
            words = [policy.term(policy.vocabulary_of(name), a) or a for a in allowed]
            yield "gate.one_of", {"what": _word(policy.fields, name), "allowed": words}


def _word(known: Mapping[str, Named], name: str) -> Named:
    return known.get(name) or Named(name, name, name)


def extended(
    state: Complaint, policy: Policy, calendar: WorkCalendar, values: Table
) -> tuple[str, list[Fault]]:
    """The limit an extension means, and all that stands against it; ``state`` is before it.

    The limit need not be named when only one that runs may be moved. A fault's ``gate`` is the
    rule.
    """
    running = {c.limit: c for c in clocks(state, policy, calendar) if c.state == "running"}
    rules = {limit: rule for rule in policy.extensions for limit in rule.limits if limit in running}
    limit = str(values.get("limit") or (next(iter(rules)) if len(rules) == 1 else ""))
    if limit not in rules:
        known: dict[str, object] = {"value": limit or "-", "known": sorted(rules)}
        return limit, [Fault("extension.unknown", {**known, "gate": "extension"})]
    rule, due, until = rules[limit], running[limit].due_at, str(values.get("until") or "")[:10]
    if not rule.applies({**state.facts, **values}):
        asked = [_word(policy.fields, name) for name in rule.when or {}]
        faults = [Fault("extension.condition", {"clause": rule.clause, "fields": asked})]
    else:
        lacking = [policy.fields[n] for n in ("until", "approver") if not values.get(n)]
        faults = [absent(policy, field) for field in lacking]
        if due and until:
            faults += _dates(rule, limit, due, until, calendar)
    return limit, [f.about(gate=rule.id) for f in faults]


def _dates(
    rule: Extension, limit: str, due: dt.datetime, until: str, calendar: WorkCalendar
) -> list[Fault]:
    said: dict[str, object] = {"value": until, "limit": limit, "due": due.date()}
    if until <= due.date().isoformat():
        return [Fault("extension.earlier", said)]
    if rule.at_most:
        last, _ = reach(read_span(rule.at_most), due, calendar, roll="forward", count_start=False)
        if last and until > last.date().isoformat():
            return [Fault("extension.too_far", {**said, "last": last.date()})]
    return []
