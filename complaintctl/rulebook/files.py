"""Finds and reads the data files: policies, forms, mappings, reports. The one reader for all.

An office's own folder overlays the packaged files by id: ``OWN/policies/mine.toml`` and so on.
"""

import tomllib
from pathlib import Path
from typing import Any

from ..domain.vocabulary import Named, candidates, nearest
from ..errors import BadRules, NotFound

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
        raise NotFound(f"{kind}.unknown", value=wanted, nearest=match or nearest(words, wanted))
    return files[match[0].id]
