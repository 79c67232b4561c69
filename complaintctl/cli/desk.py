"""The front desk of one invocation: where the ledger is, who asks, in which language, and what is
said.

Human text and JSON go to stdout, everything else to stderr.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Fault, Trouble, Usage
from ..texts import put, say

if TYPE_CHECKING:
    from ..services.session import Office

LEDGER_NAME = "complaints.db"


@dataclass
class Desk:
    """What every command is handed as ``ctx.obj``."""

    lang: str
    clock: Callable[[], dt.datetime]
    ledger: Path | None = None
    by: str = ""
    own: Path | None = None
    json: bool = False

    def path(self) -> Path:
        """The ledger asked for, or the one in the user's data directory."""
        if self.ledger:
            return self.ledger
        from platformdirs import user_data_path

        return user_data_path("complaintctl", appauthor=False) / LEDGER_NAME

    def actor(self) -> str:
        """Who acts: as told, else the name the computer knows. It is no proof of identity."""
        known = (os.environ.get(name) for name in ("LOGNAME", "USER", "USERNAME"))
        return self.by or next((name for name in known if name), "-")

    @contextmanager
    def office(self) -> Iterator[Office]:
        """The open office of this invocation."""
        from ..services.session import office

        with office(self.path(), by=self.actor(), now=self.clock(), own=self.own) as opened:
            yield opened

    def text(self, key: str, /, **params: object) -> str:
        """The sentence of a key in the user's language."""
        return say(self.lang, key, **params)

    def put(self, value: object) -> str:
        """One value as people read it."""
        return put(self.lang, value)

    def say(self, key: str, /, **params: object) -> None:
        """One sentence to the person, unless a script listens."""
        if not self.json:
            self.line(self.text(key, **params))

    def line(self, text: str = "") -> None:
        """One line on stdout."""
        if not self.json:
            print(text.rstrip())

    def note(self, key: str, /, **params: object) -> None:
        """A remark beside the result: stderr."""
        print(self.text(key, **params), file=sys.stderr)

    def give(self, document: Mapping[str, Any] | list[Any]) -> bool:
        """The one JSON document, when a script asked for it; tells whether it did."""
        if self.json:
            print(json.dumps(document, ensure_ascii=False, indent=2, default=self._plain))
        return self.json

    def _plain(self, value: Any) -> Any:
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, Path):
            return str(value)
        if isinstance(value, Fault):
            return {"code": value.code, "message": self.put(value)}
        if hasattr(value, "zh"):
            return {"id": value.id, "zh": value.zh, "en": value.en}
        if hasattr(value, "__dataclass_fields__"):
            return {name: getattr(value, name) for name in value.__dataclass_fields__}
        return str(value)

    def refuse(self, trouble: Trouble) -> int:
        """Tells every fault found; the exit code for scripts."""
        from .render import inert

        faults = [_brief(f) for f in trouble.faults]
        told = [{"code": f.code, "message": inert(self.put(f))} for f in faults]
        if self.json:
            document = {"error": {"exit": trouble.exit_code, "faults": told}}
            print(json.dumps(document, ensure_ascii=False, indent=2))
        for line in self._grouped(faults):
            print(inert(line), file=sys.stderr)
        return trouble.exit_code

    def _grouped(self, faults: list[Fault]) -> list[str]:
        """The sentences; what the rules find lacking under one heading, a line a clause."""
        lacking = [f for f in faults if f.code.startswith("gate.")]
        lines = [self.put(f) for f in faults if f not in lacking]
        if not lacking:
            return lines
        clauses: dict[str, list[str]] = {}
        for fault in lacking:
            short = self.text(f"lack.{fault.code[5:]}", **fault.params)
            clauses.setdefault(self.text("lack.clause", **fault.params), []).append(short)
        joint = self.text("lack.joint")
        head = self.text("lack.head", number=lacking[0].params["number"])
        return [
            *lines,
            head,
            *(f"  {joint.join(items)}  {clause}" for clause, items in clauses.items()),
        ]


def _brief(fault: Fault) -> Fault:
    """The fault with nothing pasted whole: of a long value its beginning is shown."""
    params = {
        k: v[:200] + "…" if isinstance(v, str) and len(v) > 200 else v
        for k, v in fault.params.items()
    }
    return Fault(fault.code, params)


def need(**given: object) -> None:
    """Usage naming every argument that is missing, all at once."""
    lacking = [
        Fault("argument.missing", {"name": Fault(f"arg.{k}")}) for k, v in given.items() if not v
    ]
    if lacking:
        raise Usage(faults=lacking)


def pairs(items: list[str] | None) -> dict[str, str]:
    """``--set key=value`` texts as a dictionary; Usage for all that are no pairs."""
    wrong = [
        Fault("set.form", {"value": item}) for item in items or () if not item.partition("=")[1]
    ]
    if wrong:
        raise Usage(faults=wrong)
    split = [item.partition("=") for item in items or ()]
    return {key.strip(): value for key, _, value in split}
