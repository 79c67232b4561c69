"""Forms, layouts of old books and reports from their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..domain.form import Column, Form
from ..domain.layout import Layout
from ..domain.policy import build
from ..errors import BadRules, Fault
from .files import pick, read


def load_form(wanted: str, own: Path | None = None) -> Form:
    """A paper form by id, title or path. BadRules names every unknown or missing key."""
    path = pick("forms", wanted, own)
    text = read(path)
    columns = text.pop("column", [])
    faults = _strange(path, Form, {**text, "columns": ()}, ("id", "title"))
    for column in columns:
        faults += _strange(path, Column, column, ("head", "field", "width"))
    if faults:
        raise BadRules(faults=faults)
    form: Form = build(Form, {**text, "columns": [build(Column, c) for c in columns]})
    return form


def load_layout(wanted: str, own: Path | None = None) -> Layout:
    """A layout of old books by id, title or path."""
    path = pick("mappings", wanted, own)
    text = {"id": path.stem, **read(path)}
    faults = _strange(path, Layout, text, ("id", "headings"))
    if faults:
        raise BadRules(faults=faults)
    return Layout(**text)


def load_report(wanted: str, own: Path | None = None) -> dict[str, Any]:
    """A report: its titles, its figures and tables, each with a query over the ledger's views."""
    path = pick("reports", wanted, own)
    text = read(path)
    lacking = [
        Fault("rules.missing_key", {"path": path.name, "place": "-", "line": "-", "value": key})
        for key in ("id", "zh", "en", "figures")
        if key not in text
    ]
    if lacking:
        raise BadRules(faults=lacking)
    return text


def _strange(
    path: Path, shape: type[Any], text: Mapping[str, Any], wanted: tuple[str, ...]
) -> list[Fault]:
    known = {f.name for f in fields(shape)}
    wrong = [("unknown_key", key) for key in text if key not in known | {"zh"}]
    wrong += [("missing_key", key) for key in wanted if key not in text]
    return [
        Fault(
            f"rules.{code}",
            {"path": path.name, "place": str(text.get("id", "-")), "line": "-", "value": key},
        )
        for code, key in wrong
    ]
