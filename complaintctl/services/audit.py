"""Founding an office and proving its ledger."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..domain.event import anchor, canonical
from ..domain.policy import Policy
from ..errors import Usage
from ..ledger import office as tables
from ..ledger import queries
from ..ledger.connection import create
from ..ledger.store import Draft, append, head
from ..ledger.verify import prove
from ..rulebook.check import sound
from .holiday_source import announced_years, state_council_days
from .session import Office, stamped

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,15}")


def init(
    path: Path,
    *,
    station: str,
    code: str,
    policy: str,
    by: str,
    now: dt.datetime,
    own: Path | None = None,
) -> dict[str, Any]:
    """Makes a ledger: the station, its policy with full text, the calendar of every announced
    year."""
    if not _CODE.fullmatch(code):
        raise Usage("station.code", value=code)
    rules = sound(policy, own)
    ledger = create(path)
    try:
        ledger.station = code
        office = stamped(ledger, by=by, now=now, own=own)
        with ledger.unit():
            drafts = [Draft("opened", now, None, {"name": station, "code": code})]
            append(
                ledger, office.stamp, [*drafts, adoption(rules, now, now.date()), announced(now)]
            )
            tables.project_office(ledger, office.book)
        years = sorted(queries.calendar_years(ledger))
        return {
            "ledger": path,
            "station": station,
            "code": code,
            "policy": rules.id,
            "edition": rules.edition,
            "calendar": [years[0], years[-1]],
            "anchor": anchor(*head(ledger)),
        }
    except BaseException:
        ledger.close()
        path.unlink(missing_ok=True)
        raise
    finally:
        ledger.close()


def adoption(rules: Policy, now: dt.datetime, day: dt.date) -> Draft:
    """The event by which an office adopts a policy: the ledger keeps its full text."""
    body = {
        "policy": rules.id,
        "edition": rules.edition,
        "digest": hashlib.sha256(canonical(rules.text).encode()).hexdigest(),
        "from": day.isoformat(),
        "text": rules.text,
    }
    return Draft("adopted", now, None, body)


def announced(now: dt.datetime, known: Iterable[int] = ()) -> Draft:
    """The event that fills the calendar with every announced year not yet known."""
    years = sorted(set(announced_years()) - set(known))
    days = {
        day.isoformat(): list(why)
        for year in years
        for day, why in state_council_days(year).items()
    }
    return Draft("calendar", now, None, {"years": years, "days": days, "source": "holidays"})


def verify(office: Office, anchors: Iterable[str]) -> dict[str, Any]:
    """The proof of the whole ledger. ``anchors`` are codes from signed print-outs (SEQ:HASH)."""
    wanted = []
    for text in anchors:
        found = re.fullmatch(r"\s*(\d{1,12})\s*[:：]\s*([0-9a-fA-F]{8,64})\s*", text)
        if not found:
            raise Usage("verify.anchor_form", value=text)
        wanted.append((int(found[1]), found[2].lower()))
    proof = prove(office.ledger, tuple(wanted))
    return {
        "ok": not proof.problems,
        "events": proof.events,
        "complaints": proof.complaints,
        "erased": proof.erased,
        "anchor": proof.anchor,
        "problems": proof.problems,
    }


def batches(office: Office, limit: int = 20) -> list[dict[str, Any]]:
    """The latest invocations that wrote something."""
    return [
        {**row, "voided": row["batch"] in office.book.voided}
        for row in queries.batches(office.ledger, limit)
    ]
