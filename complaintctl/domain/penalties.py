"""What the rules propose against staff. A proposal is no fine: a person approves or waives it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .clocks import Clock
from .conditions import Table, by_fact
from .fold import OLD, Complaint, Taken
from .policy import Penalty, Policy

_VERDICTS = {"penalised": "approved", "waived": "waived"}


class Proposal(NamedTuple):
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


def proposals(state: Complaint, policy: Policy, running: Iterable[Clock]) -> Iterator[Proposal]:
    """Every penalty whose trigger is met, with what a person has decided about it.

    ``running`` are the complaint's clocks: a penalty with ``late`` needs one of those limits
    breached. Nobody is fined from an old book.
    """
    if state.voided or state.origin == OLD:
        return
    late = {c.limit.partition("/")[0]: c for c in running if c.state == "late"}
    decided = {t.fields.get("penalty"): t for t in state.taken if t.step in _VERDICTS}
    for rule in policy.penalties:
        breached = [late[limit] for limit in rule.late if limit in late]
        if rule.applies(state.facts) and (breached or not rule.late):
            # One for a breach itself, one for every further day (压单: 超过再按1单…/天累加).
            ends = ((c.met_at or state.rounds[c.round].ended, c.due_at) for c in breached)
            days = sum(1 + (end - due).days if end and due else 1 for end, due in ends)
            yield _proposal(rule, state.facts, days, decided.get(rule.id))


def _proposal(rule: Penalty, known: Table, days: int, verdict: Taken | None) -> Proposal:
    told, said = (_VERDICTS[verdict.step], verdict.fields) if verdict else ("proposed", {})
    units = {"person": known.get("persons") or 1, "day_late": days}
    times = float(by_fact(rule.multiplier, known))
    ruled = float(by_fact(rule.amount, known)) * int(units.get(rule.per, 1)) * times
    amount = float(said.get("amount", ruled))
    points = float(by_fact(rule.points, known)) * times
    shared = amount * rule.share if all(map(known.get, rule.share_on)) else 0.0
    ids, person = (rule.id, rule.origin), str(said.get("person") or "")
    return Proposal(*ids, amount, points, rule.minimum, rule.measure, told, person, shared)
