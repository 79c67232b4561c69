"""What is done on a complaint: log, assign, update, amend, close, reopen, undo."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from operator import attrgetter

from ..clock import instant, iso
from ..domain.entry import RECEIVED, absent, enter, missing, split
from ..domain.fold import Complaint
from ..domain.gates import extended, refusals
from ..domain.policy import Policy, Step
from ..domain.vocabulary import Named, candidates, meant, plain, spellings
from ..errors import Fault, Faults, NotFound, Refused, Usage
from ..ledger import queries
from ..ledger.office import refresh
from ..ledger.store import Draft, next_number, project
from .session import SOON, Office, Typed, Values, when

Given = Iterable[tuple[str, Typed]]  # field ids or labels, and what was typed
Done = tuple[str, Named, bool]  # the complaint's number, the step; False when it was so already
# Steps that are events of a type of their own; in English they are called as their commands.
ASSIGNED = Named("assigned", "交办", "assign")
CLOSED, REOPENED = Named("closed", "办结", "close"), Named("reopened", "重新办理", "reopen")
OWN = (ASSIGNED, CLOSED, REOPENED)
LASTING = {"opened", "disclosed", "erased"}  # what no undo can take back
WIDE = {"adopted", "calendar", "duty", "voided"}  # what changes more than its complaints
EVER = (dt.date(1900, 1, 1), dt.date(2199, 12, 31))  # the days that dates can be typed for
REPEAT = dt.timedelta(days=90)  # how far back the same customer's complaints are pointed out


def log(office: Office, given: Given, *, at: Typed = None) -> Values:
    """Registers a complaint received ``at``; Usage names every fault at once.

    Returns the number and the likely earlier ones of the same customer as ``{number, same}``.
    """
    with office.ledger.unit():
        wrong, received = Faults(), office.now
        with wrong.kept():
            received = when(at, office.now)
        adoption = office.book.adoption(received.date())
        policy = office.book.policy(adoption)
        values, more = enter(policy, given, office.now)
        values = policy.defaults() | values
        failed = [f.params.get("field") for f in more]
        wrong += more + [f for f in missing(policy, values) if f.params["field"] not in failed]
        wrong.tell()
        body, private = split(policy, values)
        body |= {"policy": adoption, "named": bool(values.get("name"))}
        number = next_number(office.ledger, policy.number, office.now.date())
        _commit(office, Draft("logged", received, number, body, private))
    known = {name: values[name] for name in ("phone", "account_no") if values.get(name)}
    similar = [
        {"number": earlier, "same": name}
        for name, value in known.items()
        for earlier in queries.similar(office.ledger, number, name, value, office.now - REPEAT)
    ]
    return {"number": number, "similar": similar}


def assign(office: Office, wanted: str, handler: str, unit: Typed, at: Typed) -> Done:
    """Names the person who handles a complaint. False when that person does already."""
    given = {"handler": handler} | ({"unit": unit} if unit else {})
    return _act(office, wanted, ASSIGNED, given.items(), at)


def update(office: Office, wanted: str, step: str, text: str, given: Given, at: Typed) -> Done:
    """Records a step."""
    return _act(office, wanted, step, given, at, text)


def _step(policy: Policy, state: Complaint, step: str) -> Step:
    """The step that a word means; Usage also for one that is a command of its own."""
    try:
        return meant(policy.steps_for(state.fields.get("plan")), step, "step")
    except Usage as wrong:
        own = candidates(OWN, step) if wrong.faults[0].code == "step.unknown" else ()
        raise Usage("step.command", value=step, command=own[0].en) if own else wrong from None


def close(office: Office, wanted: str, given: Given, at: Typed) -> Done:
    """Closes a complaint; a refusal lists all that is missing. False when it was closed already."""
    return _act(office, wanted, CLOSED, given, at)


def reopen(office: Office, wanted: str, reason: str, at: Typed) -> Done:
    """Opens a closed complaint again; its first closing stays known. False when it is open."""
    return _act(office, wanted, REOPENED, (), at, reason)


def amend(office: Office, wanted: str, given: Given, reason: str) -> tuple[str, list[object]]:
    """Corrects what was registered; the old value stays in the history. Returns the fields that
    are changed by it."""
    with office.ledger.unit():
        state, policy = _living(office, wanted)
        values, wrong = enter(policy, given, office.now, RECEIVED)
        empty = (policy.fields[name] for name, value in values.items() if value == "")
        wrong += [absent(policy, field) for field in empty if field.required]
        wrong += _untimely(office, state, policy, values.get("received_at"))
        wrong.tell()
        known = {**state.fields, "received_at": iso(state.received_at)}
        kind = known.get("kind")  # an old record may have none
        if values.get("kind", kind) != kind and policy.restricted(state.facts):
            values.setdefault("restricted", True)  # unless it is said that it is not
        values = {name: value for name, value in values.items() if value != known.get(name, "")}
        if values:
            body, private = split(policy, values)
            if "received_at" in values:
                body["received_at"] = private.pop("received_at")
            if "name" in values:
                body["named"] = bool(values["name"])
            private["reason"] = reason
            _commit(office, Draft("amended", office.now, state.number, body, private))
    return state.number, [policy.fields.get(name) or Fault(f"field.{name}") for name in values]


def _untimely(office: Office, state: Complaint, policy: Policy, at: Typed) -> Iterator[Fault]:
    """Why a complaint cannot have been received then: it is to come, or a step was taken before."""
    received, first = at and instant(at), min(state.taken, key=attrgetter("at"), default=None)
    if received and received > office.now + SOON:
        yield Fault("time.future", {"value": received})
    elif received and first and received > first.at:
        step = policy.called(first.step)
        yield Fault("time.after_step", {"value": received, "step": step, "at": first.at})


def undo(office: Office, batch: Typed) -> Values:
    """Takes back one invocation by a compensating event. By default the latest not yet undone.
    ``new`` is False when it was undone before.

    Refused when a later invocation wrote to the same complaints, or when it is the founding one.
    """
    with office.ledger.unit():
        found = _undoable(office, batch)
        batch = found["batch"]
        numbers = queries.batch_numbers(office.ledger, batch)
        if batch in office.book.voided:
            return {**found, "numbers": numbers, "new": False}
        after = queries.later_batches(office.ledger, batch)
        if later := [b for b in after if b not in office.book.voided]:
            raise Refused("undo.later", batch=batch, later=later)
        office.write(Draft("voided", office.now, None, {"batch": batch}))
        wide = WIDE.intersection(found["types"].split(","))
        refresh(office.ledger, office.book, EVER if wide else ())
        for number in numbers:
            project(office.ledger, office.book, number)
    return {**found, "numbers": numbers, "new": True}


def _undoable(office: Office, batch: Typed) -> Values:
    for row in queries.batches(office.ledger):
        done, types = row["batch"] in office.book.voided, set(row["types"].split(","))
        if batch == row["batch"] or not (batch or done or types & (LASTING | {"voided"})):
            if types & LASTING:
                raise Refused("undo.lasting")
            return row
    raise NotFound("undo.unknown", value=batch or "-")


def _act(
    office: Office, wanted: str, asked: Named | str, given: Given, at: Typed, text: str = ""
) -> Done:
    """Any step on a complaint, one of ``OWN`` or as it was typed, with all that the rules ask."""
    with office.ledger.unit():
        state, policy = _living(office, wanted, at)
        wrong, step = Faults(), Named("", "", "")
        with wrong.kept():
            step = _step(policy, state, asked) if isinstance(asked, str) else asked
        if text and isinstance(step, Step) and step.text:
            given = [(step.text, text), *given]
        name, *rest = re.split("[=＝]", text, maxsplit=1)
        if rest and any(plain(name) in spellings(field) for field in policy.fields.values()):
            wrong.append(Fault("text.set", {"value": name}))
        values, more = enter(policy, given, office.now)
        wrong += more
        with wrong.kept():
            # A call-back of that day is meant to come after that day's reply, if a rule says so.
            after = {name for g in policy.gates if step.id in g.steps for name in g.after}
            taken = [t.at for t in state.steps() if t.step in after]
            moment = when(at, office.now, *_since(state, policy, step), taken)
        wrong.tell()
        if step is (CLOSED if state.closed_at else REOPENED):  # it is so already
            return state.number, step, False
        assigned = step is ASSIGNED and any(t.step == step.id for t in state.steps())
        if assigned and values.items() <= state.fields.items():  # just so
            return state.number, step, False
        _allow(office, state, policy, step.id, values)
        body, private = split(policy, values)
        private |= {"text": text} if text else {}
        type_, said = (step.id, {}) if step in OWN else ("step", {"step": step.id})
        _commit(office, Draft(type_, moment, state.number, body | said, private))
    return state.number, step, True


def _living(office: Office, wanted: str, at: Typed = None) -> tuple[Complaint, Policy]:
    """A complaint that something may be done on, and its policy. If there is none, what is wrong
    with the time is told as well."""
    wrong, number = Faults(), ""
    with wrong.kept():
        number = queries.find(office.ledger, wanted)
    if wrong:
        with wrong.kept():
            when(at, office.now)
    wrong.tell()
    state, policy = office.state(number)
    if state.voided:
        raise Refused("complaint.voided", number=state.number)
    return state, policy


def _since(state: Complaint, policy: Policy, step: Named) -> tuple[dt.datetime, object]:
    """What a step comes after, in time: the receipt (no name) or a step (its name)."""
    if step is REOPENED and state.closed_at:
        return state.closed_at, policy.called(CLOSED.id)
    last = max(state.steps(), key=attrgetter("at"), default=None)
    if step is CLOSED and last:
        return last.at, policy.called(last.step)
    return state.rounds[-1][0], policy.called(REOPENED.id) if state.round else None


def _allow(office: Office, state: Complaint, policy: Policy, action: str, values: Values) -> None:
    """What needs no clause: only ``reopen`` moves what is closed; decisions need their object."""
    step = policy.steps.get(action)
    if state.closed_at and action != "reopened" and not (step and step.after_close):
        raise Refused("complaint.closed", number=state.number)
    if action == "extended":
        values["limit"], faults = extended(state, policy, office.book.calendar, values)
        if faults:
            lacking = all(f.code.startswith("value.") for f in faults)
            raise (Usage if lacking else Refused)(faults=faults)
    if action in ("penalised", "waived"):
        known = queries.penalties_of(office.ledger, state.number)
        rows = {row["penalty_id"]: row for row in known}
        row = rows.get(values.get("penalty"))
        if row is None:
            raise Refused("penalty.unknown", value=values.get("penalty") or "-", known=[*rows])
        # What was approved stays what it was, whatever is found out later.
        amount = values.setdefault("amount", row["amount"])
        if action == "penalised" and row["minimum"] and amount < row["amount"]:
            raise Refused("penalty.minimum", value=amount, least=row["amount"])


def _commit(office: Office, draft: Draft) -> None:
    """Writes a draft unless a gate of the policy refuses the state it would lead to."""
    number = str(draft.number)
    office.write(draft)
    refused = refusals(*office.state(number), draft.body.get("step", draft.type))
    if refused:
        raise Refused(faults=[f.about(number=number) for f in refused])
    project(office.ledger, office.book, number)
