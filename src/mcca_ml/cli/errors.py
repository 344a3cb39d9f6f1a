"""Print errors as one line and exit."""

import _thread
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Annotated

import typer
from typer.core import TyperGroup

from mcca_ml.errors import MccaMlError

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 and the number of the signal."""

_AGAIN_SECONDS = 0.01
"""Delay after which an interruption that Python ignored is repeated [s]."""

_USAGE = 2
"""Exit status of wrong arguments."""

_TYPED = "mcca_ml.arguments"
"""Key of the arguments in the context of the command line."""

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def _interrupt_main() -> None:
    """Interrupt the main thread, even in a system call."""
    main = threading.main_thread().ident
    if sys.platform == "win32" or main is None:
        _thread.interrupt_main()
    else:
        signal.pthread_kill(main, signal.SIGINT)


@contextmanager
def _no_interruption_ignored() -> Iterator[None]:
    """Repeat an interruption where Python ignores it.

    In finalizers and callbacks of weak references, of which JAX and xarray run many, Python prints
    a traceback and continues.
    """
    hook = sys.unraisablehook
    timers: list[threading.Timer] = []

    def repeat(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type is not KeyboardInterrupt:
            hook(unraisable)
            return
        timers.append(threading.Timer(_AGAIN_SECONDS, _interrupt_main))
        timers[-1].daemon = True
        timers[-1].start()

    sys.unraisablehook = repeat
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for timer in timers:
            timer.cancel()


@contextmanager
def errors_in_one_line(debug: bool) -> Iterator[None]:
    """Print an error as one line on stderr and exit with status 1; with `debug` raise it.

    An interruption from the keyboard passes through to `OneLineGroup`, which knows the arguments.
    """
    try:
        with _no_interruption_ignored():
            yield
    except MccaMlError as error:
        if debug:
            raise
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if debug:
            raise
        kind = type(error).__name__
        line = " ".join(str(error).split())[:200]
        typer.echo(
            f"error: internal error ({kind}: {line}); run again with --debug and report it",
            err=True,
        )
        raise typer.Exit(1) from error


class OneLineGroup(TyperGroup):
    """The commands; wrong arguments and interruptions print one line."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """Parse the arguments before the command, and keep all of them as typed."""
        ctx.meta[_TYPED] = list(args)
        with _usage_in_one_line():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: typer.Context) -> object:
        """Run the command; an interruption names the command that continues."""
        try:
            with _usage_in_one_line():
                return super().invoke(ctx)
        except KeyboardInterrupt as error:
            again = shlex.join(["mcca-ml", *ctx.meta[_TYPED]])
            typer.echo(f"interrupted; finished files are kept; continue with: {again}", err=True)
            raise typer.Exit(INTERRUPTED) from error


@contextmanager
def _usage_in_one_line() -> Iterator[None]:
    """Print wrong arguments as one line on stderr and exit with status 2."""
    try:
        yield
    except Exception as error:
        ctx = getattr(error, "ctx", None)
        # Typer's own type of these errors is private. The help, shown without arguments, is one.
        if ctx is None or getattr(error, "exit_code", 0) != _USAGE or "\n" in str(error):
            raise
        command = "mcca-ml" if ctx.parent is None else f"mcca-ml {ctx.info_name}"
        typer.echo(f"error: {command}: {_usage_fault(error, ctx)}; see {command} --help", err=True)
        raise typer.Exit(_USAGE) from error


def _usage_fault(error: Exception, ctx: typer.Context) -> str:
    """Describe wrong arguments: what was found, and the nearest valid option or choice."""
    option = getattr(error, "option_name", None)
    param = getattr(error, "param", None)
    text = str(error).removeprefix("Value error, ").rstrip(".")
    if option and text.startswith("No such option"):
        options = [name for one in ctx.command.params for name in one.opts if name[0] == "-"]
        near = get_close_matches(option, options, n=1) or [", ".join(sorted(options))]
        return f"found the unknown option {option}, expected {near[0]}"
    if option:
        return f"found {option} without its value, expected one after it"
    if param is None:
        return text[:1].lower() + text[1:]
    name = param.opts[0] if param.opts[0].startswith("-") else param.human_readable_name
    if not text or text.startswith("Missing parameter"):
        return f"found no {name}, expected it; add it"
    return f"{name}: {text}"
