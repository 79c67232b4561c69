"""README.md is true: every command in it is executed and its output compared, with a fixed clock.

``python tests/test_docs.py --write`` writes what the program says now into README.md. There, a
``console`` block is a terminal session; a comment before a block tells what no reader need know:

    <!-- run: fresh at="2026-11-20 14:10" -->    a new empty folder; the clock from here on
    <!-- file: our-rules/policies/ours.toml -->  the next ``toml`` or ``csv`` block is written to it
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from complaintctl import __version__
from complaintctl.cli.app import COMMANDS, build, main
from complaintctl.clock import TZ

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BOOKS = ("old-records.csv", "old-records.xlsx")
PART = re.compile(
    r"<!-- run: (?P<run>.*?) -->|<!-- file: (?P<file>.*?) -->\n+```(?:toml|csv)\n(?P<text>.*?)^```$"
    r"|(?<=^```console\n)(?P<session>.*?)(?=^```$)"
    r"|(?<=<!-- help:start -->\n)(?P<help>.*?)(?=<!-- help:end -->)",
    re.MULTILINE | re.DOTALL,
)
# What differs from run to run: salts make other anchors, batches end at random, years get added.
VARYING = (
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4,16}\b"), "BATCH"),
    (re.compile(r"\b(\d+):[0-9a-f]{16}\b"), r"\1:HASH"),
    (re.compile(r"\b20\d\d[—–]20\d\d\b"), "YEARS"),
)


@dataclass
class Terminal:
    """A terminal in a folder of its own: runs the lines of a session."""

    scratch: Path
    folder: Path = field(init=False)
    now: dt.datetime = dt.datetime(2026, 11, 20, 14, 10, tzinfo=TZ)
    code: int = 0
    count: int = 0

    def __post_init__(self) -> None:
        self.direct("fresh")

    def direct(self, words: str) -> None:
        """Obeys a ``run:`` comment."""
        for word in shlex.split(words):
            name, _, value = word.partition("=")
            if name == "at":
                self.now = dt.datetime.fromisoformat(value).replace(tzinfo=TZ)
            elif name == "fresh":
                self._fresh()
            else:
                raise ValueError(f"unknown word in a run comment: {word}")

    def _fresh(self) -> None:
        self.count += 1
        self.folder = self.scratch / str(self.count)
        self.folder.mkdir()
        for book in BOOKS:
            shutil.copy(ROOT / "examples" / book, self.folder)
        for name in [n for n in os.environ if n.startswith("COMPLAINTCTL_")]:
            del os.environ[name]
        os.environ["COMPLAINTCTL_DEBUG"] = "1"
        os.chdir(self.folder)

    def play(self, session: str) -> str:
        """The session as it reads when its commands are run now."""
        shown = []
        for command in re.findall(r"^\$ .*(?:\n> .*)*\n", session, re.MULTILINE):
            typed = command.removeprefix("$ ").replace("\\\n> ", " ")
            shown += [command, self.run(shlex.split(typed))]
        return "".join(shown)

    def run(self, words: list[str]) -> str:
        """One command line: what it prints, on either stream."""
        match words:
            case [*first, "|", "grep", "-A", count, word]:
                lines = self.run(first).splitlines(keepends=True)
                start = next((n for n, line in enumerate(lines) if word in line), len(lines))
                return "".join(lines[start : start + 1 + int(count)])
            case ["export", *pairs]:
                os.environ |= {name: value for name, _, value in (p.partition("=") for p in pairs)}
                return ""
            case ["echo", "$?"]:
                return f"{self.code}\n"
            case ["ls", name]:
                return "".join(f"{path.name}\n" for path in sorted((self.folder / name).iterdir()))
            case ["mkdir", name]:
                (self.folder / name).mkdir()
                return ""
            case ["complaintctl", *words]:
                return self._complaintctl(words)
        raise ValueError(f"the README uses a command this test does not know: {words}")

    def _complaintctl(self, words: list[str]) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            self.code = main(words, now=lambda: self.now)
        return said.getvalue()


@contextlib.contextmanager
def terminal() -> Iterator[Terminal]:
    """A terminal whose environment and folder are given back afterwards."""
    before, here = dict(os.environ), Path.cwd()
    with tempfile.TemporaryDirectory() as scratch:
        try:
            for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
                os.environ.pop(name, None)
            os.environ["COLUMNS"] = "80"
            yield Terminal(Path(scratch))
        finally:
            os.chdir(here)
            os.environ.clear()
            os.environ.update(before)


def rendered(text: str) -> str:
    """The README as it should read: sessions played, the help written anew."""

    def part(found: re.Match[str]) -> str:
        whole = found[0]
        if found["run"] is not None:
            screen.direct(found["run"])
        elif found["file"] is not None:
            path = screen.folder / found["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found["text"], encoding="utf-8")
        elif found["session"] is not None:
            whole = screen.play(found["session"])
        else:
            whole = f"```text\n{overview()}```\n"
        # What only varies from run to run stays as it was, so that a rewrite shows real changes.
        return found[0] if fixed(whole) == fixed(found[0]) else whole

    with terminal() as screen:
        return PART.sub(part, text)


def fixed(text: str) -> str:
    """A text without what differs from run to run."""
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text


def overview() -> str:
    """Every command with its arguments, options and sentence of help, from the program itself."""
    whole = build(list(COMMANDS), "en")
    lines = [f"complaintctl [OPTIONS] COMMAND …   {' '.join(_options(whole))}", ""]
    for name, command in whole.commands.items():
        verbs = getattr(command, "commands", {"": command})
        for verb, inner in verbs.items():
            lines += _entry(f"{name} {verb}".strip(), inner)
    return "\n".join(lines) + "\n"


def _entry(name: str, command: Any) -> list[str]:
    words = [p for p in command.params if p.param_type_name == "argument"]
    arguments = [f"[{p.name.upper()}]" if p.default is None else p.name.upper() for p in words]
    usage = " ".join([name, *arguments, *(f"[{o}]" for o in _options(command))])
    return [*_wrapped(usage, 96), f"    {command.help}"]


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width, subsequent_indent="        ", break_on_hyphens=False)


def _options(command: Any) -> list[str]:
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    return [p.opts[0] + ("" if p.is_flag else f" {p.name.rstrip('_').upper()}") for p in options]


@pytest.fixture(scope="module")
def readme() -> str:
    return README.read_text(encoding="utf-8")


def test_readme_shows_what_the_program_says(readme: str) -> None:
    assert fixed(rendered(readme)) == fixed(readme), "run: python tests/test_docs.py --write"


def test_readme_names_every_command_and_exit_code(readme: str) -> None:
    assert not [name for name in COMMANDS if f"\n{name} " not in readme]
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130):
        assert re.search(rf"^\| {code}\b", readme, re.MULTILINE), code


def test_readme_names_files_that_exist(readme: str) -> None:
    named = set(re.findall(r"`((?:complaintctl|examples|tests)/[\w/.-]+)`", readme))
    assert len(named) > 10
    assert not [name for name in named if not (ROOT / name).exists()]


def test_readme_sessions_play_in_both_languages(readme: str) -> None:
    sessions = [found["session"] for found in PART.finditer(readme) if found["session"]]
    assert len(sessions) >= 8
    assert any("已登记" in s for s in sessions)
    assert any("Registered" in s for s in sessions)


def test_a_wrong_output_is_seen() -> None:
    page = "```console\n$ complaintctl --version\ncomplaintctl {}\n```\n"
    assert rendered(page.format(9)) == page.format(__version__)


def test_changelog_has_this_version() -> None:
    assert f"\n## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_scripts_are_plain_sh() -> None:
    """Every script parses, so that a typing slip is not found on a station's machine."""
    shell = shutil.which("sh")
    if not shell:
        pytest.skip("no sh here")
    for script in (*(ROOT / "examples").glob("*.sh"), ROOT / "tests" / "run.sh"):
        done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python tests/test_docs.py --write")
    old = README.read_text(encoding="utf-8")
    new = rendered(old)
    README.write_text(new, encoding="utf-8", newline="\n")
    print("README.md rewritten" if new != old else "README.md was true already")
