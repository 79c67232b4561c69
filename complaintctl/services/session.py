"""An open office: the ledger, its rules, who acts and when. Every service takes one."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..ledger.connection import Ledger, open_ledger
from ..ledger.store import Book, Stamp


@dataclass(frozen=True)
class Office:
    """What a service needs. ``own`` is the office's folder of rule files, if it has one."""

    ledger: Ledger
    book: Book
    stamp: Stamp
    own: Path | None = None

    @property
    def now(self) -> dt.datetime:
        return self.stamp.now


def stamped(ledger: Ledger, *, by: str, now: dt.datetime, own: Path | None = None) -> Office:
    """An office on an open ledger, with a batch id of its own for this invocation."""
    batch = f"{now:%Y%m%d-%H%M%S}-{os.urandom(4).hex()}"
    return Office(ledger, Book(ledger), Stamp(by, batch, now), own)


@contextmanager
def office(path: Path, *, by: str, now: dt.datetime, own: Path | None = None) -> Iterator[Office]:
    """Opens the ledger for one invocation and closes it again."""
    ledger = open_ledger(path)
    try:
        yield stamped(ledger, by=by, now=now, own=own)
    finally:
        ledger.close()
