"""From events to the state of one complaint: one pure fold, used for writing and for proving."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from ..clock import instant
from .event import Event
from .policy import Policy, Step

LIVE, OLD = "live", "old"
# What the steps of an old record say of its end, the surest first.
ENDS = ("closed", "followed_up", "notified", "replied", "resolved")
DERIVED = ("named", "channel_group", "rank", "class", "reopened", "origin", "status")
UNMAPPED = "unmapped"  # the columns of an old book that no field is for
# What an event says about itself rather than about the complaint.
OF_THE_STEP = {"step", "text", "limit", "until", "penalty", "amount", "person", "reason"}
# What a complaint's row holds beside its fields: what its events are and what follows from them,
# in the ledger; and also in lists and registers.
ABOUT = ("station", "number", "registered_at", "batch", "last_seq")
FOUND = (
    *("adoption", "origin", "channel_group", "class", "rank", "status", "received_at", "ended_at"),
    *("round", "contacted_at", "resolved_at", "replied_at", "notified_at", "followed_up_at"),
    *("due_at", "due_limit", "next_due_at", "next_limit", "late", "assessed", "fine", "more"),
)
BESIDE = {*ABOUT, *FOUND, "id", "closed_at", "fingerprint", "carried", "serial", "item", "reply"}
BESIDE |= {"notified", "handler_unit", "address_account"}

# Steps that no file declares: events of a type of their own, called in English as their commands.
ASSIGNED = Step("assigned", "交办", "assign", status="assigned")
CLOSED, REOPENED = Step("closed", "办结", "close"), Step("reopened", "重新办理", "reopen")
OWN = {step.id: step for step in (ASSIGNED, CLOSED, REOPENED)}

T = TypeVar("T", str, dt.datetime)


class Taken(NamedTuple):
    """A step that was taken, and what its event said."""

    step: str
    at: dt.datetime
    seq: int
    fields: Mapping[str, Any]


@dataclass
class Round:
    """One time that a complaint was open, ``ended`` when it was closed; the steps that count in it
    (not undone by a return)."""

    since: dt.datetime
    ended: dt.datetime | None
    steps: list[Taken]


class Complaint:
    """The state of one complaint. Only ``fold`` makes and changes it.

    ``taken`` is all that was done, ``rounds`` one more than it was re-opened; ``facts`` is what
    conditions may ask of it: its fields and what follows from them.
    """

    def __init__(self, event: Event, voided: bool) -> None:
        self.number, self.voided = event.number or "", voided
        self.received_at = instant(event.occurred_at)
        self.origin, self.status = LIVE, "registered"
        self.fields: dict[str, Any] = {**event.body, **event.private}
        self.facts: dict[str, Any] = {}
        self.taken: list[Taken] = []
        ended, done = None, self.fields.pop("steps", {})
        if event.type == "recorded":
            done = sorted(((step, instant(at)) for step, at in done.items()), key=itemgetter(1))
            self.origin = OLD
            self.status, ended = ending(self.received_at, dict(done))
            self.taken = [Taken(step, at, event.seq, {}) for step, at in done]
        self.rounds = [Round(self.received_at, ended, [*self.taken])]

    @property
    def present(self) -> Round:
        """The round it is in, or that it was in when it was closed."""
        return self.rounds[-1]


def fold(events: Iterable[Event], policy: Policy, voided: Collection[str] = ()) -> Complaint:
    """The state after these events of one complaint, oldest first; ``voided`` batches are skipped.

    The first event registers. A complaint whose registration is voided keeps its number and what
    was registered, with status ``voided``.
    """
    first, *later = events
    state = Complaint(first, first.batch in voided)
    for event in later:
        if not state.voided and event.batch not in voided:
            _apply(state, event, policy)
    if state.voided:
        state.status, state.present.ended = "voided", state.received_at
    state.facts = facts_of({**state.fields}, policy, state.origin, state.status)
    state.facts["reopened"] = len(state.rounds) - 1
    return state


def ending(received: T, done: Mapping[str, T]) -> tuple[str, T]:
    """An old record ends: closed when an end is known, else archived, as of its receipt."""
    ended = next((done[step] for step in ENDS if step in done), None)
    return ("closed", ended) if ended else ("archived", received)


def _apply(state: Complaint, event: Event, policy: Policy) -> None:
    values, at = {**event.body, **event.private}, instant(event.occurred_at)
    name, round_ = str(values.get("step", event.type)), state.present
    if name == "amended":
        if "received_at" in values:
            first = state.rounds[0]
            state.received_at = first.since = instant(values.pop("received_at"))
            if state.origin == OLD and not any(t.step in ENDS for t in first.steps):
                first.ended = first.since  # its end is not known: it left the stock at once
        values.pop("reason", None)
        state.fields.update(values)
        return
    state.fields.update({k: v for k, v in values.items() if k not in OF_THE_STEP})
    if name == "reopened":
        state.rounds.append(Round(at, None, []))
        state.fields.pop("outcome", None)
        state.status = "assigned" if state.fields.get("handler") else "registered"
    elif name == "closed":
        outcome = policy.term("outcome", state.fields.get("outcome"))
        state.status = (outcome.group if outcome else "") or "closed"
        round_.ended = at
    else:
        step = OWN.get(name) or policy.steps.get(name) or Step(name, name, name)
        state.fields.update(step.sets or {})
        round_.steps = [t for t in round_.steps if t.step not in step.resets]
        # A contact after the reply does not lead back; only a return or a re-opening does.
        old, new = (policy.term("status", s) for s in (state.status, step.status))
        back = old and new and new.rank < old.rank and not step.resets
        if step.status and not round_.ended and not back:
            state.status = step.status
    for steps in (state.taken, state.present.steps):
        steps.append(Taken(name, at, event.seq, values))


def facts_of(facts: dict[str, Any], policy: Policy, origin: str, status: str) -> dict[str, Any]:
    """What conditions may ask of a complaint: the fields that are handed in, to which is added what
    is ``DERIVED``, as of one that was never re-opened."""
    channel = policy.term("channel", facts.get("channel"))
    level = policy.term("level", facts.get("level"))
    category = policy.term("category", facts.get("category"))
    facts |= {"origin": origin, "status": status, "reopened": 0}
    facts["named"] = bool(facts.get("named", facts.get("name")))
    facts["channel_group"] = channel.group if channel else ""
    facts["rank"] = level.rank if level else 0
    facts["class"] = (category.parent or category.id) if category else ""
    return facts
