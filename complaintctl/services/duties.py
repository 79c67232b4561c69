"""What is owed today: deadlines, call-backs, recurring duties; and the record that one was done."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ..domain.clocks import reach
from ..domain.duties import owed
from ..domain.gates import refusals
from ..domain.policy import Duty
from ..domain.spans import read_span
from ..domain.vocabulary import Named, candidates, nearest
from ..errors import Usage
from ..ledger import office as tables
from ..ledger import queries
from ..ledger.store import Draft, append, events_of
from .reading import WITHHELD, clock, current
from .session import Office

SHOWN = 100  # lines of each kind; the counts always tell of the rest


def due(office: Office, within: str | None = None, limit: int = SHOWN) -> dict[str, Any]:
    """Everything due by the end of today, or of a span from now: most urgent first.

    ``{as_of, until, overdue, due, clocks, callbacks, duties, later}``; ``overdue`` and ``due``
    count clocks.
    """
    today = dt.datetime.combine(office.now.date(), dt.time(23, 59, 59), office.now.tzinfo)
    until = max(today, horizon(office, within)) if within else today
    rows, count = queries.due(office.ledger, until, limit)
    late, in_time, later = queries.due_counts(
        office.ledger, [office.now, until + dt.timedelta(seconds=1), until + dt.timedelta(days=7)]
    )
    duties = owed_duties(office, until.date())
    return {
        "as_of": office.now,
        "until": until,
        "overdue": late,
        "due": in_time - late,
        "later": later - in_time,
        "clocks": [_line(office, row) for row in rows],
        "hidden": count - len(rows),
        "callbacks": _callbacks(office, limit),
        "duties": duties,
        "overdue_duties": sum(d["state"] == "overdue" for d in duties),
    }


def horizon(office: Office, within: str) -> dt.datetime:
    """The last moment of a span from now (``2wd``, ``3天``)."""
    try:
        end, _ = reach(
            read_span(within), office.now, office.book.calendar, roll="none", count_start=False
        )
    except (ValueError, OverflowError):
        raise Usage("span.unknown", value=within) from None
    return end or office.now


def _line(office: Office, row: dict[str, Any]) -> dict[str, Any]:
    policy = office.book.policy(row["adoption"])
    kept = ("number", "kind", "status", "handler", "content", "adoption")
    shown = {name: row[name] for name in kept}
    if row["restricted"]:
        shown["content"] = WITHHELD
    return shown | clock(row, policy, office.now)


def _callbacks(office: Office, limit: int) -> list[dict[str, Any]]:
    """Answered complaints which the rules do not let close without a call-back."""
    found = []
    for row in queries.answered_open(office.ledger, limit):
        state, policy = office.book.state(events_of(office.ledger, row["number"]))
        wanted = {
            getattr(f.params.get("what"), "id", "") for f in refusals(state, policy, "closed")
        }
        if "followed_up" in wanted:
            found.append(
                {
                    "number": row["number"],
                    "replied_at": row["replied_at"],
                    "handler": row["handler"],
                }
            )
    return found


def owed_duties(office: Office, until: dt.date) -> list[dict[str, Any]]:
    """Duties missed or owed by a day. They begin with the day the policy was adopted."""
    if not current(office).text.get("duty"):
        return []
    done = queries.duty_days(office.ledger)
    adopted = queries.adoptions(office.ledger)
    began = max(dt.date.fromisoformat(adopted[0]["from_day"]), _opened(office))
    today, found = office.now.date(), []
    for duty in current(office).duties:
        for occasion in owed(
            duty, office.book.calendar, today, until, done.get(duty.id, ()), began
        ):
            state = "overdue" if occasion.day < today else "due"
            found.append(_duty(duty) | {"day": occasion.day, "state": state})
    return sorted(found, key=lambda d: (d["day"], d["duty"]))


def _opened(office: Office) -> dt.date:
    return dt.datetime.fromisoformat(queries.station(office.ledger)["opened_at"]).date()


def _duty(duty: Duty) -> dict[str, Any]:
    return {
        "duty": duty.id,
        "title": Named(duty.id, duty.zh or duty.clause, duty.en or duty.clause),
        "policy": duty.origin,
        "clause": duty.clause,
        "rrule": duty.rrule or None,
    }


def duty_list(office: Office) -> list[dict[str, Any]]:
    """Every duty of the policy in force, when it was last done and when it is next owed."""
    done = queries.duty_days(office.ledger)
    ahead = office.now.date() + dt.timedelta(days=62)
    following = {d["duty"]: d["day"] for d in reversed(owed_duties(office, ahead))}
    return [
        _duty(d) | {"last": max(done.get(d.id, ()), default=None), "next": following.get(d.id)}
        for d in current(office).duties
    ]


def duty_done(office: Office, wanted: str, text: str, at: str | None) -> Named:
    """Records that a duty was done."""
    from .casework import when

    words = [Named(d.id, d.zh or d.clause, d.en or d.id) for d in current(office).duties]
    match = candidates(words, wanted)
    if len(match) != 1:
        raise Usage("duty.unknown", value=wanted, nearest=match or nearest(words, wanted))
    moment, faults = when(at, office.now)
    if faults:
        raise Usage(faults=faults)
    with office.ledger.unit():
        private = {"text": text} if text else {}
        draft = Draft("duty", moment, None, {"duty": match[0].id}, private)
        append(office.ledger, office.stamp, [draft])
        tables.project_office(office.ledger, office.book)
    return match[0]
