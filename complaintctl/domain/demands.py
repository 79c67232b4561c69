"""What the rules demand, and what they propose against staff.

Of a complaint: all that is missing before a step is taken or a limit is moved. Of the office: what
it owes by the calendar, as reception days, boxes, bulletins (RFC 5545). Against staff: proposals,
which are no fines, for a person approves or waives them.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from ..errors import Fault
from .clocks import Clock, clocks, reach
from .conditions import Table, by_fact
from .entry import missing
from .fold import OLD, Complaint, Taken
from .policy import Duty, Gate, Penalty, Policy
from .spans import read_span
from .workdays import WorkCalendar

Days = Collection[dt.date]
_VERDICTS = {"penalised": "approved", "waived": "waived"}


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


def occasions(
    duty: Duty, calendar: WorkCalendar, first: dt.date, last: dt.date, done: Days, began: dt.date
) -> dict[dt.date, dt.date]:
    """The days between first and last (both included) on which the duty falls, in order, each with
    the day planned before it moved off a rest day.

    ``began`` is the day from which recurring dates without a fixed weekday or day of the month are
    counted; ``done`` are the days on which it was done.
    """
    if not duty.rrule:
        return {}
    from dateutil.rrule import rrulestr

    counted = max(done, default=None) if duty.start == "last" else None
    rule = rrulestr(duty.rrule, dtstart=_midnight(counted or began))
    # A date can roll over a long holiday into the window, so look a fortnight around it.
    far = dt.timedelta(days=14)
    moments = rule.between(_midnight(first - far), _midnight(last + far), inc=True)
    days = [moment.date() for moment in moments if moment.date() != counted]
    # Of dates that roll off the same holiday only the first is an occasion.
    planned = {calendar.roll(day, duty.roll): day for day in reversed(days)}
    found = sorted(day for day in planned if first <= day <= last)
    return {day: planned[day] for day in (found[:1] if counted else found)}


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def owed(
    duty: Duty, calendar: WorkCalendar, today: dt.date, until: dt.date, done: Days, began: dt.date
) -> list[dt.date]:
    """Occasions not yet kept: the latest missed one and those up to ``until``.

    An occasion is kept by a record on its day or after it, before the next one; one that was missed
    before the last record is past.
    """
    first = max(began, today - dt.timedelta(days=400))
    planned = occasions(duty, calendar, first, until, done, began)
    pairs = pairwise([*planned, dt.date.max])
    open_ = [day for day, end in pairs if not any(min(day, planned[day]) <= d < end for d in done)]
    missed = [day for day in open_ if max(done, default=dt.date.min) < day < today]
    return missed[-1:] + [day for day in open_ if day >= today]


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
