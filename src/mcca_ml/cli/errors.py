"""How a command tells an error: in one line, with an exit status."""

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from mcca_ml.errors import MccaMlError

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 and the number of the signal."""

_AGAIN_SECONDS = 0.01
"""After this an interruption that Python ignored comes again [s]: past the code it fell into."""

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def _interrupt_main() -> None:
    """Interrupt the main thread, also where it waits for something of the system."""
    main = threading.main_thread().ident
    if sys.platform == "win32" or main is None:
        _thread.interrupt_main()
    else:
        signal.pthread_kill(main, signal.SIGINT)


@contextmanager
def _no_interruption_ignored() -> Iterator[None]:
    """Let an interruption come again where Python ignores it.

    It does so in finalizers and in callbacks of weak references: it would print a traceback and go
    on with the work. A library whose objects come and go by the thousand runs many of those.
    """
    told = sys.unraisablehook
    again: list[threading.Timer] = []

    def tell(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type is not KeyboardInterrupt:
            told(unraisable)
            return
        again.append(threading.Timer(_AGAIN_SECONDS, _interrupt_main))
        again[-1].daemon = True
        again[-1].start()

    sys.unraisablehook = tell
    try:
        yield
    finally:
        sys.unraisablehook = told
        for timer in again:
            timer.cancel()


@contextmanager
def errors_in_one_line(debug: bool) -> Iterator[None]:
    """Turn an error into one line on stderr and exit status 1; with `debug` let it through.

    An interruption from the keyboard is told too, and ends with the status that shells give it.
    """
    try:
        with _no_interruption_ignored():
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
