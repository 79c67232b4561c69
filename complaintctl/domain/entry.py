"""What people type, turned into values of a policy's fields: every fault found, none invented."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any
from unicodedata import normalize

from ..errors import Fault, Faults, Usage
from .moments import read_day, read_moment
from .policy import Field, Policy
from .vocabulary import meant, plain, unspaced

YES = {"是", "yes", "y", "true", "1", "√", "有", "对", "on"}
NO = {"否", "no", "n", "false", "0", "×", "无", "不是", "off"}
LONGEST = 32767  # what one cell of a register can hold, so that every text can be printed
Given = Iterable[tuple[str, str | None]]  # field ids or labels, and what was typed
Values = dict[str, Any]  # by field id
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
RECEIVED = Field("received_at", "受理时间", "received at", type="moment")


def enter(policy: Policy, given: Given, now: dt.datetime, wrong: Faults, *more: Field) -> Values:
    """The values; what cannot be read goes to ``wrong``. Field names and words may be labels; a
    name with None for its text was typed without a value."""
    values = Values()
    for name, text in given:
        with wrong.kept():
            if text is None:
                raise Usage("set.form", value=name)
            field = meant([*policy.fields.values(), *more], name, "field")
            if field.id in values:
                raise Usage("value.twice", field=field)
            values[field.id] = read(field, text, policy, now)
    return values


def read(field: Field, text: str, policy: Policy, now: dt.datetime | None = None) -> Any:
    """One value of a field's type from text, which may lean on ``now``. Usage says why not."""
    try:
        whole = free_text(text)
        match field.type:
            case "term":
                if not text.strip():
                    raise Usage(faults=[absent(policy, field)])
                terms = policy.vocabulary.get(field.of or field.id, {})
                return meant(terms.values(), text, "value").id
            case "bool":
                if (folded := plain(text)) not in YES | NO:
                    raise Usage("value.bool", value=text)
                return folded in YES
            case "number" | "count":
                return _number(text, count=field.type == "count")
            case "phone":
                folded = phone(text)
                if folded and not re.search("[0-9]{3}", folded):
                    raise Usage("value.phone")
                return folded
            case "day":
                return read_day(text, now).isoformat()
            case "moment":
                return read_moment(text, now).at.isoformat()
        return whole.strip()
    except Usage as wrong:
        raise Usage(faults=[fault.about(field=field) for fault in wrong.faults]) from None


def free_text(text: str) -> str:
    """A text, if a field may hold it."""
    if not text.isprintable() and CONTROL.search(text):
        raise Usage("value.control")
    if len(text) > LONGEST:
        raise Usage("value.long", length=len(text), most=LONGEST)
    return text


def phone(text: str) -> str:
    """A phone number in one form: no blanks, no country code, a mobile one without dashes."""
    folded = re.sub(r"^(\+?86|0086)-?(?=1[0-9]{10}$|1[0-9]{2}-)", "", unspaced(text))
    return re.sub(r"^(1[0-9]{2})-([0-9]{4})-([0-9]{4})$", r"\1\2\3", folded)


def _number(text: str, *, count: bool) -> float | int:
    folded = re.sub("[,_ ]|元$", "", normalize("NFKC", text).strip())
    try:
        value = int(folded) if count else float(folded)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):  # nor is it nan
        raise Usage("value.number", value=text)
    return int(value) if value == int(value) else value


def missing(policy: Policy, values: Mapping[str, Any], names: Iterable[str]) -> list[Fault]:
    """Those of the named fields that have no value."""
    return [absent(policy, policy.fields[n]) for n in names if values.get(n) in (None, "")]


def absent(policy: Policy, field: Field) -> Fault:
    """That a field has no value, with the words it may have."""
    choices = list(policy.vocabulary.get(policy.vocabulary_of(field.id), {}).values())
    code = "value.missing" if choices else "value.empty"
    return Fault(code, {"field": field, "choices": choices})
