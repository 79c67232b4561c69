"""The command line: finds the command asked for, runs it, turns trouble into sentences and codes.

Only the module of the command asked for is imported, so that the daily commands start fast.
"""

import errno
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import partial
from importlib import import_module
from io import StringIO
from itertools import pairwise
from pathlib import Path
from traceback import extract_tb
from types import UnionType
from typing import Any, get_args

import typer
from typer.core import TyperCommand

from .. import __version__, clock
from ..errors import Fault, Faults, LedgerTrouble, NotFound, Trouble, Usage
from ..texts import LANGUAGES, catalogue, language
from .desk import Desk, Flag, Opt, Settings, checked, need

COMMANDS = {  # and the modules they stand in
    "init": "books", "log": "cases", "assign": "cases", "update": "cases", "amend": "cases",
    "close": "cases", "reopen": "cases", "show": "reading", "explain": "reading",
    "list": "reading", "search": "reading", "due": "reading", "report": "reading",
    "export": "books", "import": "books", "undo": "cases", "verify": "books",
    "policy": "rules", "form": "rules", "calendar": "rules", "duty": "rules",
}  # fmt: skip
SETTINGS = ("--ledger", "--by", "--lang", "--rules")  # of the whole program; they take a value
UsageError: Any = typer.BadParameter.__mro__[1]  # Click's class, wherever Typer keeps its Click


def main(argv: Sequence[str] | None = None, now: Callable[[], Any] = clock.now) -> int:
    """Runs one command line and returns its exit code; the only way out of the program."""
    asked, words = hoisted(sys.argv[1:] if argv is None else argv)
    ledger, by, lang, rules = (asked[name] for name in SETTINGS)
    desk = Desk(language(lang), now, ledger, by, Path(rules) if rules else None, "--json" in asked)
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, name, getattr(sys, name) or StringIO())  # one that the caller has closed
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with desk.closing:
            desk.closing.callback(sys.stdout.flush)  # what can fail here is told as well
            for word in (*asked.values(), *words):
                checked(word)
            if lang and not lang.lower().startswith(LANGUAGES):
                raise Usage("usage.lang", value=lang, known=LANGUAGES)
            run(words, desk)
        return 0
    except typer.Exit as done:
        return done.exit_code
    except Trouble as trouble:
        return desk.refuse(trouble)
    except UsageError as error:
        return desk.refuse(_explained(error))
    except UnicodeEncodeError:
        return desk.refuse(Usage("usage.not_text"))  # bytes of another encoding in an argument
    except KeyboardInterrupt:
        desk.note("interrupted")
        return 130
    except Exception as error:
        return _failed(error, desk)


def _failed(error: Exception, desk: Desk) -> int:
    """What the system refused, or a bug: told without data, and its exit code."""
    number = getattr(error, "errno", None)
    if number in (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        # The reader has gone (| head), or the disk is full: what was written to the ledger stays.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141 if number == errno.EPIPE else desk.refuse(LedgerTrouble("output.full"))
    if isinstance(error, OSError) and error.filename:  # no permission, or no such name
        return desk.refuse(LedgerTrouble("path.refused", path=error.filename))
    if os.environ.get("COMPLAINTCTL_DEBUG"):
        raise error
    last = extract_tb(error.__traceback__)[-1]  # module and line, no data
    place = f"{Path(last.filename).stem}:{last.lineno}"
    return desk.refuse(Trouble("bug", kind=type(error).__name__, place=place))


def run(words: list[str], desk: Desk) -> None:
    """Builds the parser for the words of a command line and runs it."""
    first = next(word for word in words if word != "--")
    if words == [first] and COMMANDS.get(first) == "rules":
        words = [first, "--help"]  # a group alone shows its verbs
    command = build([first] if first in COMMANDS else [], desk.lang)
    options = [param for param in _params(command) if not param.is_flag]
    known = {name: param for param in options for name in param.opts}
    given = [known.get(word.partition("=")[0]) for word in words]
    if twice := next((p for p in given if p and not p.multiple and given.count(p) > 1), None):
        raise Usage("usage.twice", value=twice.opts[0])
    for word, following in pairwise(words):  # the parser lets an option swallow the next one
        if word in known and following.startswith("--"):
            raise Usage("usage.no_value", value=word)
    # Not command.main(): Typer's would turn a broken pipe and Ctrl-C into codes of its own.
    with command.make_context("complaintctl", words, obj=desk) as context:
        command.invoke(context)


def _params(command: Any) -> Iterator[Any]:
    """The options of a parser and of all that stand below it."""
    yield from (param for param in command.params if param.param_type_name == "option")
    for inner in getattr(command, "commands", {}).values():
        yield from _params(inner)


def build(names: Sequence[str], lang: str) -> Any:
    """The parser with these commands, the others by name only; help texts of a language."""
    app = typer.Typer(rich_markup_mode=None, add_completion=False, invoke_without_command=True)
    app.callback()(_served(_front))
    for name in names:
        module, inner = import_module(f".{COMMANDS[name]}", __package__), typer.Typer()
        if COMMANDS[name] == "rules":
            app.add_typer(inner, name=name)
        for word, function in vars(module).items():
            if word.startswith(f"{name}_"):  # ``log_`` is a command, ``policy_list`` has a verb
                verb = word.removeprefix(f"{name}_")
                (inner if verb else app).command(verb or name)(_served(function))
    command: Any = typer.main.get_command(app)
    command.commands = {name: command.commands.get(name) or TyperCommand(name) for name in COMMANDS}
    _describe(command, lang, "help")
    return command


def _served(function: Callable[..., None]) -> Any:
    """A command as Typer takes it: handed the context for the desk, asking for all it lacks."""
    desk, *rest = inspect.signature(function, eval_str=True).parameters.values()
    rest.sort(key=lambda param: param.kind is param.KEYWORD_ONLY)  # they come after ``**given``
    options = [option for param in rest for option in _options(param)]

    def command(ctx: typer.Context, **given: Any) -> None:
        given = {k: v.strip() if isinstance(v, str) else v for k, v in given.items()}
        lacking = Faults()
        with lacking.kept():
            need({o.name.rstrip("_"): given[o.name] for o in options if o.default in ("", [])})
        if lacking:
            lacking += _rehearsed(function, ctx.obj, given)
        lacking.tell()
        function(ctx.obj, **given)

    context = desk.replace(name="ctx", annotation=typer.Context)
    served: Any = command
    served.__signature__ = inspect.Signature([context, *options])
    return served


def _rehearsed(function: Callable[..., None], desk: Desk, given: dict[str, Any]) -> list[Fault]:
    """What else is wrong with a command that lacks something: it is tried without writing."""
    desk.rehearsing = True
    try:
        with redirect_stdout(StringIO()):
            function(desk, **given)
    except (Usage, NotFound) as wrong:
        return [fault for fault in wrong.faults if fault.params.get("value") != ""]
    except (Trouble, typer.Exit):
        pass
    return []


def _options(param: inspect.Parameter) -> list[inspect.Parameter]:
    """A parameter with the default of its shape; for ``**given`` all that its shape names."""
    if param.default is not param.empty:
        return [param]
    kind, about = get_args(param.annotation)
    if param.kind is param.VAR_KEYWORD:
        plain = param.replace(kind=param.KEYWORD_ONLY, default=None, annotation=Opt)
        return [plain.replace(name=name) for name in about.split()]
    return [param.replace(default=None if isinstance(kind, UnionType) else kind())]


def _describe(command: Any, lang: str, key: str) -> None:
    """Puts the catalogue's words on a command, its parameters and its sub-commands."""
    known = catalogue(lang)
    command.help = known[key]
    command.context_settings["help_option_names"] = ["-h", "--help"]
    command.get_help = partial(_help, command.get_help, known)
    for param in command.params:
        param.secondary_opts = []  # a switch needs no --no- twin
        name = param.name.rstrip("_")
        keys = (f"param{key.removeprefix('help')}.{name}", f"param.{name}", f"option.{name}")
        param.help = next((known[k] for k in keys if k in known), param.help)
    for name, inner in getattr(command, "commands", {}).items():
        _describe(inner, lang, f"{key}.{name}")


def _help(plain: Callable[[Any], str], known: dict[str, str], ctx: Any) -> str:
    """A command's help with Click's own headings in the user's language."""
    text = plain(ctx)
    for key in known:
        if key.startswith("click."):
            text = text.replace(key.removeprefix("click."), known[key])
    return text


def _front(desk: Desk, *, json: Flag, version: Flag, **settings: Settings) -> None:
    """The options of the whole program. They are hoisted to the desk, but for ``--version``."""
    if version:
        print(f"complaintctl {__version__}")
        raise typer.Exit


def hoisted(argv: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The options of the whole program by name, from the environment or wherever they stood in
    the command line; the other words."""
    asked = {name: os.environ.get(f"COMPLAINTCTL_{name[2:].upper()}", "") for name in SETTINGS}
    words, rest, wrong = list(argv), list[str](), list[str]()
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
            break
        if word == "--json":
            asked[word] = word
        elif name in SETTINGS and (equals or (words and not words[0].startswith("--"))):
            asked[name] = value if equals else words.pop(0)
        elif name in (*SETTINGS, "--json"):
            wrong = [word]  # alone: the parser says that it lacks its value, or takes none
        else:
            # An ending of a number may be typed as it stands on paper: -007.
            bare = word[1:].isdigit() and len(rest) == 1 and rest[0] != "log"
            rest.append(word.lstrip("-") if bare else word)
    return asked, wrong or (rest if set(rest) - {"--"} else ["due"])  # alone: what is due


def _explained(error: Any) -> Usage:
    """What the parser refused, as a refusal of ours."""
    from difflib import get_close_matches

    message, param = error.message, getattr(error, "param", None)
    name = param.opts[0] if param else getattr(error, "option_name", "-")
    quoted = message.split("'")[1:2]  # what the parser quotes, if anything
    if type(error).__name__ == "NoSuchOption":
        known = [o for p in error.ctx.command.params for o in p.opts if o.startswith("-")]
        return Usage("usage.no_option", value=name, nearest=error.possibilities or known)
    if message.startswith("No such command"):
        verbs = sorted(error.ctx.command.commands)
        near = get_close_matches(quoted[0], verbs, 3, 0.4) or verbs
        return Usage("usage.no_command", value=quoted[0], nearest=near)
    if "unexpected extra argument" in message:
        return Usage("usage.extra", value=message.partition(" (")[2].removesuffix(")"))
    if "requires an argument" in message:
        return Usage("usage.no_value", value=name)
    return Usage("usage.other", value=" ".join(dict.fromkeys([name, *quoted])))
