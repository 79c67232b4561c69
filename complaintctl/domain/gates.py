"""What the rules demand before a step may be taken: every missing thing, with the clause that asks
for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import Fault
from .fold import Complaint, facts
from .policy import Gate, Policy
from .vocabulary import Named


def refusals(state: Complaint, policy: Policy, action: str) -> list[Fault]:
    """All that stands against ``action`` on a complaint whose state already includes it.

    Each fault carries ``gate`` (its id), ``clause`` and ``source``; empty when the rules allow it.
    """
    known = facts(state, policy)
    done = {t.step for t in state.steps()}
    found: list[Fault] = []
    for gate in policy.gates:
        if action in gate.on and gate.applies(known):
            found += [_fault(gate, policy, *lack) for lack in _lacks(gate, known, done, policy)]
    return found


def _lacks(
    gate: Gate, known: dict[str, Any], done: set[str], policy: Policy
) -> Iterable[tuple[str, dict[str, object]]]:
    for step in gate.steps:
        if step not in done:
            yield "gate.step", {"what": policy.steps.get(step) or Named(step, step, step)}
    for name in gate.fields:
        if known.get(name) in (None, ""):
            yield "gate.field", {"what": label(policy, name)}
    for name in gate.true:
        if known.get(name) is not True:
            yield "gate.true", {"what": label(policy, name)}
    if gate.differ:
        values = [known.get(name) for name in gate.differ]
        if all(values) and len(set(values)) < len(values):
            yield "gate.differ", {"what": [label(policy, name) for name in gate.differ]}
    for name, allowed in (gate.one_of or {}).items():
        if known.get(name) not in allowed:
            words = [policy.term(policy.vocabulary_of(name), a) or a for a in allowed]
            yield "gate.one_of", {"what": label(policy, name), "allowed": words}


def label(policy: Policy, name: str) -> Named:
    """The words of a field."""
    found = policy.fields.get(name)
    return Named(name, found.zh, found.en) if found else Named(name, name, name)


def _fault(gate: Gate, policy: Policy, code: str, params: dict[str, object]) -> Fault:
    source = Named(gate.origin, policy.title(gate.origin, "zh"), policy.title(gate.origin, "en"))
    return Fault(
        code,
        {"gate": gate.id, "clause": gate.clause, "article": gate.place, "source": source, **params},
    )
