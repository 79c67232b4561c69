"""Every sentence a user sees, in every language: one catalogue (JSON) per language, complete by
test.

Values may be words of a vocabulary (they have ``zh`` and ``en``), faults (they have ``code`` and
``params``), dates, lists of any of these. Nothing else in the program holds a sentence.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
LANGUAGES = ("zh", "en")
_read: dict[str, dict[str, str]] = {}


def catalogue(lang: str) -> dict[str, str]:
    """All sentences of a language by key."""
    if lang not in _read:
        _read[lang] = json.loads((FOLDER / f"{lang}.json").read_text(encoding="utf-8"))
    return _read[lang]


def say(lang: str, key: str, /, **params: object) -> str:
    """The sentence of a key with its values put in."""
    sentence = catalogue(lang).get(key)
    if sentence is None:
        return f"{key} {' '.join(put(lang, v) for v in params.values())}".strip()
    return sentence.format_map({name: put(lang, value) for name, value in params.items()})


def put(lang: str, value: Any) -> str:
    """One value as people read it."""
    if hasattr(value, "code") and hasattr(value, "params"):
        key = f"error.{value.code}"
        return say(lang, key if key in catalogue(lang) else value.code, **value.params)
    if hasattr(value, "zh") and hasattr(value, "en"):
        return str(getattr(value, lang) or value.zh)
    if isinstance(value, bool):
        return catalogue(lang)["yes" if value else "no"]
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        shown = [put(lang, v) for v in value]
        return ("、" if lang == "zh" else ", ").join(shown) or catalogue(lang)["none"]
    if hasattr(value, "unit") and hasattr(value, "n"):
        return catalogue(lang)[f"span.{value.unit}"].format(n=value.n)
    return str(value)


def language(wanted: str | None, environment: dict[str, str] | None = None) -> str:
    """The language asked for, else the locale's: Chinese for ``zh*``, English otherwise."""
    if wanted:
        return "zh" if wanted.lower().startswith("zh") else "en"
    known = os.environ if environment is None else environment
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if known.get(name):
            return "zh" if known[name].lower().startswith("zh") else "en"
    return "zh" if os.name == "nt" and _windows_is_chinese() else "en"


def _windows_is_chinese() -> bool:
    import ctypes

    loader: Any = getattr(ctypes, "windll", None)
    return bool(loader) and loader.kernel32.GetUserDefaultUILanguage() & 0x3FF == 0x04
