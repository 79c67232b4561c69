"""The command line: finds the command asked for, runs it, turns trouble into sentences and codes.

Only the module of the command asked for is imported, so that the daily commands start fast.
"""

from __future__ import annotations

import errno
import inspect
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from .. import __version__, clock
from ..errors import Fault, LedgerTrouble, Trouble, Usage
from ..texts import catalogue, language
from .desk import Desk, need
from .options import Flag

CASES, READING, BOOKS, RULES = "cases", "reading", "books", "rules"
COMMANDS = {
    "init": BOOKS, "log": CASES, "assign": CASES, "update": CASES, "amend": CASES, "close": CASES,
    "reopen": CASES, "show": READING, "explain": READING, "list": READING, "search": READING,
    "due": READING, "report": READING, "export": BOOKS, "import": BOOKS, "undo": CASES,
    "verify": BOOKS, "policy": RULES, "form": RULES, "calendar": RULES, "duty": RULES,
}  # fmt: skip
VALUED = ("--ledger", "--by", "--lang", "--rules")  # options of the whole program that take a value
UsageError: Any = typer.BadParameter.__mro__[1]  # Click's class, wherever Typer keeps its Click


def main(argv: Sequence[str] | None = None, now: Callable[[], Any] = clock.now) -> int:
    """Runs one command line and returns its exit code; the only way out of the program."""
    asked, words = hoisted(sys.argv[1:] if argv is None else argv)
    lang = asked.get("--lang", "").partition("=")[2] or os.environ.get("COMPLAINTCTL_LANG")
    desk = Desk(language(lang), now, json="--json" in asked)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with desk.closing:
            return run([*asked.values(), *words], words, desk)
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


def run(argv: list[str], words: list[str], desk: Desk) -> int:
    """Builds the parser for a command line, of which ``words`` are its own, and runs it."""
    with suppress(ValueError):  # outside the main thread the caller has its own handling
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    first = next((word for word in words if word != "--"), "")
    command = build([first] if first in COMMANDS else [], desk.lang)
    code = 0
    try:
        # Not command.main(): Typer's would turn a broken pipe and Ctrl-C into codes of its own.
        with command.make_context("complaintctl", argv, obj=desk) as context:
            command.invoke(context)
    except typer.Exit as done:
        code = done.exit_code
    sys.stdout.flush()
    return code


def build(names: Sequence[str], lang: str) -> Any:
    """The parser with these commands, the others by name only; help texts of a language."""
    app = typer.Typer(rich_markup_mode=None, add_completion=False, invoke_without_command=True)
    app.callback()(_front)
    for name in names:
        module = vars(import_module(f".{COMMANDS[name]}", __package__))
        if COMMANDS[name] != RULES:
            app.command(name)(_served(module[f"{name}_"]))
            continue
        inner = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
        for verb in (word for word in module if word.startswith(f"{name}_")):
            inner.command(verb.removeprefix(f"{name}_"))(_served(module[verb]))
        app.add_typer(inner, name=name)
    command: Any = typer.main.get_command(app)
    command.commands = {name: command.commands.get(name) or TyperCommand(name) for name in COMMANDS}
    _describe(command, lang, "help")
    return command


def _served(function: Callable[..., None]) -> Any:
    """A command as Typer takes it: handed the context for the desk, asking for all it lacks."""
    first, *rest = inspect.signature(function, eval_str=True).parameters.values()

    def command(ctx: typer.Context, **given: Any) -> None:
        need({p.name.rstrip("_"): given[p.name] for p in rest if p.default in ("", ())})
        function(ctx.obj, **given)

    context = first.replace(name="ctx", annotation=typer.Context)
    served: Any = command
    served.__signature__ = inspect.Signature([context, *rest])
    return served


def _describe(command: Any, lang: str, key: str) -> None:
    """Puts the catalogue's words on a command, its parameters and its sub-commands."""
    known = catalogue(lang)
    command.help = known[key]
    command.get_help = partial(_help, command.get_help, known)
    for param in command.params:
        param.secondary_opts = []  # a switch needs no --no- twin
        name = param.name.rstrip("_")
        own = f"param{key.removeprefix('help')}.{name}"
        shared = f"option.{name}" if key == "help" else f"param.{name}"
        if name != "help":
            param.help = known.get(own) or known[shared]
    for name, inner in getattr(command, "commands", {}).items():
        _describe(inner, lang, f"{key}.{name}")


def _help(plain: Callable[[Any], str], known: dict[str, str], ctx: Any) -> str:
    """A command's help with Click's own headings in the user's language."""
    text = plain(ctx)
    for key in known:
        if key.startswith("click."):
            text = text.replace(key.removeprefix("click."), known[key])
    return text


def _setting(name: str) -> Any:
    return typer.Option(envvar=f"COMPLAINTCTL_{name}", show_envvar=False)


def _front(
    ctx: typer.Context,
    ledger: Annotated[str | None, _setting("LEDGER")] = None,
    by: Annotated[str | None, _setting("BY")] = None,
    lang: Annotated[str | None, _setting("LANG")] = None,
    rules: Annotated[str | None, _setting("RULES")] = None,
    json: Flag = False,
    version: Flag = False,
) -> None:
    desk: Desk = ctx.obj
    desk.ledger = Path(ledger) if ledger else None
    desk.by, desk.own = by or "", Path(rules) if rules else None
    if version:
        print(f"complaintctl {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        import_module(f".{READING}", __package__).due_(desk)


def hoisted(argv: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The options of the whole program, wherever they stood, by name; the other words."""
    asked: dict[str, str] = {}
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        name, equals, _ = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif name in VALUED and not equals:
            asked[name] = "=".join([word, *islice(words, 1)])
        elif name in (*VALUED, "--json"):
            asked[name] = word
        else:
            # An ending of a number may be typed as it stands on paper: -007.
            bare = word[1:].isdigit() and not (rest and rest[-1].startswith("--"))
            rest.append(word.lstrip("-") if bare else word)
    return asked, rest


def _explained(error: Any) -> Fault:
    """What the parser refused, as a fault of ours."""
    from difflib import get_close_matches

    param, message = getattr(error, "param", None), error.format_message()
    option = getattr(error, "option_name", "") or getattr(param, "name", "")
    if type(error).__name__ == "NoSuchOption":
        known = [o for p in error.ctx.command.params for o in p.opts]
        return Fault("usage.no_option", {"value": option, "nearest": error.possibilities or known})
    if message.startswith("No such command"):
        given = message.split("'")[1]
        near = get_close_matches(given, sorted(COMMANDS), 3, 0.4) or sorted(COMMANDS)
        return Fault("usage.no_command", {"value": given, "nearest": near})
    if "unexpected extra argument" in message:
        return Fault("usage.extra", {"value": message.partition(" (")[2].removesuffix(")")})
    if "requires an argument" in message:
        return Fault("usage.no_value", {"value": option})
    name = param.opts[0] if param else option or "-"
    quoted = error.message.split("'")[1:2]  # what the parser quotes, if anything
    return Fault("usage.other", {"value": " ".join([name, *quoted])})


def _place(error: BaseException) -> str:
    """Where in the program a bug showed: module and line, no data."""
    from traceback import extract_tb

    last = extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).stem}:{last.lineno}"
