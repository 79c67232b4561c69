"""A regime (制度) as data: vocabularies, fields, steps, limits, gates, penalties and duties.

Built from the merged text of a policy file, which the ledger stores. Knows no regime by name.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any, Literal, TypeVar, dataclass_transform

from ..errors import Fault
from .conditions import ByFact, Scalar, Table, When, by_fact, matches
from .spans import Span, read_span
from .vocabulary import Named

FieldType = Literal["text", "term", "bool", "number", "count", "day", "moment", "phone", "digits"]
Roll = Literal["forward", "backward", "none"]


@dataclass_transform(frozen_default=True)
class Item(Named):
    """What a rule file lists, or is. Its kinds are declared as dataclasses are, but nothing has to
    be compiled for them at each start: what is not said is found on the class. What is a tuple
    there may be said as a list or as a lone value. None equals another."""

    def __init__(self, id: str, zh: str = "", en: str = "", **more: Any) -> None:
        vars(self).update(id=id, zh=zh, en=en)
        for key, value in more.items():
            name = "since" if key == "from" else key
            if isinstance(getattr(type(self), name, None), tuple):
                value = tuple(value) if isinstance(value, list | tuple) else (value,)
            vars(self)[name] = value

    __eq__, __hash__ = object.__eq__, object.__hash__


class Term(Item):
    """One word of a vocabulary. ``rank`` compares levels of different regimes, 1 (lowest) to 4."""

    group: str = ""
    parent: str = ""
    rank: int = 0


class Field(Item):
    """What a complaint may carry. Phone and digits are texts that spreadsheets spoil."""

    type: FieldType = "text"
    of: str = ""
    private: bool = False
    required: bool = False
    default: Scalar | None = None


class Step(Item):
    """Something done on a complaint. ``resets`` names the steps that must be done again after it,
    ``text`` the field its free text fills; ``after_close``: a closed complaint may still get it.
    """

    status: str = ""
    resets: tuple[str, ...] = ()
    text: str = ""
    after_close: bool = False
    sets: Mapping[str, Scalar] | None = None


class Rule(Item):
    """What every rule has: an id, the quoted clause, and which complaints it speaks of.

    All of ``when`` must hold and none of ``unless`` (one table, or several of which any excepts).
    """

    clause: str = ""
    article: str = ""
    when: When | None = None
    unless: tuple[When, ...] = ()
    assumed: bool = False
    reason: str = ""
    origin: str = ""

    @property
    def place(self) -> object:
        """Where in its source the clause stands, as people say it."""
        if self.article.isdigit():
            return Fault("article", {"n": self.article})
        return f" {self.article} " if self.article else ""

    def applies(self, facts: Table) -> bool:
        return matches(self.when, facts) and not any(matches(t, facts) for t in self.unless)


class Limit(Rule):
    """A time limit: ``within`` a span of the step ``since``, a step of ``until`` must be done.

    ``within`` may be a table {field: {value: span}}; ``not_before`` delays the first valid moment;
    ``times`` makes that many limits, one span after another; ``attempts`` is the most tries allowed
    (a number or a table of numbers), counted in steps ``until``; ``shown`` is whether a register's
    column of due dates may show it (first contacts are not).
    """

    since: tuple[str, ...] = ("received",)
    until: tuple[str, ...] = ()
    within: str | ByFact[str] = "promptly"
    not_before: str = ""
    roll: Roll = "forward"
    count_receipt_day: bool = False
    times: int = 1
    attempts: int | ByFact[int] | None = None
    due_field: str = ""
    shown: bool = True

    @cached_property
    def plain(self) -> bool:
        """Whether it is met once, by any step after the receipt, within a span of that."""
        odd = self.attempts or self.not_before or self.due_field or self.times > 1
        return self.since == ("received",) and not odd

    def span(self, facts: Table, part: int = 1) -> Span:
        """The span that holds for these facts; the parts of a repeated limit run in turn."""
        span = read_span(by_fact(self.within, facts, "promptly"))
        return Span(span.n * part, span.unit) if part > 1 else span


class Extension(Rule):
    """Which limits may be moved, who must have approved it, and how far at the most."""

    limits: tuple[str, ...] = ()
    approver: str = ""
    at_most: str = ""


class Gate(Rule):
    """What must be there before ``on`` (a step, ``assigned``, ``closed``): steps done, fields
    given, fields that are true, that differ from each other, that have one of some values.
    The steps count only if none of ``after`` was taken later."""

    on: tuple[str, ...] = ("closed",)
    steps: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    true: tuple[str, ...] = ()
    differ: tuple[str, ...] = ()
    one_of: Mapping[str, list[Scalar]] | None = None


class Penalty(Rule):
    """What is proposed against staff. Amount in yuan; a person must approve or waive it.

    ``late`` names limits whose breach triggers it; ``minimum`` marks an amount that is a floor
    (起); ``share`` is the part the supervisor bears as well.
    """

    amount: float | ByFact[float] = 0
    points: float | ByFact[float] = 0
    per: Literal["case", "person", "day_late"] = "case"
    minimum: bool = False
    measure: str = ""
    late: tuple[str, ...] = ()
    multiplier: float | ByFact[float] = 1
    share: float = 0.0
    share_on: tuple[str, ...] = ()


class Duty(Rule):
    """A recurring obligation of the office. ``rrule`` is RFC 5545; empty means as needed.

    ``start`` is ``last`` when the next date counts from the last time it was done.
    """

    rrule: str = ""
    start: Literal["calendar", "last"] = "calendar"
    roll: Roll = "none"


# What a policy file lists, by the key it stands under.
RULES: dict[str, type[Rule]] = {rule.__name__.lower(): rule for rule in Rule.__subclasses__()}
RULES["note"] = Rule  # said without a clock or a demand
ITEMS: dict[str, type[Item]] = {"field": Field, "step": Step, **RULES}
T = TypeVar("T", bound=Item)


def _by_id(kind: type[T], items: Iterable[Table], **shared: Any) -> dict[str, T]:
    return {item["id"]: kind(**{**shared, **item}) for item in items}


class Policy:
    """The rules one complaint lives under. ``text`` is the whole merged regime as plain data."""

    def __init__(self, text: Table) -> None:
        self.text = text
        self.id: str = text["id"]
        self.edition: str = str(text.get("edition", ""))
        self.number: str = text.get("number", "{year}{month}-{serial:03}")
        self.reopen_restarts: bool = text.get("reopen_restarts", True)
        self.vocabulary = {n: _by_id(Term, w) for n, w in text.get("vocabulary", {}).items()}
        self.fields, self.steps = self._items(Field), self._items(Step)
        fields, steps = self.fields.values(), self.steps.values()
        self.defaults: dict[str, Any] = {f.id: f.default for f in fields if f.default is not None}
        self.required = [field.id for field in fields if field.required]
        self.private = frozenset(field.id for field in fields if field.private)
        self.lasting = {step.id for step in steps if step.after_close}
        counting = {key: text[key] for key in ("roll", "count_receipt_day") if key in text}
        self.limits = self._items(Limit, **counting)
        self.extensions, self.gates = self._items(Extension).values(), self._items(Gate).values()
        self.penalties, self.duties = self._items(Penalty).values(), self._items(Duty).values()
        asked = (t for limit in self.limits.values() for t in (limit.when or {}, *limit.unless))
        self._asked = sorted(set[str]().union(*asked))
        self._speaking = lru_cache(2048)(self._speaks)

    def _items(self, kind: type[T], **shared: Any) -> dict[str, T]:
        return _by_id(kind, self.text.get(kind.__name__.lower(), ()), **shared)

    def limit(self, limit_id: str) -> Limit:
        """The limit of a clock; a repeated limit's parts (``L28-7/2``) lead to their limit."""
        return self.limits[limit_id.partition("/")[0]]

    def limits_on(self, facts: Table) -> tuple[Limit, ...]:
        """The limits that run for a complaint with these facts; the same facts recur in bulk."""
        return self._speaking(*map(facts.get, self._asked))

    def _speaks(self, *values: Any) -> tuple[Limit, ...]:
        facts = dict(zip(self._asked, values, strict=True))
        return tuple(rule for rule in self.limits.values() if rule.until and rule.applies(facts))

    def steps_for(self, plan: object) -> list[Step]:
        """The steps a complaint may take: those of a plan (预案) only when it follows that plan."""
        lists = self.text.get("checklists", {})
        hidden = {s for id_, steps in lists.items() if id_ not in (self.id, plan) for s in steps}
        return [s for s in self.steps.values() if s.id not in hidden or s.id in lists.get(plan, ())]

    def label(self, name: str) -> Named:
        """What a field or step is called; by its id, where there is none of that name."""
        return self.fields.get(name) or self.steps.get(name) or Named(name, name, name)

    def called(self, step: str) -> object:
        """The name of a step, or of what is an event of its own (closed, amended)."""
        return self.steps.get(step) or Fault(f"event.{step}")

    def term(self, vocabulary: str, term_id: object) -> Term | None:
        """The word of a vocabulary, or None."""
        return self.vocabulary.get(vocabulary, {}).get(str(term_id))

    def restricted(self, facts: Table) -> bool:
        """Whether a complaint is shown masked: as it is said of it, or because of its kind."""
        kind = self.term("kind", facts.get("kind"))
        return bool(facts.get("restricted") or (kind and kind.group == "restricted"))

    def vocabulary_of(self, field_id: str) -> str:
        """The vocabulary a field draws from, or an empty text."""
        found = self.fields.get(field_id)
        return (found.of or found.id) if found and found.type == "term" else ""

    def named(self, policy_id: str) -> Named:
        """The title of this policy or of one it includes."""
        source = self.text.get("sources", {}).get(policy_id, self.text)
        zh = str(source.get("zh") or policy_id)
        return Named(policy_id, zh, str(source.get("en") or zh))
