"""Holds the packaged policies against the index of ids, and two regimes against each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..domain.conditions import Table
from ..domain.policy import RULES, Policy, Term
from ..domain.spans import read_span
from ..errors import Fault
from .files import PACKAGED, found, read

PROVING = ("due", "state", "penalties", "points", "shared", "measure", "duties")
DEMANDS = ("within", "until", "from", "when", "unless", "steps", "fields", "true")
COMPARED = (*DEMANDS, "amount", "points", "measure", "rrule", "approver", "at_most", "clause")
COUNTED = {"duty": "duties", "step": "steps", "example": "examples"}


def coverage() -> dict[str, Any]:
    """``{policies, limits, penalties, duties, steps, examples, missing}``: counts, and every id of
    the index that stands in no file, in more than one, or that no example of its file proves."""
    index = read(PACKAGED / "index.toml")
    texts = {id_: read(path) for id_, path in found("policies").items()}
    standing: dict[str, list[bool]] = {}  # whether it is proven, for each file that has the id
    for text in texts.values():
        proven = set(_proven(text))
        for id_ in (item["id"] for kind in RULES for item in text.get(kind, ())):
            standing.setdefault(id_, []).append(id_ in proven)
    regimes = (*index["seed"], *index["public"])
    lacking = {i: _lack(standing.get(i, [])) for i in (*index["limits"], *index["penalties"])}
    lacking |= {id_: "absent" for id_ in regimes if id_ not in texts}
    return {
        "policies": sum(id_ in texts for id_ in regimes),
        **{kind: sum(id_ in standing for id_ in index[kind]) for kind in ("limits", "penalties")},
        **{k: sum(len(t.get(kind, ())) for t in texts.values()) for kind, k in COUNTED.items()},
        "missing": [{"id": id_, "why": why} for id_, why in lacking.items() if why],
    }


def _proven(text: Table) -> Iterator[str]:
    for example in text.get("example", ()):
        for key in PROVING:
            yield from (id_.partition("/")[0].partition("#")[0] for id_ in example.get(key, ()))
        yield from (*example.get("covers", ()), *example.get("refused", ()))


def _lack(proven: list[bool]) -> str:
    if len(proven) != 1:
        return "twice" if proven else "absent"
    return "" if proven[0] else "unproven"


def differences(one: Policy, two: Policy) -> list[Fault]:
    """What changes from one regime to the other, as sentences."""
    told = _by_kind(one, two)
    for kind in RULES:
        if kind == "note":
            continue
        ours, theirs = ({i["id"]: i for i in p.text.get(kind, ())} for p in (one, two))
        for id_ in sorted(ours.keys() & theirs.keys()):
            told += _changed(ours[id_], theirs[id_])
        told += [_only("diff.gone", kind, ours[i], one) for i in ours if i not in theirs]
        told += [_only("diff.new", kind, theirs[i], two) for i in theirs if i not in ours]
    return told


def _changed(old: Table, new: Table) -> list[Fault]:
    told = []
    for key in COMPARED:
        before, after = old.get(key), new.get(key)
        if before != after:
            said = {"id": old["id"], "old": _shown(before), "new": _shown(after)}
            told.append(Fault("diff.changed", {**said, "key": Fault(f"diff.key.{key}")}))
    return told


def _by_kind(one: Policy, two: Policy) -> list[Fault]:
    """For each kind of record, of the default level: the limits one regime sets and the other."""
    groups: dict[str, tuple[list[Term], list[Fault], list[Fault]]] = {}
    for kind in {**two.vocabulary.get("kind", {}), **one.vocabulary.get("kind", {})}.values():
        ours, theirs = (_limits(policy, kind.id) for policy in (one, two))
        if ours != theirs:
            groups.setdefault(f"{ours}{theirs}", ([], ours, theirs))[0].append(kind)
    sides = {"one": one.named(one.id), "two": two.named(two.id)}
    return [
        Fault("diff.kind", {**sides, "kinds": kinds, "ours": ours, "theirs": theirs})
        for kinds, ours, theirs in groups.values()
    ]


def _limits(policy: Policy, kind: str) -> list[Fault]:
    defaults = {f.id: f.default for f in policy.fields.values() if f.default is not None}
    level = policy.term("level", defaults.get("level"))
    known = {**defaults, "kind": kind, "rank": level.rank if level else 0, "origin": "live"}
    return [
        Fault("diff.item", {"id": limit.id, "what": limit, "span": limit.span(known)})
        for limit in policy.limits
        if limit.until and limit.applies(known)
    ]


def _only(code: str, kind: str, item: Table, policy: Policy) -> Fault:
    said = {"kind": Fault(f"kind.{kind}"), "id": item["id"], "clause": item["clause"]}
    value = worth(item)
    told = Fault("diff.value", {"value": value}) if value else ""
    return Fault(code, {**said, "policy": policy.named(policy.id), "value": told})


def worth(item: Table) -> object:
    """What a rule says in one value: its span, amount, recurrence or measure; "" if none."""
    said = (item[key] for key in ("within", "amount", "rrule", "measure") if item.get(key))
    return _shown(next(said, ""))


def _shown(value: Any) -> object:
    if isinstance(value, str):
        try:
            return read_span(value)
        except ValueError:
            return value
    if isinstance(value, dict):
        return "; ".join(f"{k}={_shown(v)}" for k, v in value.items())
    return value if value is not None else "-"
