"""Holds the packaged policies against the index of ids, and two regimes against each other."""

from collections.abc import Iterator
from typing import Any

from ..domain.conditions import Table
from ..domain.fold import LIVE, facts_of
from ..domain.policy import RULES, Policy, Term
from ..domain.spans import read_span
from ..errors import Fault
from .files import PACKAGED, found, read

PROVING = ("due", "state", "penalties", "points", "shared", "measure", "duties")
DEMANDS = ("within", "until", "from", "when", "unless", "steps", "after", "fields", "true")
COUNTING = ("not_before", "due_field", "attempts", "times", "roll", "count_receipt_day")
FINED = ("amount", "points", "multiplier", "per", "minimum", "share", "share_on", "late", "measure")
COMPARED = (
    *(*DEMANDS, "on", "differ", "one_of", *COUNTING, *FINED, "limits", "approver", "at_most"),
    *("rrule", "start", "number", "reopen_restarts", "clause"),
)
COUNTED = {"duty": "duties", "step": "steps", "example": "examples"}
# What is wrong with an id, by whether it is proven in each of the files that have it.
LACKING = {(): "absent", (False,): "unproven", (True,): ""}


def coverage() -> dict[str, Any]:
    """``{policies, limits, penalties, duties, steps, examples, missing}``: counts, and every id of
    the index that stands in no file, in more than one, or that no example of its file proves."""
    index = read(PACKAGED / "index.toml")
    texts = {id_: read(path) for id_, path in found("policies").items()}
    standing: dict[str, list[bool]] = {}
    for text in texts.values():
        proven = set(_proven(text))
        for id_ in (item["id"] for kind in RULES for item in text.get(kind, ())):
            standing.setdefault(id_, []).append(id_ in proven)
    regimes = (*index["seed"], *index["public"])
    wanted = (*index["limits"], *index["penalties"])
    lacking = {id_: LACKING.get(tuple(standing.get(id_, ())), "twice") for id_ in wanted}
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


def differences(one: Policy, two: Policy) -> list[Fault]:
    """What changes from one regime to the other, as sentences."""
    told = [*_by_kind(one, two), *_changed(one.text, two.text)]
    for kind in (kind for kind in RULES if kind != "note"):
        ours, theirs = ({i["id"]: i for i in p.text.get(kind, ())} for p in (one, two))
        for id_ in sorted(ours.keys() & theirs.keys()):
            told += _changed(ours[id_], theirs[id_])
        told += [_only("diff.gone", kind, ours[i], one) for i in ours if i not in theirs]
        told += [_only("diff.new", kind, theirs[i], two) for i in theirs if i not in ours]
    return told


def _changed(old: Table, new: Table) -> Iterator[Fault]:
    for key in COMPARED:
        before, after = old.get(key), new.get(key)
        if before != after:
            said = {"id": old["id"], "old": _shown(before), "new": _shown(after)}
            yield Fault("diff.changed", {**said, "key": Fault(f"diff.key.{key}")})


def _by_kind(one: Policy, two: Policy) -> list[Fault]:
    """For each kind of record, of the default level: the limits one regime sets and the other."""
    sides = {"one": one.named(one.id), "two": two.named(two.id)}
    told: dict[str, tuple[list[Term], Fault]] = {}  # kinds of which the same is to be said
    for kind in {**two.vocabulary.get("kind", {}), **one.vocabulary.get("kind", {})}.values():
        ours, theirs = (_limits(policy, kind.id) for policy in (one, two))
        if [f.about(what="") for f in ours] != [f.about(what="") for f in theirs]:
            said = Fault("diff.kind", {**sides, "ours": ours, "theirs": theirs})
            told.setdefault(str(said), ([], said))[0].append(kind)
    return [said.about(kinds=kinds) for kinds, said in told.values()]


def _limits(policy: Policy, kind: str) -> list[Fault]:
    known = facts_of(policy.defaults | {"kind": kind}, policy, LIVE, "registered")
    return [
        Fault("diff.item", {"id": limit.id, "what": limit, "span": limit.span(known)})
        for limit in policy.limits_on(known)
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
