"""What is done on a complaint: log, assign, update, amend, close, reopen, undo."""

import datetime as dt
from operator import attrgetter

from ..clock import iso
from ..domain.demands import extended, refusals
from ..domain.entry import RECEIVED, Given, enter, missing
from ..domain.fold import ASSIGNED, CLOSED, OWN, REOPENED, Complaint
from ..domain.policy import Policy, Step
from ..domain.vocabulary import candidates, meant, plain, spellings
from ..errors import Fault, Faults, NotFound, Refused, Usage
from ..ledger import queries
from ..ledger.projection import project, refresh
from ..ledger.store import Draft, next_number
from .session import Office, Typed, Values, when

Done = tuple[str, object, bool]  # the complaint's number, what is done; False if it was so already
LASTING = {"opened", "disclosed", "erased"}  # what no undo can take back
WIDE = {"adopted", "calendar", "duty", "voided"}  # what changes more than its complaints
CHAINED = {"policy", "named", "step", "received_at"}  # said in the open, beside what fields say
REPEAT = dt.timedelta(days=90)  # how far back the same customer's complaints are pointed out


def log(office: Office, given: Given, *, at: Typed = None) -> Values:
    """Registers a complaint received ``at``; Usage names every fault at once.

    Returns the number, and as ``similar`` the likely earlier ones of the same customer.
    """
    with office.ledger.unit():
        wrong, received = Faults(), office.now
        with wrong.kept():
            received = when(at, office.now)
        adoption, policy = office.book.adopted(received.date())
        values = policy.defaults | enter(policy, given, office.now, wrong)
        unread = [getattr(fault.params.get("field"), "id", "") for fault in wrong]
        wrong += missing(policy, values, [name for name in policy.required if name not in unread])
        wrong.tell()
        values |= {"policy": adoption, "named": bool(values.get("name"))}
        number = next_number(office.ledger, policy.number, office.now.date())
        _commit(office, policy, Draft("logged", received, number, values))
    similar = queries.similar(office.ledger, number, office.now - REPEAT)
    return {"number": number, "similar": similar}


def act(
    office: Office, wanted: str, asked: Step | str, given: Given, at: Typed, text: str = ""
) -> Done:
    """Any step on a complaint, one of ``OWN`` or as it was typed. A refusal lists all that is
    missing. False when it is so already: closed, open, or handled by that person."""
    with office.ledger.unit():
        state, policy = _living(office, wanted, at)
        wrong, step = Faults(), Step("", "", "")
        with wrong.kept():
            step = _step(policy, state, asked) if isinstance(asked, str) else asked
        if text and step.text:
            given = [(step.text, text), *given]
        name, sign, _ = text.replace("＝", "=").partition("=")
        if sign and any(plain(name) in spellings(field) for field in policy.fields.values()):
            wrong.append(Fault("text.set", {"value": name}))
        values = enter(policy, given, office.now, wrong)
        with wrong.kept():
            moment = _moment(office, state, policy, step, at)
        wrong.tell()
        handled = step is ASSIGNED and any(t.step == step.id for t in state.present.steps)
        same = handled and values.items() <= state.fields.items()
        if same or step is (CLOSED if state.present.ended else REOPENED):  # it is so already
            return state.number, step, False
        _allow(office, state, policy, step.id, values)
        type_, said = (step.id, {}) if step.id in OWN else ("step", {"step": step.id})
        beside = {"text": text} if text else {}
        _commit(office, policy, Draft(type_, moment, state.number, values | said, beside))
    return state.number, step, True


def _living(office: Office, wanted: str, at: Typed = None) -> tuple[Complaint, Policy]:
    """A complaint that something may be done on, and its policy. If there is none, what is wrong
    with the time is told as well."""
    wrong = Faults()
    with wrong.kept():
        state, policy = office.state(queries.find(office.ledger, wanted))
        if state.voided:
            raise Refused("complaint.voided", number=state.number)
        return state, policy
    with wrong.kept():
        when(at, office.now)
    raise wrong.kind(faults=wrong)


def _step(policy: Policy, state: Complaint, asked: str) -> Step:
    """The step that a word means; Usage also for one that is a command of its own."""
    steps = policy.steps_for(state.fields.get("plan"))
    if not candidates(steps, asked) and (own := candidates(OWN.values(), asked)):
        raise Usage("step.command", value=asked, command=own[0].en)
    return meant(steps, asked, "step")


def _moment(office: Office, state: Complaint, policy: Policy, step: Step, at: Typed) -> dt.datetime:
    """When a step was taken. Usage if that is before what it follows: the receipt, a re-opening,
    for a closing the last step, for a re-opening the closing."""
    *before, present = state.rounds
    name, since = REOPENED.id if before else None, present.since
    if step is REOPENED and present.ended:
        name, since = CLOSED.id, present.ended
    elif step is CLOSED and present.steps:
        name, since, *_ = max(present.steps, key=attrgetter("at"))
    # A call-back of that day is meant to come after that day's reply, if a rule says so.
    after = {name for gate in policy.gates if step.id in gate.steps for name in gate.after}
    moment = when(at, office.now, since, *(t.at for t in present.steps if t.step in after))
    if moment < since:
        code = "time.before_step" if name else "time.before_receipt"
        raise Usage(code, value=at or moment, step=name and policy.called(name), since=since)
    return moment


def amend(office: Office, wanted: str, given: Given, reason: str) -> Done:
    """Corrects what was registered; the old value stays in the history. Returns the fields that
    are changed by it; False if there are none."""
    with office.ledger.unit():
        (state, policy), wrong = _living(office, wanted), Faults()
        values = enter(policy, given, office.now, wrong, RECEIVED)
        wrong += missing(policy, values, [name for name in values if name in policy.required])
        if "received_at" in values:
            with wrong.kept():
                received = when(values["received_at"], office.now)
                first = min(state.taken, key=attrgetter("at"), default=None)
                if first and received > first.at:
                    step = policy.called(first.step)
                    raise Usage("time.after_step", value=received, step=step, at=first.at)
        wrong.tell()
        known = {**state.fields, "received_at": iso(state.received_at)}
        if values.get("kind") not in (None, known.get("kind")) and policy.restricted(state.facts):
            values.setdefault("restricted", True)  # unless it is said that it is not
        values = {name: value for name, value in values.items() if value != known.get(name, "")}
        if values:
            said = values | ({"named": bool(values["name"])} if "name" in values else {})
            beside = {"reason": reason}
            _commit(office, policy, Draft("amended", office.now, state.number, said, beside))
    return state.number, [policy.fields.get(n) or Fault(f"field.{n}") for n in values], bool(values)


def undo(office: Office, batch: Typed) -> Values:
    """Takes back one invocation, by default the latest not yet undone, by a compensating event.
    ``new`` is False when it was undone before. Refused when a later invocation wrote to the same
    complaints, or when it is the founding one."""
    with office.ledger.unit():
        voided = office.book.voided
        for found in queries.batches(office.ledger):
            done, types = found["batch"] in voided, set(found["types"].split(","))
            if batch == found["batch"] or not (batch or done or types & (LASTING | {"voided"})):
                break
        else:
            raise NotFound("undo.unknown", value=batch or "-")
        if types & LASTING:
            raise Refused("undo.lasting")
        numbers, after = queries.undoing(office.ledger, found["batch"])
        if not done:
            if later := [b for b in after if b not in voided]:
                raise Refused("undo.later", batch=found["batch"], later=later)
            office.write(Draft("voided", office.now, None, {"batch": found["batch"]}))
            # All the days that dates can be typed for.
            refresh(office.book, ("1900-01-01", "2199-12-31") if types & WIDE else (), numbers)
    return {**found, "numbers": numbers, "new": not done}


def _allow(office: Office, state: Complaint, policy: Policy, action: str, values: Values) -> None:
    """What needs no clause: only ``reopen`` moves what is closed; decisions need their object."""
    if state.present.ended and action not in {"reopened", *policy.lasting}:
        raise Refused("complaint.closed", number=state.number)
    if action == "extended":
        values["limit"], faults = extended(state, policy, office.book.calendar, values)
        if faults:
            lacking = all(f.code.startswith("value.") for f in faults)
            raise (Usage if lacking else Refused)(faults=faults)
    if action in ("penalised", "waived"):
        known = {p["penalty_id"]: p for p in queries.penalties_of(office.ledger, state.number)}
        if (row := known.get(values.get("penalty"))) is None:
            raise Refused("penalty.unknown", value=values.get("penalty") or "-", known=[*known])
        # What was approved stays what it was, whatever is found out later.
        amount = values.setdefault("amount", row["amount"])
        if action == "penalised" and row["minimum"] and amount < row["amount"]:
            raise Refused("penalty.minimum", value=amount, least=row["amount"])


def _commit(office: Office, policy: Policy, draft: Draft) -> None:
    """Writes a draft, what is personal beside the chain, unless a gate of the policy refuses the
    state it would lead to."""
    number, said, open_ = str(draft.number), draft.body, policy.fields.keys() - policy.private
    body = {k: v for k, v in said.items() if k in open_ or k in CHAINED}
    private = {k: v for k, v in said.items() if k not in body}
    office.write(draft._replace(body=body, private={**private, **draft.private}))
    if refused := refusals(*office.state(number), body.get("step", draft.type)):
        raise Refused(faults=refused)
    project(office.book, number)
