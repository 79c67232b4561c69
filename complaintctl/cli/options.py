"""The shapes of parameters that commands share. Values stay text: the services read them and name
every fault.

What is not given is None, or no. What a command cannot do without is empty instead, and all of it
is asked for at once.
"""

from typing import Annotated, Any

import typer

Arg = Annotated[str | None, typer.Argument(show_default=False)]
Need = Annotated[str, typer.Argument(show_default=False)]
Many = Annotated[list[str] | None, typer.Argument(show_default=False)]
Opt = Annotated[str | None, typer.Option(show_default=False)]
Must = Annotated[str, typer.Option(show_default=False)]
Set = Annotated[list[str] | None, typer.Option("--set", show_default=False, metavar="KEY=VALUE")]
MustSet = Annotated[list[str], typer.Option("--set", show_default=False, metavar="KEY=VALUE")]
Out = Annotated[str | None, typer.Option("--output", "-o", show_default=False)]
From = Annotated[str | None, typer.Option("--from", show_default=False)]
Flag = Annotated[bool, typer.Option(show_default=False)]

# Plain options by name, for a ``**given``; they stand before the command's other options.
Settings = Annotated[Any, "ledger by lang rules"]
Fields = Annotated[
    Any, "kind channel category level name phone address account demand accused receiver reference"
]
Filters = Annotated[Any, "kind channel category level status handler month"]
Book = Annotated[Any, "mapping sheet encoding rejects"]
Span = Annotated[Any, "month as_of"]
