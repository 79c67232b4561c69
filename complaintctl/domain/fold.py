"""From events to the present state of one complaint: one pure fold, used for writing and for
proving."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from types import MappingProxyType
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
# What a complaint's row holds beside its fields, in the ledger (a test compares) and in registers.
BESIDE = (
    *("id", "station", "number", "adoption", "origin", "channel_group", "class", "rank", "status"),
    *("received_at", "registered_at", "ended_at", "closed_at", "round", "contacted_at"),
    *("resolved_at", "replied_at", "notified_at", "followed_up_at", "due_at", "due_limit", "late"),
    *("next_due_at", "next_limit", "assessed", "fine", "more", "batch", "fingerprint", "last_seq"),
    *("carried", "serial", "item", "reply", "notified", "handler_unit", "address_account"),
)

T = TypeVar("T", str, dt.datetime)


class Taken(NamedTuple):
    """A step that was taken. ``round`` counts re-openings from 0; ``undone`` by a later return
    loop."""

    step: str
    at: dt.datetime
    round: int
    seq: int
    actor: str = ""
    fields: Mapping[str, Any] = MappingProxyType({})
    undone: bool = False


@dataclass
class Complaint:
    """The state of one complaint. Only ``fold`` makes and changes it.

    ``facts`` is what conditions may ask of it: its fields and what follows from them.
    """

    number: str
    received_at: dt.datetime
    origin: str = LIVE
    status: str = "registered"
    fields: dict[str, Any] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    rounds: list[tuple[dt.datetime, dt.datetime | None]] = field(default_factory=list)
    voided: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def round(self) -> int:
        return len(self.rounds) - 1

    @property
    def closed_at(self) -> dt.datetime | None:
        """When it was closed, in the present round; None while open."""
        return self.rounds[-1][1]

    def steps(self, round_: int | None = None) -> list[Taken]:
        """The steps that count (not undone by a return) in a round, by default the present one."""
        wanted = self.round if round_ is None else round_
        return [t for t in self.taken if t.round == wanted and not t.undone]


def fold(
    events: Iterable[Event], policy: Policy, voided: Collection[str] = frozenset()
) -> Complaint:
    """The state after these events of one complaint, oldest first; ``voided`` batches are skipped.

    The first event registers. A complaint whose registration is voided keeps its number and what
    was registered, with status ``voided``.
    """
    first, *later = events
    state = _registered(first)
    state.voided = first.batch in voided
    for event in later:
        if not state.voided and event.batch not in voided:
            _apply(state, event, policy)
    if state.voided:
        state.status = "voided"
        state.rounds[0] = (state.received_at, state.received_at)
    state.facts = facts_of(state.fields, policy, state.origin, state.status, state.round)
    return state


def _registered(event: Event) -> Complaint:
    received = instant(event.occurred_at)
    values = {**event.body, **event.private}
    done = values.pop("steps", {})
    state = Complaint(event.number or "", received, fields=values, rounds=[(received, None)])
    if event.type == "recorded":
        done = sorted(((step, instant(at)) for step, at in done.items()), key=itemgetter(1))
        state.origin = OLD
        state.status, ended = ending(received, dict(done))
        state.rounds = [(received, ended)]
        state.taken = [Taken(step, at, 0, event.seq) for step, at in done]
    return state


def ending(received: T, done: Mapping[str, T]) -> tuple[str, T]:
    """An old record ends: closed when an end is known, else archived, as of its receipt."""
    ended = next((done[step] for step in ENDS if step in done), None)
    return ("closed", ended) if ended else ("archived", received)


def _apply(state: Complaint, event: Event, policy: Policy) -> None:
    values = {**event.body, **event.private}
    if event.type == "amended":
        if "received_at" in values:
            state.received_at = instant(values.pop("received_at"))
            known = state.origin == LIVE or any(t.step in ENDS for t in state.taken if not t.round)
            # An old record whose end nobody knows left the stock with its receipt.
            ended = state.rounds[0][1] if known else state.received_at
            state.rounds[0] = (state.received_at, ended)
        values.pop("reason", None)
        state.fields.update(values)
        return
    at = instant(event.occurred_at)
    name = str(values["step"]) if event.type == "step" else event.type
    if name == "reopened":
        state.rounds.append((at, None))
        state.fields.pop("outcome", None)
    state.fields.update({k: v for k, v in values.items() if k not in OF_THE_STEP})
    if name == "reopened":
        state.status = "assigned" if state.fields.get("handler") else "registered"
    elif name == "closed":
        outcome = policy.term("outcome", state.fields.get("outcome"))
        state.status = (outcome.group if outcome else "") or "closed"
        state.rounds[-1] = (state.rounds[-1][0], at)
    else:
        _step(state, policy.steps.get(name) or Step(name, name, name), policy)
    state.taken.append(Taken(name, at, state.round, event.seq, event.actor, values))


def _step(state: Complaint, step: Step, policy: Policy) -> None:
    """What a step does besides being taken: fields it sets, steps it undoes, the next status."""
    state.fields.update(step.sets or {})
    state.taken = [
        t._replace(undone=True) if t.round == state.round and t.step in step.resets else t
        for t in state.taken
    ]
    wanted = "assigned" if step.id == "assigned" else step.status
    if wanted and state.closed_at is None:
        # A contact after the reply does not lead back; only a return or a re-opening does.
        old, new = (policy.term("status", s) for s in (state.status, wanted))
        if step.resets or not (old and new and new.rank < old.rank):
            state.status = wanted


def facts_of(
    fields: Mapping[str, Any], policy: Policy, origin: str, status: str, round_: int = 0
) -> dict[str, Any]:
    """What conditions may ask of a complaint: its fields, and ``DERIVED``."""
    channel = policy.term("channel", fields.get("channel"))
    level = policy.term("level", fields.get("level"))
    category = policy.term("category", fields.get("category"))
    return {
        **fields,
        "named": bool(fields.get("named", fields.get("name"))),
        "channel_group": channel.group if channel else "",
        "rank": level.rank if level else 0,
        "class": (category.parent or category.id) if category else "",
        "reopened": round_,
        "origin": origin,
        "status": status,
    }
