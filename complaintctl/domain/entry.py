"""What people type, turned into values of a policy's fields: every fault found, none invented
away."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from ..errors import Fault
from .moments import Unreadable, read_day, read_moment
from .policy import Field, Policy
from .vocabulary import Named, candidates, nearest, plain

YES = {"是", "yes", "y", "true", "1", "√", "有", "对", "on"}
NO = {"否", "no", "n", "false", "0", "×", "无", "不是", "off"}
LONGEST = 32767  # what one cell of a register can hold, so that every text can be printed
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
RECEIVED = Field("received_at", "受理时间", "received at", type="moment")


def enter(
    policy: Policy, given: Mapping[str, str], now: dt.datetime, *, typed: bool = True
) -> tuple[dict[str, Any], list[Fault]]:
    """Values by field id, and what could not be read. Field names and words may be labels."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, text in given.items():
        field = _field(policy, name)
        if isinstance(field, Fault):
            faults.append(field)
            continue
        try:
            values[field.id] = read(field, text, policy, now, typed=typed)
        except Unclear as unclear:
            faults.append(unclear.fault)
    return values, faults


class Unclear(ValueError):
    """One value that cannot be read; carries its fault."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.fault = Fault(code, params)


def read(field: Field, text: str, policy: Policy, now: dt.datetime, *, typed: bool) -> Any:
    """One value of a field's type from text. Unclear says why not."""
    label = Named(field.id, field.zh, field.en)
    if CONTROL.search(text):
        raise Unclear("value.control", field=label)
    match field.type:
        case "term":
            return word(policy, field, text)
        case "bool":
            folded = plain(text)
            if folded in YES or folded in NO:
                return folded in YES
            raise Unclear("value.bool", field=label, value=text)
        case "number" | "count":
            return _number(label, text, whole=field.type == "count")
        case "day" | "moment":
            try:
                if field.type == "day":
                    return read_day(text, now, typed=typed).isoformat()
                return read_moment(text, now, typed=typed).at.isoformat()
            except Unreadable as error:
                raise Unclear(error.fault.code, **{**error.fault.params, "field": label}) from None
    if len(text) > LONGEST:
        raise Unclear("value.long", field=label, length=len(text), most=LONGEST)
    return text.strip()


def word(policy: Policy, field: Field, text: str) -> str:
    """The id of the word a text means in the field's vocabulary."""
    terms = list(policy.vocabulary.get(field.of or field.id, {}).values())
    match = candidates(terms, text)
    label = Named(field.id, field.zh, field.en)
    if len(match) == 1:
        return match[0].id
    if match:
        raise Unclear("value.ambiguous", field=label, value=text, nearest=match)
    raise Unclear("value.unknown", field=label, value=text, nearest=nearest(terms, text))


def _number(label: Named, text: str, *, whole: bool) -> float | int:
    folded = plain(text).replace(",", "").rstrip("元")
    try:
        value = int(folded) if whole else float(folded)
    except ValueError:
        raise Unclear("value.number", field=label, value=text) from None
    if value != value or value in (float("inf"), float("-inf")) or value < 0:
        raise Unclear("value.number", field=label, value=text)
    return int(value) if value == int(value) else value


def _field(policy: Policy, name: str) -> Field | Fault:
    known = [*policy.fields.values(), RECEIVED]
    match = candidates(known, name)
    if len(match) == 1:
        return match[0]
    code = "field.ambiguous" if match else "field.unknown"
    return Fault(code, {"value": name, "nearest": match or nearest(known, name)})


def missing(policy: Policy, values: Mapping[str, Any]) -> list[Fault]:
    """The required fields that have no value."""
    return [
        absent(policy, f)
        for f in policy.fields.values()
        if f.required and values.get(f.id) in (None, "")
    ]


def absent(policy: Policy, field: Field) -> Fault:
    """That a field has no value, with the words it may have."""
    choices = list(policy.vocabulary.get(field.of or field.id, {}).values())
    label = Named(field.id, field.zh, field.en)
    if field.type == "term" and choices:
        return Fault("value.missing", {"field": label, "choices": choices})
    return Fault("value.empty", {"field": label})


def split(policy: Policy, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values that may stand in the chain, and personal ones beside it. An unknown field is
    personal."""
    open_ = {k: v for k, v in values.items() if k in policy.fields and not policy.fields[k].private}
    return open_, {k: v for k, v in values.items() if k not in open_}
