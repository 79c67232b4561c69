"""Finds and reads the data files: policies, forms, mappings, reports. The one reader for all; and
whether what they hold is of the right shape.

An office's own folder overlays the packaged files by id: ``OWN/policies/mine.toml`` and so on.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ..domain.conditions import Scalar, Table
from ..domain.form import Column, Form, Layout
from ..domain.vocabulary import Named, candidates, nearest
from ..errors import BadRules, Fault, NotFound

PACKAGED = Path(__file__).parent
Wrong = Iterator[tuple[str, str, object]]  # the key, the code of its fault, the value at fault
TABLES = list[dict[str, object]]  # what is in them is examined by itself
TITLED: dict[str, Any] = dict.fromkeys(("id", "zh", "en"), str)
REPORT = {**TITLED, "figures": list[str], "figure": TABLES, "table": TABLES}
TABLE = {**TITLED, "vocabulary": str, "sql": str}
QUERY = re.compile(r"(\s|--.*\n)*(select|with)\b", re.IGNORECASE)
BOUNDS = {  # the least and the most of what is a number
    **{"times": (1, 120), "attempts": (1, 999), "amount": (0, 1e9), "points": (-1e6, 1e6)},
    **{"multiplier": (0.001, 1e6), "share": (0, 1), "rank": (0, 9), "width": (0.1, 255)},
    **{"rows_per_page": (1, 999), "row_height": (1, 409)},
}
HUGE = 10**15  # from which on neither Excel nor a float is exact


def found(kind: str, own: Path | None = None) -> dict[str, Path]:
    """The files of a kind (``policies``, ``forms``, ``mappings``, ``reports``) by id, sorted."""
    if own and not own.is_dir():
        raise NotFound("rules.no_folder", path=own)
    paths = {p.stem: p for root in (PACKAGED, own) if root for p in (root / kind).glob("*.toml")}
    return dict(sorted(paths.items()))


def read(path: Path) -> dict[str, Any]:
    """One data file as a dictionary. BadRules names the line of a syntax error."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise NotFound("file.missing", path=path) from None
    except OSError:
        raise BadRules("rules.unreadable", path=path, detail="") from None
    except (ValueError, RecursionError) as error:  # also what is no UTF-8, nested too deep
        raise BadRules("rules.syntax", path=path.name, detail=str(error)) from None


def titles(kind: str, own: Path | None = None) -> dict[Named, dict[str, Any]]:
    """Every file of a kind by its titles, its id where it has none: words that can be typed."""
    texts = {id_: read(path) for id_, path in found(kind, own).items()}
    return {
        Named(id_, str(t.get("zh") or t.get("title") or id_), str(t.get("en") or id_)): t
        for id_, t in texts.items()
    }


def pick(kind: str, wanted: str, own: Path | None = None) -> Path:
    """The file a person means by an id, a title or a clear beginning; or a path of her own."""
    if wanted.endswith(".toml"):
        path = Path(wanted)
        if path.is_file():
            return path
        raise NotFound("file.missing", path=path)
    files = found(kind, own)
    if wanted in files:
        return files[wanted]
    words = titles(kind, own)
    match = candidates(words, wanted)
    if len(match) != 1:
        shown = match or nearest(words, wanted)
        near = [Named(w.id, f"{w.zh}（{w.id}）", f"{w.en} ({w.id})") for w in shown]
        code = "rules.ambiguous" if match else f"{kind}.unknown"
        raise NotFound(code, value=wanted, nearest=near)
    return files[match[0].id]


def load_form(wanted: str, own: Path | None = None) -> Form:
    """A paper form by id, title or path. BadRules names all that is wrong with its shape."""
    path = pick("forms", wanted, own)
    text = read(path)
    hints, hinted = {**get_type_hints(Form), "column": TABLES}, get_type_hints(Column)
    keys = ("head", "field", "width")
    columns = (examined(c, hinted, keys, "column ") for c in tables(text.get("column")))
    refuse(path.name, examined(text, hints, ("id", "title", "column")), *columns)
    return Form(**{**text, "columns": [Column(**column) for column in text["column"]]})


def load_layout(wanted: str, own: Path | None = None) -> Layout:
    """A layout of old books by id, title or path."""
    path = pick("mappings", wanted, own)
    text = {"id": path.stem, **read(path)}
    refuse(path.name, examined(text, get_type_hints(Layout), ("id", "headings")))
    return Layout(**text)


def load_report(wanted: str, own: Path | None = None) -> dict[str, Any]:
    """A report: its titles, its figures and tables, each with a query over the ledger's views."""
    path = pick("reports", wanted, own)
    text = read(path)
    figures, asked = tables(text.get("figure")), tables(text.get("table"))
    parts = [examined(f, TITLED, TITLED, "figure ") for f in figures]
    parts += [examined(t, TABLE, (*TITLED, "sql"), "table ") for t in asked]
    refuse(path.name, examined(text, REPORT, (*TITLED, *({"figures"} - text.keys()))), *parts)
    for sql in (*text["figures"], *(table["sql"] for table in asked)):
        if not QUERY.match(sql):
            raise BadRules("rules.query", path=text["id"], detail=sql)
    return text


def tables(items: Any) -> list[dict[str, Any]]:
    """The tables of what should be a list of them."""
    return [i for i in items if isinstance(i, dict)] if isinstance(items, list) else []


def refuse(name: str, *parts: Iterable[tuple[str, str, object]]) -> None:
    """BadRules for all that is wrong with the parts of a file that has no lines to tell."""
    about, wrong = {"path": name, "line": "-"}, chain(*parts)
    faults = [Fault(f"rules.{c}", {**about, "place": key, "value": v}) for key, c, v in wrong]
    if faults:
        raise BadRules(faults=faults)


def examined(table: Table, hints: Table, wanted: Iterable[str], place: str = "") -> Wrong:
    """Keys that are unknown or missing, and values that are of a wrong type or out of bounds."""
    yield from ((place + key, "unknown_key", key) for key in table if key not in hints)
    yield from ((place + k, "missing_key", k) for k in wanted if table.get(k) in ("", None, []))
    for key, value in table.items():
        wrong = misfits(value, hints.get(key, object))
        code = "unknown_name" if get_origin(hints.get(key)) is Literal else "wrong_type"
        yield from ((place + key, code, each) for each in wrong)
        if key in BOUNDS and not wrong:
            least, most = BOUNDS[key]
            numbers = (n for n in leaves(value) if isinstance(n, int | float))
            yield from ((place + key, "bad_value", n) for n in numbers if not least <= n <= most)


def misfits(value: Any, hint: Any) -> list[Any]:
    """The parts of a value that are not as a type hint says: ``Any`` is what a ledger can hold,
    ``object`` all; a tuple may be a lone value; no bool is a number."""
    if hint is Any:
        hint = Scalar | list[Any] | dict[str, Any]
    kind, inner = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        found = (misfits(value, each) for each in inner)
        return min(found, key=lambda wrong: (wrong == [value], len(wrong)))
    if kind in (dict, Mapping) and isinstance(value, dict):
        return [m for k, v in value.items() for m in misfits(k, inner[0]) + misfits(v, inner[1])]
    if kind is tuple or (kind in (list, Sequence) and isinstance(value, list)):
        return [m for v in listed(value) for m in misfits(v, inner[0])]
    if kind is Literal:
        return [] if value in inner else [value]
    fits = type(value) in ((int, float) if hint is float else (hint,))
    plain = isinstance(value, str) or (fits and -HUGE < value < HUGE)  # no nan is
    return [] if hint is object or (fits and plain) else [value]


def listed(value: Any) -> list[Any]:
    """A value that may be a list, or be lacking, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def leaves(value: Any) -> list[Any]:
    """The plain values in a value that may be a table or a list of others."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [leaf for each in inner for leaf in leaves(each)]
    return [value]
