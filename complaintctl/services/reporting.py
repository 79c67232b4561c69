"""Figures of a period: a report file says what is counted; the ledger's views do the counting."""

from __future__ import annotations

from typing import Any

from ..domain.vocabulary import Named
from ..ledger import queries
from ..rulebook.shapes import load_report
from .exporting import period
from .reading import current
from .session import Office


def report(office: Office, wanted: str, month: str | None) -> dict[str, Any]:
    """A report's figures and tables for a month or year.

    ``{report, first, last, figures: {id: value}, labels, tables: [{id, title, columns, rows}]}``;
    a rate is a fraction of 1, null where there is nothing to divide by.
    """
    text = load_report(wanted, office.own)
    first, last = period(office, month or "this")
    named = {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "now": office.now.isoformat(),
        "station": office.ledger.station,
    }
    figures: dict[str, Any] = {}
    labels = {f["id"]: Named(f["id"], f["zh"], f["en"]) for f in text.get("figure", ())}
    for part in text["figures"]:
        figures |= queries.rows(office.ledger, part, named)[0]
    policy = current(office)
    tables = []
    for table in text.get("table", ()):
        lines = queries.rows(office.ledger, table["sql"], named)
        vocabulary = table.get("vocabulary")
        for line in lines:
            key = line.get("id")
            line["label"] = (policy.term(vocabulary, key) if vocabulary else None) or key
        tables.append(
            {
                "id": table["id"],
                "title": Named(table["id"], table["zh"], table["en"]),
                "rows": lines,
            }
        )
    return {
        "report": Named(text["id"], text["zh"], text["en"]),
        "first": first,
        "last": last,
        "figures": figures,
        "labels": labels,
        "tables": tables,
    }
