"""Policies from their files: includes merged, every item marked with the regime it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..domain.policy import RULES, Policy
from ..errors import BadRules, NotFound
from .files import found, pick, read

LISTS = ("field", "step", *RULES)
MERGED = ("vocabulary", "sources", "checklists")
HEAD = ("zh", "en", "edition", "source", "users")


def load(wanted: str, own: Path | None = None) -> Policy:
    """The policy a person names, whole: with all it includes."""
    path = pick("policies", wanted, own)
    return Policy(merged(path, own))


def merged(path: Path, own: Path | None = None) -> dict[str, Any]:
    """The text of a policy with its includes: a later item replaces an earlier one of the same id.

    Every file is taken once, however many of the others include it. The examples are those of the
    file itself: an included regime's need not hold in combination.
    """
    whole: dict[str, Any] = {"vocabulary": {}, "sources": {}, "checklists": {}}
    for text in _lineage(path, own, (), []):
        id_ = str(text.get("id", path.stem))
        drop = set(text.get("drop", ()))
        marked = dict(text)
        for kind in LISTS:
            whole[kind] = [item for item in whole.get(kind, ()) if item.get("id") not in drop]
            marked[kind] = [{**item, "origin": id_} for item in text.get(kind, ())]
        marked |= _about(text, id_)
        _join(whole, {"example": [], **marked})
        for plan in text.get("plans", ()):
            _join(whole, _plan(pick("policies", plan, own)))
    return whole


def _plan(path: Path) -> dict[str, Any]:
    """A plan (预案) a regime keeps ready: its steps, and its rules once a complaint has that
    plan."""
    text = read(path)
    id_ = text["id"]
    taken = {kind: [{**i, "origin": id_} for i in text.get(kind, ())] for kind in ("field", "step")}
    for kind in RULES:
        taken[kind] = [
            {**item, "origin": id_, "when": {**item.get("when", {}), "plan": id_}}
            for item in text.get(kind, ())
        ]
    words = {
        **text.get("vocabulary", {}),
        "plan": [{"id": id_, "zh": text["zh"], "en": text["en"]}],
    }
    return {**taken, "vocabulary": words, **_about(text, id_)}


def _about(text: dict[str, Any], id_: str) -> dict[str, Any]:
    """What stays known of a file in the whole: its head, and its steps in order if they are a list
    to tick."""
    steps = {id_: [step["id"] for step in text.get("step", ())]} if text.get("checklist") else {}
    return {"sources": {id_: {key: text[key] for key in HEAD if key in text}}, "checklists": steps}


def _lineage(
    path: Path, own: Path | None, above: tuple[str, ...], done: list[str]
) -> list[dict[str, Any]]:
    """The texts a policy is made of, the included ones first, each once."""
    text = read(path)
    id_ = str(text.get("id", path.stem))
    if id_ in above:
        raise BadRules("rules.circle", path=path.name, names=[*above, id_])
    files = found("policies", own)
    lineage: list[dict[str, Any]] = []
    for name in text.get("include", ()):
        if name not in files:
            raise NotFound("policies.unknown", value=name, nearest=sorted(files))
        if name not in done:
            lineage += _lineage(files[name], own, (*above, id_), done)
    done.append(id_)
    return [*lineage, text]


def _join(whole: dict[str, Any], more: dict[str, Any]) -> None:
    for kind in LISTS:
        items = {item.get("id"): item for item in whole.get(kind, ())}
        items.update((item.get("id"), item) for item in more.get(kind, ()))
        whole[kind] = list(items.values())
    for name, words in more.get("vocabulary", {}).items():
        known = {word.get("id"): word for word in whole["vocabulary"].get(name, ())}
        known.update((word.get("id"), word) for word in words)
        whole["vocabulary"][name] = list(known.values())
    for key in ("sources", "checklists"):
        whole[key].update(more.get(key, {}))
    for key, value in more.items():
        if key not in (*LISTS, *MERGED, "include", "drop"):
            whole[key] = value
