"""Every sentence a user sees: one catalogue (JSON) per language, complete by test.

Values may be words of a vocabulary (they have ``zh`` and ``en``), faults (they have ``code`` and
``params``), spans, dates, lists of any of these. Nothing else in the program holds a sentence.
"""

import datetime as dt
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")


@cache
def catalogue(lang: str) -> dict[str, str]:
    """All sentences of a language by key."""
    return dict(json.loads(Path(__file__).with_name(f"{lang}.json").read_bytes()))


def say(lang: str, key: str, /, **params: object) -> str:
    """The sentence of a key with its values put in; more may be given than it has slots for."""
    sentence = catalogue(lang).get(key, key)
    return sentence.format_map({k: put(lang, v) for k, v in params.items() if "{" + k in sentence})


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
    if isinstance(value, list | tuple):
        joint = "、" if lang == "zh" else ", "
        return joint.join(put(lang, v) for v in value) or catalogue(lang)["none"]
    if hasattr(value, "unit") and hasattr(value, "n"):
        return catalogue(lang)[f"span.{value.unit}"].format(n=value.n)
    return "" if value is None else str(value)


def language(wanted: str | None) -> str:
    """The language asked for, else the locale's: Chinese for ``zh*``, English otherwise."""
    wanted = wanted or next(filter(None, map(os.getenv, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if not wanted and sys.platform == "win32":
        from ctypes import windll

        primary = windll.kernel32.GetUserDefaultUILanguage() & 0x3FF
        wanted = "zh" if primary == 0x04 else "en"
    return "zh" if wanted.lower().startswith("zh") else "en"
