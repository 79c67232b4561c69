"""What the rules demand before a step is taken or a limit is moved: all that is missing."""

from collections.abc import Iterator
from operator import attrgetter

from ..errors import Fault
from .clocks import clocks, reach
from .conditions import Table
from .entry import missing
from .fold import Complaint
from .policy import Gate, Policy
from .spans import read_span
from .workdays import WorkCalendar


def refusals(state: Complaint, policy: Policy, action: str) -> list[Fault]:
    """All that stands against ``action`` on a complaint whose state already includes it.

    Each fault carries ``number``, ``gate`` (its id), ``clause`` and ``source``; empty when the
    rules allow it.
    """
    asking = [g for g in policy.gates if action in g.on and g.applies(state.facts)]
    return [f.about(number=state.number) for gate in asking for f in _lacks(gate, state, policy)]


def _lacks(gate: Gate, state: Complaint, policy: Policy) -> Iterator[Fault]:
    about = {"gate": gate.id, "clause": gate.clause, "article": gate.place}
    about |= {"source": policy.named(gate.origin), "after": [*map(policy.label, gate.after)]}
    taken = sorted(state.present.steps, key=attrgetter("at"))
    done = {t.step: t.at for t in taken}  # each the last time
    since = max((done[name] for name in gate.after if name in done), default=state.received_at)
    lacking = [("gate.step", name) for name in gate.steps if name not in done]
    lacking += [("gate.again", n) for n in gate.steps if done.get(n, since) < since]
    lacking += [("gate.field", name) for name in gate.fields if state.facts.get(name) in (None, "")]
    lacking += [("gate.true", name) for name in gate.true if state.facts.get(name) is not True]
    for code, name in lacking:
        yield Fault(code, {**about, "what": policy.label(name)})
    values = [state.facts.get(name) for name in gate.differ]
    if all(values) and len(set(values)) < len(values):
        yield Fault("gate.differ", {**about, "what": [policy.label(n) for n in gate.differ]})
    for name, allowed in (gate.one_of or {}).items():
        if state.facts.get(name) not in allowed:
            words = [policy.term(policy.vocabulary_of(name), a) or a for a in allowed]
            yield Fault("gate.one_of", {**about, "what": policy.label(name), "allowed": words})


def extended(
    state: Complaint, policy: Policy, calendar: WorkCalendar, values: Table
) -> tuple[str, list[Fault]]:
    """The limit an extension means, and all that stands against it; ``state`` is before it.

    The limit need not be named when only one that runs may be moved. ``gate`` of a fault: the rule.
    """
    running = {c.limit: c for c in clocks(state, policy, calendar) if c.state == "running"}
    rules = {limit: rule for rule in policy.extensions for limit in rule.limits if limit in running}
    limit = str(values.get("limit") or (next(iter(rules)) if len(rules) == 1 else ""))
    if limit not in rules:
        unknown = Fault("extension.unknown", {"value": limit or "-"})
        return limit, [unknown.about(known=sorted(rules), gate="extension")]
    rule, faults = rules[limit], list[Fault]()
    if not rule.applies({**state.facts, **values}):
        asked = [policy.label(name) for name in rule.when or {}]
        faults += [Fault("extension.condition", {"clause": rule.clause, "fields": asked})]
    faults += missing(policy, values, ("until", "approver"))
    due, until = running[limit].due_at, str(values.get("until") or "")[:10]
    if due and until:
        said: dict[str, object] = {"value": until, "limit": limit, "due": due.date()}
        last, _ = reach(read_span(rule.at_most or "promptly"), due, calendar, "forward")
        if until <= str(due.date()):
            faults.append(Fault("extension.earlier", said))
        elif last and until > str(last.date()):
            faults.append(Fault("extension.too_far", {**said, "last": last.date()}))
    return limit, [f.about(gate=rule.id) for f in faults]
