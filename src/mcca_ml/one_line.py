"""How a command tells an error: in one line, with an exit status."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from mcca_ml.errors import MccaMlError

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 and the number of the signal."""

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@contextmanager
def errors_in_one_line(debug: bool) -> Iterator[None]:
    """Turn an error into one line on stderr and exit status 1; with `debug` let it through.

    An interruption from the keyboard is told too, and ends with the status that shells give it.
    """
    try:
        yield
    except MccaMlError as error:
        if debug:
            raise
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        typer.echo("interrupted; products written before stand", err=True)
        raise typer.Exit(INTERRUPTED) from error
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if debug:
            raise
        kind = type(error).__name__
        line = " ".join(str(error).split())[:200]
        typer.echo(
            f"error: mcca-ml failed unexpectedly ({kind}: {line}), expected no such error; "
            "run again with --debug and report it",
            err=True,
        )
        raise typer.Exit(1) from error
