"""What the rules propose against staff. A proposal is no fine: a person approves or waives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .clocks import Clock
from .conditions import by_fact
from .fold import OLD, Complaint, facts
from .policy import Penalty, Policy


@dataclass(frozen=True)
class Proposal:
    """One penalty on one complaint. ``state`` is proposed, approved or waived; amount in yuan."""

    penalty: str
    policy: str
    amount: float
    points: float
    minimum: bool
    measure: str
    state: str
    person: str = ""
    shared: float = 0.0


def proposals(state: Complaint, policy: Policy, running: Iterable[Clock]) -> list[Proposal]:
    """Every penalty whose trigger is met, with what a person has decided about it.

    ``running`` are the complaint's clocks: a penalty with ``late`` needs one of those limits
    breached.
    Nobody is fined from an old book.
    """
    if state.voided or state.origin == OLD:
        return []
    known = facts(state, policy)
    late = {c.limit.partition("/")[0]: c for c in running if c.state == "late"}
    found = []
    for rule in policy.penalties:
        breached = [late[limit] for limit in rule.late if limit in late]
        if rule.applies(known) and (breached or not rule.late):
            found.append(_propose(rule, state, known, breached))
    return found


def _propose(
    rule: Penalty, state: Complaint, known: Mapping[str, Any], breached: list[Clock]
) -> Proposal:
    count = _count(rule, state, known, breached)
    times = by_fact(rule.multiplier, known)
    amount = by_fact(rule.amount, known) * count * times
    decided = next(
        (
            t
            for t in reversed(state.taken)
            if t.step in ("penalised", "waived") and t.fields.get("penalty") == rule.id
        ),
        None,
    )
    verdict = {"penalised": "approved", "waived": "waived"}[decided.step] if decided else "proposed"
    if decided and decided.fields.get("amount") is not None:
        amount = float(decided.fields["amount"])
    shared = amount * rule.share if not rule.share_on or known.get(rule.share_on[0]) else 0.0
    return Proposal(
        penalty=rule.id,
        policy=rule.origin,
        amount=amount,
        points=by_fact(rule.points, known) * times,
        minimum=rule.minimum,
        measure=rule.measure,
        state=verdict,
        person=str(decided.fields.get("person") or "") if decided else "",
        shared=shared,
    )


def _count(rule: Penalty, state: Complaint, known: Mapping[str, Any], breached: list[Clock]) -> int:
    if rule.per == "person":
        return int(known.get("persons") or 1)
    if rule.per == "day_late":
        return sum(_days_late(clock, state) for clock in breached)
    return 1


def _days_late(clock: Clock, state: Complaint) -> int:
    """One for the breach itself and one more for every further day (压单: 超过再按1单…/天累加)."""
    end = clock.met_at or state.rounds[clock.round][1]
    return 1 + max(0, (end - clock.due_at).days) if end and clock.due_at else 1
