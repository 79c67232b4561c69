"""Ids turned into the words of a policy, for people; scripts get the ids."""

from collections.abc import Mapping
from typing import Any

from ..domain.policy import Policy, Term
from ..errors import Fault
from ..ledger import queries
from .session import Office

OURS = ("named", "row", "text", "reason")  # what events hold beside a policy's fields


def labelled(office: Office, shown: Mapping[str, Any]) -> dict[str, Any]:
    """A complaint that is shown or listed, with the words of its vocabularies instead of ids."""
    known = shown.get("adoption") or queries.complaint(office.ledger, shown["number"])["adoption"]
    policy = office.book.policy(known)
    more = {"more": worded(policy, shown["more"])} if "more" in shown else {}
    return {**shown, **terms(policy, shown), **more}


def terms(policy: Policy, row: Mapping[str, Any]) -> dict[str, Term]:
    """The words of a row's vocabularies, of those that have one."""
    known = policy.vocabulary | {"class": policy.vocabulary.get("category", {})}
    found = {name: words.get(str(row.get(name))) for name, words in known.items()}
    return {name: term for name, term in found.items() if term}


def worded(policy: Policy, values: Mapping[str, Any]) -> list[tuple[object, object]]:
    """Further values as (label, word) pairs, without those that only repeat a default."""
    pairs: list[tuple[object, object]] = []
    for name, value in values.items():
        field = policy.fields.get(name)
        if value in (None, "", {}) or (field and field.default == value):
            continue
        if isinstance(value, Mapping):
            pairs += value.items()
        else:
            own = Fault(f"field.{name}") if name in OURS else name
            pairs.append((field or own, policy.term(policy.vocabulary_of(name), value) or value))
    return pairs
