"""Print errors as one line and exit."""

import _thread
import re
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Annotated, Any

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
    """The commands; wrong arguments and interruptions print one line.

    The type of `ctx` is private in newer Typer, and of another package in older.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments before the command, and keep all of them as typed."""
        ctx.meta[_TYPED] = list(args)
        with _usage_in_one_line(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> object:
        """Run the command; an interruption names the command that continues."""
        try:
            with _usage_in_one_line(ctx):
                return super().invoke(ctx)
        except KeyboardInterrupt as error:
            again = shlex.join(["mcca-ml", *ctx.meta[_TYPED]])
            typer.echo(f"interrupted; finished files are kept; continue with: {again}", err=True)
            raise typer.Exit(INTERRUPTED) from error


@contextmanager
def _usage_in_one_line(group: typer.Context) -> Iterator[None]:
    """Print wrong arguments as one line on stderr and exit with status 2."""
    try:
        yield
    except Exception as error:
        # Typer's own type of these errors is private. The help, shown without arguments, is one.
        if getattr(error, "exit_code", 0) != _USAGE or "\n" in str(error):
            raise
        ctx = getattr(error, "ctx", None) or group
        name = ctx.info_name if ctx.parent else group.invoked_subcommand
        command = f"mcca-ml {name}" if name else "mcca-ml"
        typer.echo(f"error: {command}: {_usage_fault(error, ctx)}; see {command} --help", err=True)
        raise typer.Exit(_USAGE) from error


def _usage_fault(error: Exception, ctx: typer.Context) -> str:
    """Describe wrong arguments: what was found, and the nearest valid option or choice."""
    option, param = getattr(error, "option_name", None), getattr(error, "param", None)
    text = str(error).rstrip(".")
    if option and text.startswith("No such option"):
        options = [name for one in ctx.command.params for name in one.opts if name[0] == "-"]
        near = get_close_matches(option, options, n=1) or sorted({*options, "--help"})
        return f"found the unknown option {option}, expected {' or '.join(near)}"
    if option:
        return f"found {option} without a value, expected one after it"
    if param is None:
        return _describe_arguments(text, ctx)
    name = param.opts[0] if param.opts[0].startswith("-") else param.metavar or param.name.upper()
    if not text or text.startswith("Missing parameter"):
        return f"found no {name}, expected it"
    return f"{name}: {_value_fault(error.__cause__, text)}"


def _describe_arguments(text: str, ctx: typer.Context) -> str:
    """Describe an unknown command, or arguments beyond those that a command takes."""
    given = re.search(r" \(([^()]*)\)$|'(.*?)'", text)
    if given is None:
        return text
    if given[1]:
        return f"found {given[1]} beyond its arguments, expected nothing there"
    near = get_close_matches(given[2], _commands(ctx), n=1) or _commands(ctx)
    return f"found the unknown command {given[2]}, expected {', '.join(near)}"


def _commands(ctx: typer.Context) -> list[str]:
    """Return the names of all commands."""
    return list(getattr(ctx.command, "commands", {}))


def _value_fault(cause: BaseException | None, text: str) -> str:
    """Describe a wrong value of an option or an argument."""
    from pydantic import ValidationError  # not above: it would slow --help

    from mcca_ml.config.faults import expected_value

    if not isinstance(cause, ValidationError):
        return text
    fault = cause.errors()[0]
    expected = expected_value(fault)
    if "%Y-%m-%d" in expected:
        expected = "a day as YYYY-MM-DD"
    elif " is not one of " in expected:
        expected = "one of" + expected.rpartition(" is not one of")[2].rstrip(".").replace("'", "")
    return f"found {fault['input']}, expected {expected}"
