"""The State Council's yearly notices, as the ``holidays`` package holds them.

The one place that knows that package; used when calendar years are filled, never day by day.
"""

import datetime as dt
import re
from collections.abc import Collection
from itertools import groupby


def announced_years() -> list[int]:
    """The years whose notice is known: a swapped day proves one, a lone decreed day does not."""
    from holidays.countries.china import ChinaStaticHolidays

    table = ChinaStaticHolidays.special_public_holidays.items()
    return sorted({y for y, rows in table for r in rows if isinstance(r, tuple) and len(r) > 3})


def state_council_days(years: Collection[int]) -> dict[dt.date, tuple[str, str]]:
    """Every exceptional day of announced years: date -> (``off`` or ``work``, name), in order.

    A day off that another is worked for is named after its block (春节调休), the other too (春节).
    """
    from holidays import country_holidays

    # With their neighbours: 2006-12-30 is in the notice for 2007.
    near = sorted({year + n for year in years for n in (-1, 0, 1)})
    china = country_holidays("CN", years=near, language="zh_CN")
    labels, found = dict(china.items()), dict.fromkeys(china.weekend_workdays, ("work", "调休"))
    # Most years end on their 365th day: then a New Year's Day comes twice, which is no matter.
    days = (dt.date(year, 1, 1) + dt.timedelta(days=n) for year in near for n in range(366))
    for _, run in groupby(days, china.is_working_day):
        block = {day: labels[day] for day in run if day in labels}
        own = (label for label in block.values() if not re.search("补假|调休|延长", label))
        name = _names("; ".join(own))  # such as 中秋节、国庆节
        for day, label in block.items():
            if swapped := re.search(r"由 (\d{4}-\d\d-\d\d) 调休", label):
                found[dt.date.fromisoformat(swapped[1])] = ("work", name)
            found[day] = ("off", f"{name}调休" if swapped else _names(label))
    return {day: found[day] for day in sorted(found) if day.year in years}


def _names(label: str) -> str:
    names = label.replace("（补假）", "").replace("农历除夕", "春节").split("; ")
    return "、".join(dict.fromkeys(names))
