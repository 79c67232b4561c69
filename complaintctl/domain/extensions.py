"""Moving a time limit: which limits may be moved, how far, and what must be said with it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from ..errors import Fault
from .clocks import clocks, reach
from .entry import absent
from .fold import Complaint, facts
from .gates import label
from .policy import Policy
from .spans import read_span
from .workdays import WorkCalendar


def extended(
    state: Complaint, policy: Policy, calendar: WorkCalendar, values: Mapping[str, Any]
) -> tuple[str, list[Fault]]:
    """The limit an extension means, and all that stands against it; ``state`` is before the
    extension.

    The limit need not be named when only one that runs may be moved. ``gate`` in a fault is the
    rule.
    """
    running = {c.limit: c for c in clocks(state, policy, calendar) if c.state == "running"}
    rules = {limit: rule for rule in policy.extensions for limit in rule.limits if limit in running}
    limit = str(values.get("limit") or (next(iter(rules)) if len(rules) == 1 else ""))
    if limit not in rules:
        known_limits: dict[str, object] = {
            "value": limit or "-",
            "known": sorted(rules),
            "gate": "extension",
        }
        return limit, [Fault("extension.unknown", known_limits)]
    rule, due = rules[limit], running[limit].due_at
    if not rule.applies({**facts(state, policy), **values}):
        asked = [label(policy, name) for name in rule.when or {}]
        said: dict[str, object] = {"clause": rule.clause, "fields": asked, "gate": rule.id}
        return limit, [Fault("extension.condition", said)]
    gone = [
        Fault(f.code, {**f.params, "gate": rule.id})
        for f in (
            absent(policy, policy.fields[n]) for n in ("until", "approver") if not values.get(n)
        )
    ]
    if due and values.get("until"):
        gone += _dates(rule.id, rule.at_most, limit, due, str(values["until"])[:10], calendar)
    return limit, gone


def _dates(
    rule: str, at_most: str, limit: str, due: dt.datetime, until: str, calendar: WorkCalendar
) -> list[Fault]:
    said: dict[str, object] = {"gate": rule, "value": until, "limit": limit, "due": due.date()}
    if until <= due.date().isoformat():
        return [Fault("extension.earlier", said)]
    if at_most:
        last, _ = reach(read_span(at_most), due, calendar, roll="forward", count_start=False)
        if last and until > last.date().isoformat():
            return [Fault("extension.too_far", {**said, "last": last.date()})]
    return []
