"""Old records judged by the stored form of their dates, without the steps between: what ``clocks``
finds for them, but many times a second more. ``verify`` holds the two against each other.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from ..clock import instant, iso
from .clocks import BY_CLOCK, judge, reach
from .conditions import Table, by_fact
from .policy import Limit, Policy
from .spans import read_span
from .workdays import WorkCalendar


class Judged(NamedTuple):
    """A limit that an old record met. Moments in their stored form, which sorts as they do."""

    limit: Limit
    due_at: str | None
    met_at: str
    state: str
    provisional: bool


def judged(
    policy: Policy, facts: Table, received: str, done: Mapping[str, str], calendar: WorkCalendar
) -> list[Judged] | None:
    """The limits met by the steps that are ``done``; None where one asks for more than a date."""
    found = []
    for limit in policy.limits_on(facts):
        if not limit.plain:
            return None
        met = min((done[s] for s in limit.until if done.get(s, "") >= received), default=None)
        if met:
            within = by_fact(limit.within, facts, "promptly")
            by_clock = read_span(within).unit in BY_CLOCK
            since = received if by_clock else f"{received[:10]}T00:00:00+08:00"
            due, unsure = _due(limit, within, since, calendar)
            found.append(Judged(limit, due, met, judge(due, met, None), unsure))
    return found


@lru_cache(4096)  # the same days recur
def _due(limit: Limit, within: str, since: str, calendar: WorkCalendar) -> tuple[str | None, bool]:
    span, start = read_span(within), instant(since)
    due, unsure = reach(span, start, calendar, limit.roll, limit.count_receipt_day)
    return iso(due) if due else None, unsure
