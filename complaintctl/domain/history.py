"""Old records judged by the stored form of their dates, without the steps between: what ``clocks``
finds for them, but many times a second more. ``verify`` holds the two against each other.
"""

from collections.abc import Mapping
from functools import lru_cache

from ..clock import instant, iso
from .clocks import BY_CLOCK, judge, reach
from .conditions import Table, by_fact
from .policy import Limit, Policy
from .spans import read_span
from .workdays import WorkCalendar

# A limit, when it was due and met (in the stored form, which sorts as moments do), how it stands,
# and whether that is provisional.
Judged = tuple[Limit, str | None, str, str, bool]


def judged(
    policy: Policy, facts: Table, received: str, done: Mapping[str, str], calendar: WorkCalendar
) -> list[Judged] | None:
    """The limits met by the steps that are ``done``; None where one asks for more than a date."""
    found, midnight = [], f"{received[:10]}T00:00:00+08:00"
    after = {step: at for step, at in done.items() if at >= received}
    for limit in policy.limits_on(facts):
        if not limit.plain:
            return None
        met = min(filter(None, map(after.get, limit.until)), default=None)
        if met:
            within = by_fact(limit.within, facts, "promptly")
            since = received if read_span(within).unit in BY_CLOCK else midnight
            due, unsure = _due(limit, within, since, calendar)
            found.append((limit, due, met, judge(due, met, None), unsure))
    return found


@lru_cache(4096)  # the same days recur
def _due(limit: Limit, within: str, since: str, calendar: WorkCalendar) -> tuple[str | None, bool]:
    span, start = read_span(within), instant(since)
    due, unsure = reach(span, start, calendar, limit.roll, limit.count_receipt_day)
    return iso(due) if due else None, unsure
