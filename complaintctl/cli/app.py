"""The command line: finds the command asked for, runs it, turns every trouble into a sentence and a
code.

Only the module of the command asked for is imported, so that the daily commands start fast.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from .. import __version__, clock
from ..errors import Fault, LedgerTrouble, Trouble, Usage
from ..texts import catalogue, language, say
from .desk import Desk

CASES, READING, BOOKS, RULES = "cases", "reading", "books", "rules"
COMMANDS = {
    "init": BOOKS, "log": CASES, "assign": CASES, "update": CASES, "amend": CASES, "close": CASES,
    "reopen": CASES, "show": READING, "explain": READING, "list": READING, "search": READING,
    "due": READING, "report": READING, "export": BOOKS, "import": BOOKS, "undo": CASES,
    "verify": BOOKS, "policy": RULES, "form": RULES, "calendar": RULES, "duty": RULES,
}  # fmt: skip
GROUPS = {"policy", "form", "calendar", "duty"}
GLOBAL = {"--ledger": True, "--by": True, "--lang": True, "--rules": True, "--json": False}
UsageError: Any = typer.BadParameter.__mro__[1]  # Click's class, wherever Typer keeps its Click


class Command(TyperCommand):
    def get_help(self, ctx: Any) -> str:
        return _translated(super().get_help(ctx), ctx)


class Group(TyperGroup):
    def get_help(self, ctx: Any) -> str:
        return _translated(super().get_help(ctx), ctx)


def _translated(text: str, ctx: Any) -> str:
    """Click's own headings in the user's language."""
    for word in ("Usage:", "Arguments:", "Options:", "Commands:", "Show this message and exit."):
        text = text.replace(word, say(ctx.obj.lang, f"click.{word}"))
    return text


def main(argv: Sequence[str] | None = None, now: Callable[[], Any] = clock.now) -> int:
    """Runs one command line and returns its exit code; the only way out of the program."""
    front, words, asked = hoisted(sys.argv[1:] if argv is None else argv)
    desk = Desk(language(asked.get("--lang") or os.environ.get("COMPLAINTCTL_LANG")), now)
    desk.json = "--json" in asked
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return run(front, words, desk)
    except Trouble as trouble:
        return desk.refuse(trouble)
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
            return 0
        return desk.refuse(Usage(faults=[_explained(error)]))
    except UnicodeEncodeError:
        return desk.refuse(Usage("usage.not_text"))  # bytes of another encoding in an argument
    except KeyboardInterrupt:
        desk.note("interrupted")
        return 130
    except BrokenPipeError:
        # The reader has gone (| head); what was written to the ledger stays written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return desk.refuse(LedgerTrouble("output.full"))
        if os.environ.get("COMPLAINTCTL_DEBUG"):
            raise
        return desk.refuse(Trouble("bug", kind=type(error).__name__, place=_place(error)))


def run(front: list[str], words: list[str], desk: Desk) -> int:
    """Builds the parser for these words and runs them."""
    if hasattr(signal, "SIGTERM"):
        try:
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        except ValueError:
            pass  # not the main thread: the caller has its own handling
    first = words[0] if words else ""
    known = [first] if first in COMMANDS else list(COMMANDS) if first else []
    command = build(known, desk.lang)
    try:
        # Not command.main(): Typer's would turn a broken pipe and Ctrl-C into codes of its own.
        with command.make_context("complaintctl", [*front, *words], obj=desk) as context:
            code = command.invoke(context)
    except typer.Exit as done:
        code = done.exit_code
    sys.stdout.flush()
    return code if isinstance(code, int) else 0


def build(names: Sequence[str], lang: str) -> Any:
    """The parser with these commands; help texts from the catalogue of a language."""
    app = typer.Typer(
        cls=Group, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False,
        invoke_without_command=True, no_args_is_help=False,
    )  # fmt: skip
    app.callback()(_front)
    for name in names:
        module = import_module(f".{COMMANDS[name]}", __package__)
        if name in GROUPS:
            inner = typer.Typer(cls=Group, rich_markup_mode=None, no_args_is_help=True)
            for verb, function in module.GROUPS[name].items():
                inner.command(verb, cls=Command)(function)
            app.add_typer(inner, name=name)
        else:
            app.command(name, cls=Command)(getattr(module, name.rstrip("_") + "_"))
    if len(names) == 1 and names[0] not in GROUPS:
        app.command("due-", hidden=True, cls=Command)(
            _nothing
        )  # one command alone would lose its name
    command = typer.main.get_command(app)
    _describe(command, lang, "help")
    return command


def _nothing() -> None: ...


def _describe(command: Any, lang: str, key: str) -> None:
    """Puts the catalogue's words on a command, its parameters and its sub-commands."""
    command.help = say(lang, key)
    for param in command.params:
        param.secondary_opts = []  # a switch needs no --no- twin
        if param.name != "help":
            param.help = say(lang, _help_key(key, param.name.rstrip("_"), catalogue(lang)))
    for name, inner in getattr(command, "commands", {}).items():
        if name != "due-":
            _describe(inner, lang, f"{key}.{name}")


def _help_key(key: str, name: str, known: dict[str, str]) -> str:
    """The help of a parameter: its command's own, else the one all commands share."""
    own = f"param{key.removeprefix('help')}.{name}"
    return f"option.{name}" if key == "help" else own if own in known else f"param.{name}"


def _front(
    ctx: typer.Context,
    ledger: Annotated[
        str | None, typer.Option(envvar="COMPLAINTCTL_LEDGER", show_envvar=False)
    ] = None,
    by: Annotated[str | None, typer.Option(envvar="COMPLAINTCTL_BY", show_envvar=False)] = None,
    lang: Annotated[str | None, typer.Option(envvar="COMPLAINTCTL_LANG", show_envvar=False)] = None,
    rules: Annotated[
        str | None, typer.Option(envvar="COMPLAINTCTL_RULES", show_envvar=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", show_default=False)] = False,
    version: Annotated[bool, typer.Option("--version", show_default=False)] = False,
) -> None:
    desk: Desk = ctx.obj
    desk.ledger = Path(ledger) if ledger else None
    desk.by, desk.own, desk.json = by or "", Path(rules) if rules else None, json
    if version:
        print(f"complaintctl {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        import_module(f".{READING}", __package__).due_(ctx)


def hoisted(argv: Sequence[str]) -> tuple[list[str], list[str], dict[str, str]]:
    """The options of the whole program, wherever they stood; the other words; those options by
    name."""
    front: list[str] = []
    rest: list[str] = []
    asked: dict[str, str] = {}
    words = list(argv)
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
            break
        if name not in GLOBAL:
            # An ending of a number may be typed as it stands on paper: -007.
            bare = word[1:].isdigit() and not (rest and rest[-1].startswith("--"))
            rest.append(word.lstrip("-") if bare else word)
        elif not GLOBAL[name] or equals:
            front.append(word)
            asked[name] = value
        else:
            taken = words[:1]
            front += [word, *taken]
            asked[name] = "".join(taken)
            words = words[1:]
    return front, rest, asked


def _explained(error: Any) -> Fault:
    """What the parser refused, as a fault of ours."""
    import difflib

    name = type(error).__name__
    option = getattr(error, "option_name", "") or getattr(getattr(error, "param", None), "name", "")
    if name == "NoSuchOption":
        known = [o for p in error.ctx.command.params for o in p.opts] if error.ctx else []
        near = list(getattr(error, "possibilities", None) or ()) or known
        return Fault("usage.no_option", {"value": option, "nearest": near})
    message = error.format_message()
    if message.startswith("No such command"):
        given = message.split("'")[1] if "'" in message else message
        known = sorted(COMMANDS)
        near = difflib.get_close_matches(given, known, 3, 0.4)
        return Fault("usage.no_command", {"value": given, "nearest": near or known})
    if "unexpected extra argument" in message:
        return Fault("usage.extra", {"value": message.partition(" (")[2].removesuffix(")")})
    if "requires an argument" in message:
        return Fault("usage.no_value", {"value": option})
    if name == "MissingParameter":
        return Fault("usage.missing", {"value": option})
    names = getattr(getattr(error, "param", None), "opts", None) or [option or "-"]
    given = error.message.split("'")[1:2]  # what the parser quotes, if anything
    return Fault("usage.other", {"value": " ".join([names[0], *given])})


def _place(error: BaseException) -> str:
    """Where in the program a bug showed: module and line, no data."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).stem}:{trace.tb_lineno}" if trace else "-"
