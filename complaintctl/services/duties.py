"""What is owed today: deadlines, call-backs, recurring duties; and the record that one was done."""

import datetime as dt

from ..clock import evening
from ..domain.clocks import reach
from ..domain.demands import owed, refusals
from ..domain.policy import Duty
from ..domain.spans import read_span
from ..domain.vocabulary import Named, meant
from ..errors import Usage, together
from ..ledger import queries
from ..ledger.store import Draft
from .reading import WITHHELD, clock
from .session import Office, Typed, Values, when

FAR = dt.timedelta(days=400)  # beyond which nobody plans, and the calendar knows nothing
SHOWN = 100  # lines of each kind; the counts always tell of the rest
KEPT = ("number", "kind", "status", "handler", "content", "adoption")


def due(office: Office, within: Typed = None) -> Values:
    """Everything due by the end of today, or of a span from now: most urgent first.

    ``{as_of, until, overdue, due, later, clocks, hidden, callbacks, duties, overdue_duties}``;
    ``overdue`` and ``due`` count clocks.
    """
    now, ledger, today = office.now, office.ledger, evening(office.now.date())
    until = max(today, _horizon(office, within)) if within else today
    moments = (now, until + dt.timedelta(seconds=1), until + dt.timedelta(days=7))
    late, in_time, later = (queries.running(ledger, before=moment) for moment in moments)
    counts = {"overdue": late, "due": in_time - late, "later": later - in_time}
    rows = [_line(office, row) for row in queries.due(ledger, until, SHOWN)]
    calls = [r for r in queries.answered_open(ledger, SHOWN) if _to_call(office, r)]
    found = {"clocks": rows, "hidden": in_time - len(rows), "callbacks": calls}
    duties = _owed(office, until.date())
    found |= {"duties": duties, "overdue_duties": sum(d["state"] == "overdue" for d in duties)}
    return {"as_of": now, "until": until, **counts, **found}


def _horizon(office: Office, within: str) -> dt.datetime:
    """The last moment of a span from now (``2wd``, ``3天``)."""
    try:
        end, _ = reach(read_span(within), office.now, office.book.calendar)
    except (ValueError, OverflowError):
        raise Usage("span.unknown", value=within) from None
    if end and end - office.now > FAR:
        raise Usage("span.too_far", value=within, days=FAR.days)
    return end or office.now


def _line(office: Office, row: Values) -> Values:
    hidden = {"content": WITHHELD} if row["restricted"] else {}
    policy = office.book.policy(row["adoption"])
    return {name: row[name] for name in KEPT} | hidden | clock(row, policy, office.now)


def _to_call(office: Office, row: Values) -> bool:
    """Whether the rules do not let it close without a call-back."""
    refused = refusals(*office.state(row["number"]), "closed")
    return any(getattr(f.params.get("what"), "id", "") == "followed_up" for f in refused)


def _owed(office: Office, until: dt.date) -> list[Values]:
    """Duties missed or owed by a day. They begin with the day the ledger was opened."""
    done = queries.duty_days(office.ledger)
    began = dt.date.fromisoformat(office.ledger.opened_at[:10])
    today, calendar = office.now.date(), office.book.calendar
    found = [
        {**_duty(duty), "day": day, "state": "overdue" if day < today else "due"}
        for duty in office.policy.duties
        for day in owed(duty, calendar, today, until, done.get(duty.id, ()), began)
    ]
    return sorted(found, key=lambda d: (d["day"], d["duty"]))


def _duty(duty: Duty) -> Values:
    title = Named(duty.id, duty.zh or duty.clause, duty.en or duty.clause)
    about = {"duty": duty.id, "title": title, "policy": duty.origin, "clause": duty.clause}
    return about | {"rrule": duty.rrule or None}


def duty_list(office: Office) -> list[Values]:
    """Every duty of the policy in force, when it was last done and when it is next owed."""
    done = queries.duty_days(office.ledger)
    ahead = office.now.date() + dt.timedelta(days=62)
    following = {d["duty"]: d["day"] for d in reversed(_owed(office, ahead))}
    return [
        _duty(d) | {"last": max(done.get(d.id, ()), default=None), "next": following.get(d.id)}
        for d in office.policy.duties
    ]


def duty_done(office: Office, wanted: str, text: str, at: Typed) -> Named:
    """Records that a duty was done."""
    titles = [_duty(duty)["title"] for duty in office.policy.duties]
    duty: Named
    duty, moment = together(lambda: meant(titles, wanted, "duty"), lambda: when(at, office.now))
    office.record(Draft("duty", moment, None, {"duty": duty.id}, {"text": text} if text else {}))
    return duty
