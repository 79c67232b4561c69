"""The shapes of parameters that commands share. Values stay text: the services read them and name
every fault."""

from __future__ import annotations

from typing import Annotated, Any

import typer

# What a command cannot do without has an empty default; all of it is asked for at once.
Arg = Annotated[str | None, typer.Argument(show_default=False)]
Need = Annotated[str, typer.Argument(show_default=False)]
Many = Annotated[list[str] | None, typer.Argument(show_default=False)]
Opt = Annotated[str | None, typer.Option(show_default=False)]
Must = Annotated[str, typer.Option(show_default=False)]
Set = Annotated[list[str] | None, typer.Option("--set", show_default=False, metavar="KEY=VALUE")]
Out = Annotated[str | None, typer.Option("--output", "-o", show_default=False)]
From = Annotated[str | None, typer.Option("--from", show_default=False)]
Flag = Annotated[bool, typer.Option(show_default=False)]
EMPTY: Any = ()  # the empty default of ``Set``
