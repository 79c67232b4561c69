"""An open office: the ledger, its rules, who acts and when. Every service takes one."""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..clock import iso
from ..domain.moments import read_moment
from ..domain.policy import Policy
from ..errors import LedgerTrouble, Usage
from ..ledger.connection import Ledger, opened, translated
from ..ledger.projection import refresh
from ..ledger.store import Book, Draft, State, append, events_of

Typed = str | None  # what was typed, if anything
Values = dict[str, Any]  # by name: a row of the ledger, or what scripts get
SOON = dt.timedelta(minutes=5)  # how far a clerk's watch may be ahead of ours


class Office:
    """What a service needs. ``own`` is the office's folder of rule files, if it has one; ``batch``
    the id of all that this invocation writes."""

    def __init__(self, ledger: Ledger, *, by: str, now: dt.datetime, own: Path | None) -> None:
        self.ledger, self.book, self.now, self.own = ledger, Book(ledger), now, own
        self.batch = f"{now:%Y%m%d-%H%M%S}-{os.urandom(4).hex()}"
        self.stamp = iso(now), by, self.batch

    @property
    def policy(self) -> Policy:
        """The policy in force today."""
        return self.book.adopted(self.now.date())[1]

    def state(self, number: str, under: Policy | None = None) -> State:
        """The state of a complaint and the policy it lives under, or would under another one."""
        return self.book.state(events_of(self.ledger, number), under)

    def write(self, *drafts: Draft) -> None:
        """Adds events, inside the caller's unit of work."""
        append(self.ledger, self.stamp, drafts)

    def record(self, *drafts: Draft) -> int:
        """Adds events of the office's own; how many complaints a changed calendar touched."""
        with self.ledger.unit():
            self.write(*drafts)
            return refresh(self.book, {day for d in drafts for day in d.body.get("days", ())})


@contextmanager
def office(path: Path, *, by: str, now: dt.datetime, own: Path | None = None) -> Iterator[Office]:
    """Opens the ledger for one invocation and closes it again; its troubles are told as such."""
    with translated(path), opened(path) as ledger:
        yield Office(ledger, by=by, now=now, own=own)


def writable(path: str | Path, suffix: str, *kept: Path | None) -> Path:
    """A file that may be written, as far as can be said before the work: in a folder, of the right
    kind, none that must be kept. LedgerTrouble file.no_folder, file.kept; Usage output.kind."""
    target = Path(path)
    if not target.parent.is_dir():
        raise LedgerTrouble("file.no_folder", path=target)
    if target.suffix.lower() != suffix:
        raise Usage("output.kind", path=target, suffix=suffix)
    if target.exists() and any(target.samefile(k) for k in kept if k):
        raise LedgerTrouble("file.kept", path=target)
    return target


def when(text: Typed, now: dt.datetime, *known: dt.datetime) -> dt.datetime:
    """When it happened: now, or what was typed; a day of today means now. Usage when that is in
    the future. What has no time of day comes after what is ``known`` of that day."""
    at, timed = read_moment(text, now) if text else (now, False)
    if not timed:
        at = now if at.date() == now.date() else at
        at = max([at, *(moment for moment in known if moment.date() == at.date())])
    if at > now + SOON:
        raise Usage("time.future", value=at)
    return at
