"""Figures of a period: a report file says what is counted; the ledger's views do the counting."""

from ..domain.moments import read_month
from ..domain.policy import build
from ..domain.vocabulary import Named
from ..errors import together
from ..rulebook.files import load_report
from .session import Office, Typed, Values


def report(office: Office, wanted: str, month: Typed) -> Values:
    """A report's figures and tables for a month or year.

    ``{report, first, last, figures: {id: value}, labels, tables: [{id, title, rows}]}``;
    a rate is a fraction of 1, null where there is nothing to divide by.
    """
    text, (first, last) = together(
        lambda: load_report(wanted, office.own), lambda: read_month(month or "this", office.now)
    )
    named = {"first": first.isoformat(), "last": last.isoformat(), "now": office.now.isoformat()}
    figures: Values = {}
    for sql in text["figures"]:
        figures |= next(iter(office.ledger.reported(sql, text["id"], **named)), {})
    policy, tables = office.policy, []
    for table in text.get("table", ()):
        words = table.get("vocabulary", "")
        lines = office.ledger.reported(table["sql"], text["id"], **named)
        rows = [r | {"label": policy.term(words, r.get("id")) or r.get("id")} for r in lines]
        tables.append({"id": table["id"], "title": build(Named, table), "rows": rows})
    labels = {figure["id"]: build(Named, figure) for figure in text.get("figure", ())}
    about = {"report": build(Named, text), "first": first, "last": last}
    return {**about, "figures": figures, "labels": labels, "tables": tables}
