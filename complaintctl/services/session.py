"""An open office: the ledger, its rules, who acts and when. Every service takes one."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..domain.fold import Complaint
from ..domain.moments import read_month
from ..domain.policy import Policy
from ..ledger.connection import Ledger, open_ledger
from ..ledger.store import Book, Draft, Stamp, append, events_of


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

    @property
    def policy(self) -> Policy:
        """The policy in force today."""
        return self.book.policy(self.book.adoption(self.now.date()))

    def state(self, number: str) -> tuple[Complaint, Policy]:
        """The state of a complaint and the policy it lives under."""
        return self.book.state(events_of(self.ledger, number))

    def write(self, *drafts: Draft) -> None:
        """Adds events, inside the caller's unit of work."""
        append(self.ledger, self.stamp, drafts)


def stamped(ledger: Ledger, *, by: str, now: dt.datetime, own: Path | None = None) -> Office:
    """An office on an open ledger, with a batch id of its own for this invocation."""
    batch = f"{now:%Y%m%d-%H%M%S}-{os.urandom(4).hex()}"
    return Office(ledger, Book(ledger), Stamp(by, batch, now), own)


@contextmanager
def office(path: Path, *, by: str, now: dt.datetime, own: Path | None = None) -> Iterator[Office]:
    """Opens the ledger for one invocation and closes it again."""
    with closing(open_ledger(path)) as ledger:
        yield stamped(ledger, by=by, now=now, own=own)


def period(office: Office, month: str | None) -> tuple[dt.date, dt.date]:
    """The days first ≤ day < last that a month or year means; without one, this month."""
    return read_month(month or "this", office.now)
