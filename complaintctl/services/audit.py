"""Founding an office and proving its ledger."""

import datetime as dt
import re
from pathlib import Path

from ..domain.event import anchor
from ..errors import Usage, together
from ..ledger.connection import created
from ..ledger.store import Draft, head
from ..ledger.verify import prove
from .rules import adoption, announced, proven
from .session import Office, Typed, Values


def init(
    path: Path, station: str, code: str, policy: str, *, by: str, now: dt.datetime, own: Path | None
) -> Values:
    """Makes a ledger: the station, its policy with full text, every announced year's calendar."""
    _, rules = together(lambda: _checked(code), lambda: proven(policy, own))
    opened = Draft("opened", now, None, {"name": station, "code": code})
    calendar = announced(now)
    with created(path) as ledger:
        ledger.station = code
        office = Office(ledger, by=by, now=now, own=own)
        office.record(opened, adoption(rules, now, now.date()), calendar)
        seal = anchor(*head(ledger))
    years = calendar.body["years"]
    about = {"ledger": path, "station": station, "code": code, "policy": rules.id}
    return {**about, "edition": rules.edition, "calendar": [years[0], years[-1]], "anchor": seal}


def _checked(code: str) -> None:
    if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9_-]{0,15}", code):
        raise Usage("station.code", value=code)


def verify(office: Office, printed: Typed) -> Values:
    """The proof of the whole ledger, also against a code ``printed`` on a register (SEQ:HASH)."""
    found = re.fullmatch(r"\s*(\d{1,12})\s*[:：]\s*([0-9a-fA-F]{8,64})\s*", printed or "")
    if printed and not found:
        raise Usage("verify.anchor_form", value=printed)
    seq, prefix = (int(found[1]), found[2].lower()) if found else (0, "")
    return prove(office.ledger, seq, prefix)
