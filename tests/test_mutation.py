"""A wrong number in a policy is noticed: every number of every rule is changed in turn, and an example
of that file must fail each time."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from complaintctl.domain.example import run
from complaintctl.domain.policy import RULES, Policy
from complaintctl.rulebook.files import found
from complaintctl.rulebook.policies import merged, reached
from complaintctl.services.rules import official_calendar

SKIPPED = {"id", "clause", "article", "zh", "en", "reason", "origin"}
CALENDAR = official_calendar()
REGIMES = [id_ for id_ in found("policies") if id_ != "base"]


def mutants(value: Any) -> list[Any]:
    """The value with each number in it made one larger (a share a tenth)."""
    if isinstance(value, bool):
        return []
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, float):
        return [round(value + 0.1, 2)]
    if isinstance(value, str):
        return [
            value[: n.start()] + str(int(n[0]) + 1) + value[n.end() :]
            for n in re.finditer(r"(?<![A-Za-z0-9_-])\d+(?![A-Za-z0-9_-])", value)
        ]
    if isinstance(value, dict):
        return [{**value, k: m} for k, inner in value.items() for m in mutants(inner)]
    if isinstance(value, list):
        return [[*value[:i], m, *value[i + 1 :]] for i, v in enumerate(value) for m in mutants(v)]
    return []


def numbers(text: dict[str, Any], origin: str) -> list[tuple[str, int, str, Any]]:
    """Every change to make: (kind of rule, its place, key, new value) for the file's own rules."""
    return [
        (kind, place, key, changed)
        for kind in RULES
        for place, item in enumerate(text.get(kind, ()))
        if item["origin"] == origin
        for key, value in item.items()
        if key not in SKIPPED
        for changed in mutants(value)
    ]


def whole(regime: str) -> dict[str, Any]:
    path = found("policies")[regime]
    return merged(path, *reached(path))


def fails(text: dict[str, Any]) -> bool:
    policy = Policy(text)
    for example in text["example"]:
        try:
            if run(policy, example, CALENDAR):
                return True
        except Exception:  # a rule that no longer computes is noticed as well
            return True
    return False


@pytest.mark.parametrize("regime", REGIMES)
def test_every_number_of_a_policy_is_held_by_an_example(regime: str) -> None:
    text = whole(regime)
    assert not fails(text)
    survived = []
    for kind, place, key, changed in numbers(text, regime):
        mutant = copy.copy(text)
        mutant[kind] = [*text[kind]]
        mutant[kind][place] = {**text[kind][place], key: changed}
        if not fails(mutant):
            survived.append((text[kind][place]["id"], key, changed))
    assert survived == []


def test_numbers_are_changed_at_all() -> None:
    count = sum(len(numbers(whole(r), r)) for r in REGIMES)
    assert count >= 150
