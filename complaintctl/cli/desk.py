"""The front desk of one invocation: where the ledger is, who asks, in which language, and what is
said. Human text and JSON go to stdout, everything else to stderr. And the shapes of parameters."""

import datetime as dt
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..domain.mask import telephones
from ..errors import Fault, Faults, Trouble, Usage
from ..texts import put, say

if TYPE_CHECKING:
    from ..services.session import Office

# The shapes of parameters: values stay text, the services read them and name every fault. What may
# be left out is None then; what a command cannot do without is empty, and all of it is asked for
# at once.
Opt = str | None
Many = list[str] | None

# Options by name, for a ``**given``; they stand before the command's other options.
Settings = Annotated[Any, "ledger by lang rules"]
Fields = Annotated[
    Any, "kind channel category level name phone address account demand accused receiver reference"
]
Where = Annotated[Any, "kind channel category level status handler month"]
Book = Annotated[Any, "mapping sheet encoding rejects"]
Span = Annotated[Any, "month as_of"]

# Control and direction characters would act on the terminal; they are shown instead of sent.
_ACTIVE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass
class Desk:
    """What every command is handed as ``ctx.obj``. ``own`` is the office's folder of rule files;
    who is ``rehearsing`` only wants to know what is wrong, and cannot write."""

    lang: str
    clock: Callable[[], dt.datetime]
    ledger: str = ""
    by: str = ""
    own: Path | None = None
    json: bool = False
    rehearsing: bool = False
    closing: ExitStack = field(default_factory=ExitStack)

    def who(self) -> dict[str, Any]:
        """In which ledger, who acts, when and by whose files: the name as told, else the one the
        computer knows. It is no proof of identity."""
        path = Path(self.ledger)
        if not self.ledger:
            from platformdirs import user_data_path

            path = user_data_path("complaintctl", appauthor=False) / "complaints.db"
        known = map(os.environ.get, ("LOGNAME", "USER", "USERNAME"))
        by = self.by or next(filter(None, known), "-")
        return {"path": path, "by": by, "now": self.clock(), "own": self.own}

    @cached_property
    def office(self) -> "Office":
        """The office of this invocation, opened when first asked for; ``closing`` closes it."""
        from ..services.session import office

        opened = self.closing.enter_context(office(**self.who()))
        opened.ledger.only_read(self.rehearsing)
        return opened

    def text(self, key: str, /, **params: object) -> str:
        """The sentence of a key in the user's language."""
        return say(self.lang, key, **params)

    def put(self, value: object) -> str:
        """One value as people read it."""
        return put(self.lang, value)

    def say(self, key: str, /, **params: object) -> None:
        """One sentence on stdout."""
        self.line(self.text(key, **params))

    def line(self, text: str = "") -> None:
        """One line on stdout."""
        print(inert(text.rstrip()))

    def note(self, key: str, /, **params: object) -> None:
        """A remark beside the result: stderr."""
        print(inert(self.text(key, **params)), file=sys.stderr)

    def give(self, document: Mapping[str, Any] | list[Any], code: int = 0) -> None:
        """The one JSON document, when a script asked for it; the command ends there."""
        if self.json:
            print(json.dumps(document, ensure_ascii=False, indent=2, default=self._plain))
            raise typer.Exit(code)

    def tell(self, key: str, document: dict[str, Any], /, **more: object) -> None:
        """The document for a script, for people a sentence of it and of what more there is."""
        self.give(document)
        self.say(key, **document | more)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, Fault):
            return {"code": value.code, "message": inert(self.put(value))}
        if hasattr(value, "zh"):
            return {"id": value.id, "zh": value.zh, "en": value.en}
        return vars(value) if hasattr(value, "__dataclass_fields__") else str(value)

    def refuse(self, trouble: Trouble) -> int:
        """Tells every fault found; the exit code for scripts."""
        faults = [safe(fault) for fault in trouble.faults]
        with suppress(typer.Exit):
            self.give({"error": {"exit": trouble.exit_code, "faults": faults}})
        for line in self._grouped(faults):
            print(inert(line), file=sys.stderr)
        return trouble.exit_code

    def _grouped(self, faults: list[Fault]) -> Iterator[str]:
        """The sentences; what the rules find lacking under one heading, a line a clause."""
        lacking = [f for f in faults if f.code.startswith("gate.")]
        yield from (self.put(f) for f in faults if f not in lacking)
        clauses = dict[str, list[str]]()
        for fault in lacking:
            short = self.text(f"lack.{fault.code[5:]}", **fault.params)
            clauses.setdefault(self.text("lack.clause", **fault.params), []).append(short)
        if lacking:
            yield self.text("lack.head", number=lacking[0].params["number"])
        for clause, items in clauses.items():
            yield f"  {self.text('lack.joint').join(items)}  {clause}"


def inert(text: object) -> str:
    """User text that cannot act on a terminal."""
    return _ACTIVE.sub(lambda m: " " if m[0] == "\t" else f"\\x{ord(m[0]):02x}", str(text))


def safe(fault: Fault) -> Fault:
    """A fault as it may be told: what was pasted whole by its beginning, a phone number masked."""
    texts = {name: value for name, value in fault.params.items() if isinstance(value, str)}
    return fault.about(**{n: telephones(t[:200] + "…" * (len(t) > 200)) for n, t in texts.items()})


def lacking(given: Mapping[str, object]) -> Faults:
    """Every argument that is missing."""
    names = [Fault(f"arg.{name}") for name, value in given.items() if not value]
    return Faults(Fault("argument.missing", {"name": name}) for name in names)


def typed(text: str | None) -> str:
    """The text of a command, if any; ``-`` means standard input."""
    return checked(sys.stdin.read()) if text == "-" else text or ""


def checked(text: str) -> str:
    """A text that was handed in, if it is one: no control characters, no bytes of an encoding
    unknown, for which surrogates stand."""
    if not text.isprintable():
        from ..domain.entry import CONTROL

        if found := CONTROL.findall(text):
            code = "usage.not_text" if max(found) >= "\ud800" else "usage.control"
            raise Usage(code, value=found[0])
    return text


def pairs(items: Many) -> list[tuple[str, str | None]]:
    """``--set key=value`` texts taken apart, also at a full-width or a wrong sign. What is no pair
    has no value; only its first word is told, because a name may follow."""
    parts = (re.split("[=＝:：]", item.strip(), maxsplit=1) for item in items or ())
    return [(p[0].strip(), p[1]) if p[1:] else (p[0].partition(" ")[0], None) for p in parts]
