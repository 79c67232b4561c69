"""Reading the projection: one complaint, lists, what is due, search, a period's register."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any
from unicodedata import normalize

from ..errors import BadRules, NotFound, Usage
from .connection import Ledger, Values
from .projection import SEARCHED

Equal = Mapping[str, Any]  # a plain table of field = value or values
Period = tuple[dt.date, dt.date]  # first ≤ day < last
OPEN = "(o.ended_at is null or o.ended_at >= :first)"  # when a period begins
ALL = 10**9  # lines, more than there ever are
EQUAL = {"kind", "channel", "category", "class", "level", "status", "handler", "unit", "origin"}


def find(ledger: Ledger, wanted: str) -> str:
    """The number a person means: a number, a reference, or an ending that fits only one, sought
    among open complaints first. NotFound; Usage if several fit."""
    wanted = normalize("NFKC", wanted).strip()
    ending = re.sub(r"^-+|[*?[]", "", wanted)
    # 7 is 007; a numbering without a dash is met by the bare ending.
    serials = [f"*-{ending}", f"*-{ending.zfill(3)}"] if ending.isdigit() else []
    globs = [*serials, f"*{ending}"] if ending else []
    tries = [*product([wanted], ("number = :value", "reference = :value"))]
    tries += product(globs, ("ended_at is null and number glob :value", "number glob :value"))
    # What was taken back is meant only where nothing else can be.
    for (value, where), live in product(tries, ("status <> 'voided' and ", "")):
        sql = f"""select number from complaint where station = :station and {live}{where}
                  order by number desc limit 4"""
        hits = ledger.column(sql, value=value)
        if len(hits) == 1:
            return str(hits[0])
        if hits:
            raise Usage("number.ambiguous", value=wanted, numbers=hits)
    raise NotFound("number.unknown", value=wanted)


def complaint(ledger: Ledger, wanted: str) -> Values:
    """The projected row of the complaint a person means (see ``find``)."""
    sql = "select * from complaint where station = :station and number = :number"
    return next(ledger.rows(sql, number=find(ledger, wanted)))


def clocks_of(ledger: Ledger, number: str) -> Iterator[Values]:
    """The clocks of one complaint; a limit without a date last."""
    sql = """select *, limit_id as "limit" from clock where station = :station and number = :number
             order by round, due_at is null, due_at, limit_id"""
    return ledger.rows(sql, number=number)


def penalties_of(ledger: Ledger, number: str) -> list[Values]:
    """The penalties proposed or decided on one complaint."""
    sql = """select penalty_id, policy, amount, points, minimum, measure, state, person, shared
             from penalty where station = :station and number = :number order by penalty_id"""
    return [*ledger.rows(sql, number=number)]


def listing(
    ledger: Ledger, equal: Equal, received: Period | None, open_: bool | None, late: str, most: int
) -> tuple[Iterator[Values], int]:
    """Complaints that meet all conditions, newest first, at ``most`` so many if not 0; and how many
    there are in all. ``late`` is the moment at which they are overdue, if they are to be."""
    where, named = _conditions(equal, received)
    if "status" not in equal:
        where += " and k.status <> 'voided'"
    if received:
        where += " and k.received_at >= :first and k.received_at < :last"
    if open_ is not None:
        where += f" and k.ended_at is {'null' if open_ else 'not null'}"
    if late:
        where += " and k.ended_at is null and k.next_due_at < :late"
    tail = f" from complaint k where k.station = :station{where}"
    order = f" order by k.received_at desc, k.number desc limit {min(most or ALL, ALL)}"
    (count,) = ledger.column(f"select count(*){tail}", late=late, **named)
    return ledger.rows(f"select k.*{tail}{order}", late=late, **named), count


def due(ledger: Ledger, until: dt.datetime, limit: int) -> Iterator[Values]:
    """Running clocks due by a moment, most urgent first, with their complaint."""
    sql = f"""select c.*, limit_id as "limit", kind, status, handler, content, restricted, adoption
              from clock c join complaint k using (station, number)
              where station = :station and state = 'running' and c.due_at <= :until
              order by c.due_at, number, limit_id limit {limit}"""
    return ledger.rows(sql, until=until.isoformat())


def running(ledger: Ledger, *, before: dt.datetime | None = None) -> int:
    """How many running clocks are due before a moment or, without one, wait for a year's notice."""
    which = "due_at < :before" if before else "provisional = 1"
    sql = f"select count(*) from clock where station = :station and state = 'running' and {which}"
    return int(ledger.column(sql, before=str(before and before.isoformat()))[0])


def answered_open(ledger: Ledger, limit: int) -> Iterator[Values]:
    """Open complaints that were answered and not called back: candidates for a call-back."""
    sql = f"""select number, replied_at, handler from complaint
              where station = :station and ended_at is null and replied_at is not null
                and (followed_up_at is null or followed_up_at < replied_at)
              order by replied_at limit {limit}"""
    return ledger.rows(sql)


def search(ledger: Ledger, text: str, most: int) -> tuple[list[Values], bool]:
    """Complaints whose text holds every word of ``text``, newest first, at ``most`` so many if not
    0; and whether there are more. None that is restricted: who searches for a name would learn from
    it who blew the whistle."""
    if not any(map(str.isalnum, text)):
        raise Usage("search.empty", value=text)
    folded = text.encode().lower().decode()  # ASCII alone, as SQLite's lower() does
    words = {f"word{n}": word for n, word in enumerate(folded.split())}
    phrases = [" ".join(c for c in w if c.isalnum() or not c.isascii()) for w in words.values()]
    query = " ".join(f'"{p}"' for p in phrases if p)
    # The index leaves out ASCII punctuation, so each hit is confirmed on the text itself.
    haystack = " || char(10) || ".join(f"ifnull(k.{name}, '')" for name in SEARCHED)
    confirm = " and ".join(f"instr(lower({haystack}), :{word}) > 0" for word in words)
    sql = f"""select k.* from search s join complaint k on k.id = s.rowid
              where s.text match :query and k.station = :station and k.status <> 'voided'
                and k.restricted = 0 and {confirm}
              order by s.rowid desc limit {min(most or ALL, ALL) + 1}"""
    found = [*ledger.rows(sql, query=query, **words)]
    return found[: most or ALL], len(found) > (most or ALL)


def similar(ledger: Ledger, number: str, since: dt.datetime) -> list[Values]:
    """Other unrestricted complaints since a moment with the same phone, then account (``same``)."""
    sql = """select o.number, '{0}' as same
             from complaint k join complaint o on o.station = k.station and o.{0} = k.{0}
             where k.station = :station and k.number = :number and o.number <> :number
               and +o.received_at >= :since and o.status <> 'voided' and o.restricted = 0
             order by o.received_at desc limit 5"""
    asked = (sql.format(field) for field in ("phone", "account_no"))
    return [r for each in asked for r in ledger.rows(each, number=number, since=since.isoformat())]


def shared(ledger: Ledger, batch: str) -> list[str]:
    """The references of a batch's records that other records have as well."""
    sql = """select reference from complaint
             where station = :station and status <> 'voided' and reference in (
               select reference from complaint where station = :station and reference is not null
               group by reference having count(*) > 1)
             group by reference having count(*) > 1 and max(batch = :batch) order by reference"""
    return ledger.column(sql, batch=batch)


def known(ledger: Ledger, fingerprints: Iterable[str]) -> set[str]:
    """Those that a record in the ledger has already (undone ones do not count)."""
    sql = "select 1 from complaint where station = :station and fingerprint {} limit 1"
    if not ledger.column(sql.format("is not null")):
        return set()
    sql = sql.format("= :key and status <> 'voided'")
    return {key for key in fingerprints if ledger.column(sql, key=key)}


def batches(ledger: Ledger) -> Iterator[Values]:
    """The batches, the latest first: when, by whom, how many events, of which types and steps."""
    sql = """select batch, max(recorded_at) as at, max(actor) as actor, count(*) as events,
                group_concat(distinct iif(type = 'step', json_extract(body, '$.step'), type))
                  as types, count(distinct number) as complaints, max(seq) as last
              from event where station = :station group by batch order by last desc"""
    return ledger.rows(sql)


def undoing(ledger: Ledger, batch: str) -> tuple[list[str], list[str]]:
    """The complaints a batch wrote to, of an undo those of the batch it took back; and what stands
    against its undoing: the later batches that wrote to them, rest on its adoption, or took in
    again the old records that it had undone."""
    own = """with recursive meant (batch) as (
               values (:batch) union
               select json_extract(e.body, '$.batch') from event e join meant m using (batch)
               where e.station = :station and e.type = 'voided' and e.number is null),
             own (number) as (
               select distinct number from event
               where station = :station and batch in meant and number is not null)"""
    later = f"""{own}
             select batch from event where station = :station and number in own
               and seq > (select max(seq) from event where station = :station and batch = :batch)
             union
             select batch from complaint where station = :station and batch <> :batch
               and adoption in (select seq from event where station = :station and batch = :batch)
             union
             select again.batch from own join complaint k using (number)
               join complaint again using (station, fingerprint)
             where station = :station and k.status = 'voided' and again.status <> 'voided'
             order by 1"""
    numbers = ledger.column(f"{own} select number from own", batch=batch)
    return numbers, ledger.column(later, batch=batch)


def duty_days(ledger: Ledger) -> dict[str, list[dt.date]]:
    """The days on which each duty was done."""
    sql = """select duty, group_concat(done_on) from duty_record
             where station = :station group by duty"""
    return {duty: [*map(dt.date.fromisoformat, days.split(","))] for duty, days in ledger.run(sql)}


def balance(ledger: Ledger, period: Period, equal: Equal) -> dict[str, int]:
    """A period's complaints. By construction opening + received + reopened - closed = carried."""
    where, named = _conditions(equal, period)
    sql = f"""select
        count(*) filter (where o.opened_at < :first and {OPEN}) as opening,
        count(*) filter (where o.opened_at >= :first and o.round = 0) as received,
        count(*) filter (where o.opened_at >= :first and o.round > 0) as reopened,
        count(*) filter (where o.ended_at >= :first and o.ended_at < :last) as closed,
        count(*) filter (where o.ended_at is null or o.ended_at >= :last) as carried
      from opening o join complaint k using (station, number)
      where station = :station and o.opened_at < :last{where}"""
    return next(ledger.rows(sql, **named))


def register(ledger: Ledger, period: Period, equal: Equal, *, carried: bool) -> Iterator[Values]:
    """A register's rows, oldest first: received in the period or, if ``carried``, open before."""
    where, named = _conditions(equal, period)
    old = " or k.received_at < :first and (k.ended_at is null or k.ended_at >= :first)"
    sql = f"""select k.*, exists (
        select 1 from opening o where o.station = k.station and o.number = k.number
          and o.opened_at < :first and {OPEN}) as carried
      from complaint k where k.station = :station and k.status <> 'voided'
        and (k.received_at >= :first and k.received_at < :last{old if carried else ""}){where}
      order by k.received_at, k.number"""
    return ledger.rows(sql, **named)


def _conditions(equal: Equal, period: Period | None) -> tuple[str, Values]:
    """Conditions on ``k`` as SQL, and their values; also ``:first`` and ``:last`` of a period."""
    where = ""
    named: Values = {"first": str(period[0]), "last": str(period[1])} if period else {}
    for name, wanted in equal.items():
        if name not in EQUAL:
            raise BadRules("rules.filter", value=name, known=sorted(EQUAL))
        options = wanted if isinstance(wanted, list) else [wanted]
        keys = {f"{name}_{n}": option for n, option in enumerate(options)}
        where += f' and k."{name}" in ({", ".join(f":{key}" for key in keys)})'
        named |= keys
    return where, named
