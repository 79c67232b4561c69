"""Plain tables asked of a complaint's facts: conditions, and values that depend on a fact."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Table = Mapping[str, Any]
# How rule files write them: a checker reads these hints, and ``_meets`` and ``by_fact`` heed them.
Scalar = str | bool | float
Ranged = Mapping[Literal["min", "below"], float]
Asked = Scalar | list[Scalar] | Mapping[Literal["given"], bool] | Ranged
When = Mapping[str, Asked]
ByFact = Mapping[str, Mapping[str, T]]


def matches(when: Table | None, facts: Table) -> bool:
    """Whether facts meet a plain table of field = value, list of values, or {min, below, given}."""
    return all(_meets(facts.get(name), wanted) for name, wanted in (when or {}).items())


def _meets(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        if "given" in wanted:
            return bool((value not in (None, "")) == wanted["given"])
        if not isinstance(value, int | float):
            return False
        return bool(wanted.get("min", value) <= value < wanted.get("below", value + 1))
    if isinstance(wanted, list | tuple):
        return value in wanted or (value is None and "" in wanted)
    return bool(value) == wanted if isinstance(wanted, bool) else bool(value == wanted)


def by_fact(value: Any, facts: Table, otherwise: Any = 0) -> Any:
    """A plain value, or the one that a table {field: {value: …}} gives for these facts."""
    if not isinstance(value, dict):
        return value
    for name, by_value in value.items():
        fact = facts.get(name)
        key = str(fact).lower() if isinstance(fact, bool) else str(fact)
        if key in by_value or "otherwise" in by_value:
            return by_value.get(key, by_value.get("otherwise"))
    return otherwise
