"""Finds and reads the data files: policies, forms, mappings, reports. The one reader for all.

An office's own folder overlays the packaged files by id: ``OWN/policies/mine.toml`` and so on.
"""

import tomllib
from pathlib import Path
from typing import Any

from ..domain.form import Column, Form
from ..domain.layout import Layout
from ..domain.policy import build, shape
from ..domain.vocabulary import Named, candidates, nearest
from ..errors import BadRules, Fault, NotFound

PACKAGED = Path(__file__).parent


def found(kind: str, own: Path | None = None) -> dict[str, Path]:
    """The files of a kind (``policies``, ``forms``, ``mappings``, ``reports``) by id, sorted."""
    if own and not own.is_dir():
        raise NotFound("rules.no_folder", path=own)
    folders = [PACKAGED / kind, *([own / kind] if own else [])]
    paths = {path.stem: path for folder in folders for path in folder.glob("*.toml")}
    return dict(sorted(paths.items()))


def read(path: Path) -> dict[str, Any]:
    """One data file as a dictionary. BadRules names the line of a syntax error."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound("file.missing", path=path) from None
    except OSError:
        raise BadRules("rules.unreadable", path=path, detail="") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadRules("rules.syntax", path=path.name, detail=str(error)) from None


def titles(kind: str, own: Path | None = None) -> list[Named]:
    """Every file of a kind with its titles, as words that can be typed."""
    return [titled(id_, read(path)) for id_, path in found(kind, own).items()]


def titled(id_: str, text: dict[str, Any]) -> Named:
    """A file's titles; its id where it has none."""
    zh = text.get("zh") or text.get("title") or id_
    return Named(id_, str(zh), str(text.get("en") or id_))


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
