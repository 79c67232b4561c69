"""Ids turned into the words of a policy, for people; scripts get the ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..domain.policy import Policy
from ..domain.vocabulary import Named
from ..errors import Fault
from .session import Office

OURS = ("named", "row", "text", "reason")  # what events hold beside a policy's fields
LABELLED = (
    "kind",
    "channel",
    "category",
    "class",
    "level",
    "status",
    "outcome",
    "substantiated",
    "responsibility",
    "satisfaction",
    "reply_mode",
    "channel_group",
)


def labels(office: Office, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the words of their vocabularies instead of ids, for people."""
    return [label(office.book.policy(row["adoption"]), row) for row in rows]


def label(policy: Policy, row: Mapping[str, Any]) -> dict[str, Any]:
    """One row with the words of its vocabularies instead of ids."""
    names = {"class": "category"}
    shown = {
        k: (policy.term(names.get(k, k), v) or v) if k in LABELLED and v else v
        for k, v in row.items()
    }
    return shown | {"more": worded(policy, row["more"])} if "more" in row else shown


def worded(policy: Policy, values: Mapping[str, Any]) -> list[tuple[object, object]]:
    """Further values as (label, word) pairs, without those that only repeat a default."""
    pairs = []
    for name, value in values.items():
        field = policy.fields.get(name)
        if value in (None, "", {}) or (field and field.default == value):
            continue
        if isinstance(value, Mapping):
            pairs += list(value.items())
            continue
        own: object = Fault(f"field.{name}") if name in OURS else name
        label = Named(name, field.zh, field.en) if field else own
        pairs.append((label, policy.term(policy.vocabulary_of(name), value) or value))
    return pairs
