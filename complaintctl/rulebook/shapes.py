"""Forms, layouts of old books and reports from their files."""

from pathlib import Path
from typing import Any

from ..domain.form import Column, Form
from ..domain.layout import Layout
from ..domain.policy import build, shape
from ..errors import BadRules, Fault
from .files import pick, read


def load_form(wanted: str, own: Path | None = None) -> Form:
    """A paper form by id, title or path. BadRules names every unknown or missing key."""
    path = pick("forms", wanted, own)
    text = read(path)
    columns = text.pop("column", [])
    keys = ("head", "field", "width")
    _check(path, (text, ("id", "title"), Form), *((c, keys, Column) for c in columns))
    return build(Form, {**text, "columns": [build(Column, c) for c in columns]})


def load_layout(wanted: str, own: Path | None = None) -> Layout:
    """A layout of old books by id, title or path."""
    path = pick("mappings", wanted, own)
    text = {"id": path.stem, **read(path)}
    _check(path, (text, ("id", "headings"), Layout))
    return Layout(**text)


def load_report(wanted: str, own: Path | None = None) -> dict[str, Any]:
    """A report: its titles, its figures and tables, each with a query over the ledger's views."""
    path = pick("reports", wanted, own)
    text = read(path)
    _check(path, (text, ("id", "zh", "en", "figures"), None))
    return text


def _check(path: Path, *parts: tuple[dict[str, Any], tuple[str, ...], Any]) -> None:
    """BadRules for what the parts of a file lack, and what their shapes do not know."""
    faults = []
    for text, wanted, of in parts:
        known = {"zh", *shape(of)} if of else text
        wrong = [("rules.unknown_key", key) for key in text if key not in known]
        wrong += [("rules.missing_key", key) for key in wanted if key not in text]
        where = {"path": path.name, "place": str(text.get("id", "-")), "line": "-"}
        faults += [Fault(code, {**where, "value": key}) for code, key in wrong]
    if faults:
        raise BadRules(faults=faults)
