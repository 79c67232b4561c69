"""What is done on a complaint: log, assign, update, amend, close, reopen, undo. One function per
verb."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from ..domain.entry import enter, missing, split
from ..domain.extensions import extended
from ..domain.fold import Complaint
from ..domain.gates import refusals
from ..domain.moments import Unreadable, read_moment
from ..domain.policy import Policy, Step
from ..domain.vocabulary import Named, candidates, nearest
from ..errors import Fault, NotFound, Refused, Usage
from ..ledger import office as tables
from ..ledger import queries
from ..ledger.store import Draft, append, events_of, next_number, project
from .session import Office

LASTING = {"opened", "disclosed", "erased"}  # what no undo can take back
SOON = dt.timedelta(minutes=5)  # how far a clerk's watch may be ahead of ours
REPEAT = dt.timedelta(
    days=90
)  # how far back a second complaint of the same customer is pointed out


def log(office: Office, given: Mapping[str, str], *, at: str | None = None) -> dict[str, Any]:
    """Registers a complaint. ``given`` holds field ids or labels and texts; ``at`` the receipt.

    Returns the number and the likely earlier ones of the same customer. Usage names every fault at
    once.
    """
    with office.ledger.unit():
        received, faults = when(at, office.now)
        adoption = office.book.adoption(received.date())
        policy = office.book.policy(adoption)
        values, more = enter(policy, {k: v for k, v in given.items() if v}, office.now)
        values = {f.id: f.default for f in policy.fields.values() if f.default is not None} | values
        faults += more
        failed = [f.params.get("field") for f in more]
        faults += [f for f in missing(policy, values) if f.params["field"] not in failed]
        if faults:
            raise Usage(faults=faults)
        body, private = split(policy, values)
        number = next_number(office.ledger, policy.number, office.now.date())
        body |= {"policy": adoption, "named": bool(values.get("name"))}
        _commit(office, Draft("logged", received, number, body, private), "logged")
    same = {name: values.get(name) for name in ("phone", "account_no")}
    since = office.now - REPEAT
    return {"number": number, "similar": queries.similar(office.ledger, number, since, **same)}


def assign(office: Office, wanted: str, handler: str, unit: str | None, at: str | None) -> str:
    """Names the person who handles a complaint."""
    given = {"handler": handler, **({"unit": unit} if unit else {})}
    return _act(office, wanted, "assigned", given, at)


def update(
    office: Office, wanted: str, step: str, text: str, given: Mapping[str, str], at: str | None
) -> tuple[str, Step]:
    """Records a step. Returns the number and the step that was understood."""
    number = queries.find(office.ledger, wanted)
    state, policy = office.book.state(events_of(office.ledger, number))
    known = policy.steps_for(state.fields.get("plan"))
    match = candidates(known, step)
    if len(match) != 1:
        code = "step.ambiguous" if match else "step.unknown"
        raise Usage(code, value=step, nearest=match or nearest(known, step))
    found = match[0]
    if text and found.text:
        given = {found.text: text, **given}
    _act(office, number, found.id, given, at, text=text)
    return number, found


def close(
    office: Office, wanted: str, given: Mapping[str, str], at: str | None
) -> tuple[str, bool]:
    """Closes a complaint; a refusal lists all that is missing. False when it was closed already."""
    number = queries.find(office.ledger, wanted)
    if queries.complaint(office.ledger, number)["ended_at"]:
        return number, False
    return _act(office, number, "closed", given, at), True


def reopen(office: Office, wanted: str, reason: str, at: str | None) -> tuple[str, bool]:
    """Opens a closed complaint again; the first closing stays in its history. False when it is
    open."""
    number = queries.find(office.ledger, wanted)
    if not queries.complaint(office.ledger, number)["ended_at"]:
        return number, False
    return _act(office, number, "reopened", {}, at, text=reason), True


def amend(
    office: Office, wanted: str, given: Mapping[str, str], reason: str
) -> tuple[str, dict[str, Any]]:
    """Corrects what was registered; the old value stays in the history. Returns what is new."""
    number = queries.find(office.ledger, wanted)
    with office.ledger.unit():
        _, policy = _state(office, number)
        values, faults = enter(policy, given, office.now)
        if (
            "received_at" in values
            and dt.datetime.fromisoformat(values["received_at"]) > office.now + SOON
        ):
            faults.append(Fault("time.future", {"value": values["received_at"]}))
        if faults:
            raise Usage(faults=faults)
        body, private = split(policy, {k: v for k, v in values.items() if k != "received_at"})
        if "received_at" in values:
            body["received_at"] = values["received_at"]
        if "name" in values:
            body["named"] = bool(values["name"])
        draft = Draft("amended", office.now, number, body, {**private, "reason": reason})
        _commit(office, draft, "amended")
    return number, values


def undo(office: Office, batch: str | None) -> dict[str, Any]:
    """Takes back one invocation by a compensating event. By default the latest not yet undone.

    Refused when a later invocation wrote to the same complaints, or when it is the founding one.
    """
    with office.ledger.unit():
        found = _undoable(office, batch)
        numbers = tables.batch_numbers(office.ledger, found["batch"])
        later = queries.later_batches(office.ledger, found["batch"], office.book.voided)
        if later:
            raise Refused("undo.later", batch=found["batch"], later=later)
        draft = Draft("voided", office.now, None, {"batch": found["batch"]})
        append(office.ledger, office.stamp, [draft])
        office.book.forget()
        if set(found["types"].split(",")) & {"adopted", "calendar", "duty", "voided"}:
            tables.refresh(office.ledger, office.book, queries.calendar_days(office.ledger))
        for number in numbers:
            project(office.ledger, office.book, number)
    return {**found, "numbers": numbers}


def _undoable(office: Office, batch: str | None) -> dict[str, Any]:
    known = queries.batches(office.ledger, 1000 if batch else 50)
    for row in known:
        done, types = row["batch"] in office.book.voided, set(row["types"].split(","))
        if batch == row["batch"] or not (batch or done or types & (LASTING | {"voided"})):
            if done:
                raise Refused("undo.done", batch=row["batch"])
            if types & LASTING:
                raise Refused("undo.lasting")
            return row
    raise NotFound("undo.unknown", value=batch or "-")


def when(text: str | None, now: dt.datetime) -> tuple[dt.datetime, list[Fault]]:
    """When it happened: now, or what was typed; never in the future. A day of today means now."""
    if not text:
        return now, []
    try:
        read = read_moment(text, now, typed=True)
    except Unreadable as error:
        return now, [
            Fault(error.fault.code, {**error.fault.params, "field": Named("at", "时间", "time")})
        ]
    at = now if not read.has_time and read.at.date() == now.date() else read.at
    return (at, []) if at <= now + SOON else (now, [Fault("time.future", {"value": text})])


def _act(
    office: Office,
    wanted: str,
    action: str,
    given: Mapping[str, str],
    at: str | None,
    text: str = "",
) -> str:
    """Any step on an open complaint, with everything the rules ask of it."""
    number = queries.find(office.ledger, wanted)
    with office.ledger.unit():
        state, policy = _state(office, number)
        moment, faults = when(at, office.now)
        # A day without a time cannot be before the receipt on that same day.
        if at and moment < state.received_at and moment.date() == state.received_at.date():
            moment = state.received_at
        if moment < state.received_at:
            faults.append(
                Fault("time.before_receipt", {"value": at, "received": state.received_at})
            )
        values, more = enter(policy, given, office.now)
        faults += more
        if faults:
            raise Usage(faults=faults)
        _allowed(state, policy, action, values, office)
        body, private = split(policy, values)
        type_ = action if action in ("assigned", "closed", "reopened") else "step"
        body |= {"step": action} if type_ == "step" else {}
        private |= {"text": text} if text else {}
        _commit(office, Draft(type_, moment, number, body, private), action)
    return number


def _allowed(
    state: Complaint, policy: Policy, action: str, values: dict[str, Any], office: Office
) -> None:
    """What needs no clause: nothing but ``reopen`` moves what is closed; decisions need their
    object."""
    step = policy.steps.get(action)
    if state.voided:
        raise Refused("complaint.voided", number=state.number)
    if state.closed_at and action != "reopened" and not (step and step.after_close):
        raise Refused("complaint.closed", number=state.number)
    if action == "extended":
        values["limit"], faults = extended(state, policy, office.book.calendar, values)
        if faults:
            lacking = all(f.code.startswith("value.") for f in faults)
            raise (Usage if lacking else Refused)(faults=faults)
    if action in ("penalised", "waived"):
        known = queries.penalties_of(office.ledger, state.number)
        ids = [row["penalty_id"] for row in known]
        if values.get("penalty") not in ids:
            raise Refused("penalty.unknown", value=values.get("penalty") or "-", known=ids)
        # What was approved stays what it was, whatever is found out later.
        values.setdefault("amount", known[ids.index(values["penalty"])]["amount"])


def _state(office: Office, number: str) -> tuple[Complaint, Policy]:
    return office.book.state(events_of(office.ledger, number))


def _commit(office: Office, draft: Draft, action: str) -> None:
    """Writes a draft unless a gate of the policy refuses the state it would lead to."""
    append(office.ledger, office.stamp, [draft])
    state, policy = _state(office, str(draft.number))
    refused = refusals(state, policy, action)
    if refused:
        raise Refused(faults=[Fault(f.code, {**f.params, "number": draft.number}) for f in refused])
    project(office.ledger, office.book, str(draft.number))
