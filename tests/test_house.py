"""The house in order: sizes, sentences, who may read the clock, what the daily commands load, what the wheel holds."""

from __future__ import annotations

import ast
import json
import os
import re
import string
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import Runner

from complaintctl.cli.app import COMMANDS, build
from complaintctl.cli.desk import Desk
from complaintctl.clock import now
from complaintctl.rulebook import files
from complaintctl.rulebook.check import sound
from complaintctl.texts import catalogue

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "complaintctl"
MODULES = sorted(HOUSE.rglob("*.py"))
LANGUAGES = ("zh", "en")
LIGHT = ["rich", "pydantic", "sqlite_utils", "openpyxl", "holidays", "importlib.metadata"]


def name(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


# ---- sizes ----


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_is_long_and_no_line_is_wide(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= 300
    assert [n for n, line in enumerate(lines, 1) if len(line) > 100] == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_function_body_is_over_forty_lines(path: Path) -> None:
    long = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            told = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
            body = node.body[1:] if told and len(node.body) > 1 else node.body
            size = (body[-1].end_lineno or 0) - body[0].lineno + 1
            if size > 40:
                long.append((node.name, size))
    assert long == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    if path.read_text("utf-8").strip():
        told = ast.get_docstring(tree(path))
        assert told
        assert len(told.splitlines()) <= 8


def code_lines(path: Path) -> int:
    """Lines of code: what is neither blank, nor a comment, nor a docstring."""
    told: set[int] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            told.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(path.read_text("utf-8").splitlines(), 1)
    return sum(bool(line.strip()) and not line.strip().startswith("#") and n not in told for n, line in lines)


def test_the_whole_stays_small() -> None:
    """An afternoon's reading: who adds lines of code takes others away. 4,500, and 68 of SQL in texts."""
    assert sum(map(code_lines, MODULES)) <= 4_568


# ---- sentences ----


def slots(sentence: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field}


def test_both_languages_say_the_same_things() -> None:
    zh, en = catalogue("zh"), catalogue("en")
    assert set(zh) == set(en)
    assert [key for key in zh if not zh[key].strip() or not en[key].strip()] == []
    # English may repeat or leave out a weekday's number, never a value at fault.
    assert [key for key in zh if key.startswith(("error.", "said.", "import.")) and slots(zh[key]) != slots(en[key])] == []


def literal_codes() -> set[str]:
    """Every text key that stands in the source as a whole literal, and every code of a fault."""
    found = set()
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if not node.args or not isinstance(node.args[0], ast.Constant) or not isinstance(node.args[0].value, str):
                continue
            word = node.args[0].value
            if function in ("text", "say", "note"):
                found.add(word)
            elif function in ("Fault", "_refused", "Trouble", "Usage", "NotFound", "Refused", "BadData",
                              "BadRules", "LedgerTrouble", "VerifyFailed", "Overdue", "faulty"):  # fmt: skip
                found.add(f"error.{word}")
    return found


def test_every_sentence_the_source_asks_for_exists() -> None:
    known = catalogue("zh")
    lacking = [key for key in literal_codes() if key not in known and key.removeprefix("error.") not in known]
    assert lacking == []
    assert len(literal_codes()) > 100


def test_every_error_is_a_cause_and_a_remedy() -> None:
    for lang, stop in (("zh", "。"), ("en", ".")):
        for key, sentence in catalogue(lang).items():
            if key.startswith("error."):
                bare = re.sub(r"\.toml|\.xlsx?|\.et|…|\d\.\d", "", re.sub(r"\{.*?\}", "X", sentence))
                parts = [p for p in re.split("[。；：]" if lang == "zh" else r"[.;:](?:\s|$)", bare) if p.strip()]
                assert len(parts) >= 2, (lang, key, sentence)
                assert sentence.rstrip("… ").endswith((stop, "…", "”")) or sentence.endswith("…"), (lang, key, sentence)


def commands() -> list[tuple[str, Any]]:
    """Every command and verb with its parser, English."""
    found = []
    for each in COMMANDS:
        front = build([each], "en")
        inner = front.commands[each]
        found += [(each, inner), *((f"{each}.{verb}", c) for verb, c in getattr(inner, "commands", {}).items())]
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_command_and_parameter_has_its_help(lang: str) -> None:
    known = catalogue(lang)
    assert "help" in known
    for path, command in commands():
        assert f"help.{path}" in known
        for param in command.params:
            if param.name != "help":
                assert f"param.{param.name.rstrip('_')}" in known, (path, param.name)
    for param in build(["due"], lang).params:
        if param.name != "help":
            assert f"option.{param.name}" in known, param.name


def test_every_kind_of_thing_the_rules_name_can_be_shown() -> None:
    known = catalogue("zh")
    for state in ("running", "met", "late", "overdue", "void"):
        assert f"state.{state}" in known
    for why in ("work", "rest", "off", "makeup", "receipt"):
        assert f"why.{why}" in known
    for unit in ("minute", "hour", "day", "workday", "week", "month", "same day", "promptly"):
        assert f"span.{unit}" in known


def test_every_vocabulary_word_has_both_labels() -> None:
    for policy in files.found("policies"):
        rules = sound(policy)
        for terms in rules.vocabulary.values():
            assert [t.id for t in terms.values() if not (t.zh and t.en)] == [], policy
        for words in (rules.fields, rules.steps):
            assert [w.id for w in words.values() if not (w.zh and w.en)] == [], policy


def test_no_sentence_stands_in_the_source() -> None:
    """Chinese sentences belong to the catalogues; single words and paper's own wording may stand."""
    spoken = []
    for path in MODULES:
        if path.parent.name in ("cli", "ledger", "rulebook"):
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search("[一-龥].*[。？！]", node.value):
                    spoken.append((name(path), node.value))
    assert spoken == []


# ---- walls beyond import-linter's ----


@pytest.mark.parametrize("path", [p for p in MODULES if name(p) != "clock.py"], ids=name)
def test_only_the_clock_reads_the_time(path: Path) -> None:
    readers = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            if node.func.attr in ("now", "today", "utcnow") and owner in ("dt.datetime", "dt.date", "datetime", "date"):
                readers.append(node.lineno)
            if owner == "time" and node.func.attr in ("time", "localtime", "time_ns", "gmtime"):
                readers.append(node.lineno)
    assert readers == []


def test_the_clock_is_beijing_time_to_the_second() -> None:
    found = now()
    assert found.isoformat().endswith("+08:00")
    assert found.microsecond == 0


def test_no_regime_is_known_by_name() -> None:
    """A regime is data. Only the front desk and the founding may name the default ones."""
    ids = set(files.found("policies")) - {"base"}
    named = []
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Compare | ast.Match | ast.If):
                inner = node.test if isinstance(node, ast.If) else node
                for part in ast.walk(inner):
                    if isinstance(part, ast.Constant) and part.value in ids:
                        named.append((name(path), part.lineno, part.value))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in ids - {"station"}:
                named.append((name(path), node.lineno, node.value))
    # ``station`` is also a table and a column of the ledger.
    assert [n for n in named if n[2] != "station" or n[0].startswith(("domain", "rulebook"))] == []


def test_no_limit_penalty_or_gate_is_known_by_name() -> None:
    for path in MODULES:
        text = path.read_text("utf-8")
        found = [
            node.value for node in ast.walk(tree(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[LPGD]\d\d-\d+", node.value)
        ]  # fmt: skip
        assert found == [], (name(path), text[:0])


@pytest.mark.parametrize("module", ["typer", "rich", "click"])
def test_only_the_front_desk_knows_the_terminal(module: str) -> None:
    for path in MODULES:
        if path.parent.name != "cli":
            for node in ast.walk(tree(path)):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                assert not [n for n in names if n.split(".")[0] == module], name(path)


# ---- starting fast ----


@pytest.mark.parametrize(
    "args",
    [("log", "电压低", "--channel", "电话", "--phone", "13800138000"), ("show", "001"), ("due",), ("--help",), ("log", "--help"),
     ("assign", "001", "赵强"), ("update", "001", "已联系"), ("due", "--json")],
    ids=" ".join,
)  # fmt: skip
def test_the_daily_commands_load_nothing_heavy(args: tuple[str, ...], run: Runner) -> None:
    run.log("已有一件", "--phone", "13800138000")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "complaintctl", "--ledger", str(run.ledger), "--lang", "zh", *args],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "complaintctl.cli.app" in loaded
    assert [m for m in sorted(loaded) for heavy in LIGHT if m == heavy or m.startswith(heavy + ".")] == []


# ---- what is delivered ----


def data_files() -> set[str]:
    kept = {".toml", ".json", ".sql", ".csv"}
    return {p.relative_to(ROOT).as_posix() for p in HOUSE.rglob("*") if p.suffix in kept}


def test_every_data_file_lies_inside_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["complaintctl"]
    found = data_files()
    for kind in ("policies/station.toml", "policies/base.toml", "forms/f01.toml", "forms/f03.toml", "mappings/books.toml",
                 "reports/summary.toml"):  # fmt: skip
        assert f"complaintctl/rulebook/{kind}" in found
    assert {"complaintctl/texts/zh.json", "complaintctl/texts/en.json"} <= found


def test_the_wheel_holds_every_data_file(tmp_path: Path) -> None:
    script = f"import hatchling.build as b; print(b.build_wheel({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = set(wheel.namelist())
    assert data_files() <= held
    assert {p.relative_to(ROOT).as_posix() for p in MODULES} <= held
    assert not [n for n in held if n.startswith(("tests/", "examples/"))]


def test_typer_is_capped_with_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert '"typer>=0.26,<0.29"' in text
    assert text[: text.index('"typer>=')].rstrip().splitlines()[-1].lstrip().startswith("#")


def test_the_catalogues_are_plain_json() -> None:
    for lang in LANGUAGES:
        pairs = json.loads((HOUSE / "texts" / f"{lang}.json").read_text("utf-8"), object_pairs_hook=list)
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys))
        assert Desk(lang, now).text("nothing")
