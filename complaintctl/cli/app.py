"""The command line: finds the command asked for, runs it, turns trouble into sentences and codes.

Only the module of the command asked for is imported, so that the daily commands start fast.
"""

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout, suppress
from functools import partial
from importlib import import_module
from inspect import signature
from io import StringIO
from itertools import pairwise
from pathlib import Path
from traceback import extract_tb
from typing import Any, get_args

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from .. import __version__, clock
from ..errors import LedgerTrouble, Trouble, Usage
from ..texts import LANGUAGES, catalogue, language
from .desk import Desk, Many, Opt, Settings, checked, lacking

COMMANDS = {  # and the modules they stand in
    "init": "books", "log": "cases", "assign": "cases", "update": "cases", "amend": "cases",
    "close": "cases", "reopen": "cases", "show": "reading", "explain": "reading",
    "list": "reading", "search": "reading", "due": "reading", "report": "reading",
    "export": "books", "import": "books", "undo": "cases", "verify": "books",
    "policy": "rules", "form": "rules", "calendar": "rules", "duty": "rules",
}  # fmt: skip
SETTINGS = ("--ledger", "--by", "--lang", "--rules")  # of the whole program; they take a value
# What is no text: noticed where it comes in (see ``checked``), shown where it goes out.
STREAMS = {"stdin": "surrogateescape", **dict.fromkeys(("stdout", "stderr"), "backslashreplace")}
UsageError: Any = typer.BadParameter.__mro__[1]  # Click's class, wherever Typer keeps its Click


def main(argv: Sequence[str] | None = None, now: Callable[[], Any] = clock.now) -> int:
    """Runs one command line and returns its exit code; the only way out of the program."""
    asked, words = hoisted(sys.argv[1:] if argv is None else argv)
    ledger, by, lang, rules = (asked[name] for name in SETTINGS)
    desk = Desk(language(lang), now, ledger, by, Path(rules) if rules else None, "--json" in asked)
    for name, errors in STREAMS.items():
        stream = getattr(sys, name) or StringIO()  # one that the caller has closed
        setattr(sys, name, stream)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=errors)
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
        return desk.refuse(_explained(error, words))
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
    if len(words) == 1 and COMMANDS.get(words[0]) == "rules":
        words = [*words, "--help"]  # a group alone shows its verbs
    front = build([next(word for word in words if word != "--")], desk.lang)
    # Not front.main(): Typer's would turn a broken pipe and Ctrl-C into codes of its own.
    with front.make_context("complaintctl", words, obj=desk) as context:
        front.invoke(context)


def build(names: Sequence[str], lang: str) -> Any:
    """The parser with these commands, the others by name only; help texts of a language."""
    commands = {name: _spoken(lang, f"help.{name}") for name in COMMANDS}
    for name in commands.keys() & names:
        words = vars(import_module(f".{COMMANDS[name]}", __package__))
        # ``log_`` is a command, ``policy_list`` has a verb.
        mine = {w.partition("_")[2]: f for w, f in words.items() if w.startswith(f"{name}_")}
        verbs = {v: _spoken(lang, f"help.{name}.{v}".rstrip("."), f) for v, f in mine.items()}
        commands[name] = verbs.get("") or _spoken(lang, f"help.{name}", commands=verbs)
    return _spoken(lang, "help", _front, commands=commands, invoke_without_command=True)


def _spoken(lang: str, key: str, function: Callable[..., None] | None = None, **group: Any) -> Any:
    """A command in the words of the catalogue; a group if it is given ``commands``."""
    known = catalogue(lang)
    kind: Any = TyperGroup if group else Command
    command = kind(name=key, callback=function, help=known[key], rich_markup_mode=None, **group)
    command.context_settings["help_option_names"] = ["-h", "--help"]
    command.get_help = partial(_help, command.get_help, known)
    for param in _parameters(function) if function else ():
        name = param.name.rstrip("_")
        keys = (f"param{key.removeprefix('help')}.{name}", f"param.{name}", f"option.{name}")
        param.help = next(known[k] for k in keys if k in known)
        command.params.append(param)
    return command


def _parameters(function: Callable[..., None]) -> Iterator[Any]:
    """The parameters of a function but its desk: by position arguments, by keyword options, with
    the default of their shape; for ``**given`` all the options that its shape names."""
    params = [p for p in signature(function).parameters.values() if p.annotation is not Desk]
    for param in sorted(params, key=lambda p: p.kind is p.KEYWORD_ONLY):  # after ``**given``
        names, shape, default = [param.name], param.annotation, param.default
        if param.kind is param.VAR_KEYWORD:
            names, shape = get_args(shape)[1].split(), Opt
        if default is param.empty:
            default = None if shape in (Opt, Many) else shape()
        about: dict[str, Any] = {"default": default, "show_default": False}
        several = shape in (Many, list[str])
        if param.kind is param.POSITIONAL_OR_KEYWORD:
            yield TyperArgument(param_decls=names, nargs=-1 if several else 1, **about)
            continue
        about |= {"is_flag": shape is bool, "multiple": several}
        about |= {"metavar": "KEY=VALUE"} if several else {}
        for name in names:
            words = [f"--{name.rstrip('_').replace('_', '-')}", *["-o"] * (name == "output")]
            yield TyperOption(param_decls=[name, *words], **about)


class Command(TyperCommand):
    """A command that is stricter than the parser, and asks for all it lacks."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuses an option that comes twice, or would take the next one for its value."""
        known = {o: p for p in ctx.command.params for o in p.opts if o[0] == "-" and not p.is_flag}
        given = [known.get(word.partition("=")[0]) for word in args]
        if twice := next((p for p in given if p and not p.multiple and given.count(p) > 1), None):
            raise Usage("usage.twice", value=twice.opts[0])
        for word, following in pairwise(args):
            if word in known and following.startswith("--"):
                raise Usage("usage.no_value", value=word)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Runs the function. If something is lacking, it is only tried, without writing, so that
        all that is wrong is told at once."""
        given = {k: v.strip() if isinstance(v, str) else v for k, v in ctx.params.items()}
        must = [param.name for param in ctx.command.params if param.default in ("", [])]
        wrong = lacking({name.rstrip("_"): given[name] for name in must})
        call = partial(ctx.command.callback, ctx.obj, **given)
        if not wrong:
            return call()
        ctx.obj.rehearsing = True
        with suppress(Trouble, typer.Exit), wrong.kept(), redirect_stdout(StringIO()):
            call()
        raise Usage(faults=[fault for fault in wrong if fault.params.get("value") != ""])


def _help(plain: Callable[[Any], str], known: dict[str, str], ctx: Any) -> str:
    """A command's help with Click's own headings in the user's language."""
    heads = {k.removeprefix("click."): v for k, v in known.items() if k.startswith("click.")}
    return re.sub("|".join(map(re.escape, heads)), lambda head: heads[head[0]], plain(ctx))


def _front(*, json: bool, version: bool, **settings: Settings) -> None:
    """The options of the whole program. They are hoisted to the desk, but for ``--version``."""
    if version:
        print(f"complaintctl {__version__}")
        raise typer.Exit


def hoisted(argv: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The options of the whole program by name, from the environment or wherever they stood in
    the command line; the other words."""
    asked = {name: os.environ.get(f"COMPLAINTCTL_{name[2:].upper()}", "") for name in SETTINGS}
    end = [*argv, "--"].index("--")
    words, rest, wrong = list(argv[:end]), list[str](), list[str]()
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
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
    rest += argv[end:]
    return asked, wrong or (rest if set(rest) - {"--"} else ["due"])  # alone: what is due


def _explained(error: Any, words: list[str]) -> Usage:
    """What the parser refused among the words of a command line, as a refusal of ours."""
    from difflib import get_close_matches

    message, name, ctx = error.message, getattr(error, "option_name", "-"), error.ctx
    if type(error).__name__ == "NoSuchOption":
        known = [o for p in ctx.command.params for o in p.opts if o.startswith("-")]
        return Usage("usage.no_option", value=name, nearest=error.possibilities or known)
    if message.startswith("No such command"):
        verbs, word = sorted(ctx.command.commands), next(w for w in words if repr(w) in message)
        near = get_close_matches(word, verbs, 3, 0.4) or verbs
        return Usage("usage.no_command", value=word, nearest=near)
    if "unexpected extra argument" in message:
        return Usage("usage.extra", value=message.partition(" (")[2].removesuffix(")"))
    code = "no_value" if "requires an argument" in message else "other"
    return Usage(f"usage.{code}", value=name)
