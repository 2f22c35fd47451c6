"""The `kfnb` application: its commands, and what becomes of every error.

Exit codes: 0 done, 1 the run failed, 2 refused by a diagnostic, 3 called wrongly, 4 something outside cannot be used,
130 cancelled. A person's mistake never shows a traceback; a mistake of ours is written to a file and named.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kfnb.cli import (
    cluster_commands,
    database_commands,
    explain_command,
    history_commands,
    image_command,
    manifests_command,
    notebook_commands,
    results_commands,
    run_command,
    suggest_command,
    verify_command,
)
from kfnb.cli.output import emit, say, show
from kfnb.errors import KfnbError, OutsideError, Refused, WrongCall

if TYPE_CHECKING:
    from collections.abc import Sequence

CANCELLED = 130

app = typer.Typer(
    name="kfnb",
    help="Turn a tagged Jupyter notebook into a pipeline, and run it.",
    epilog="Try `kfnb check NOTEBOOK`, then `kfnb run NOTEBOOK`. Every command has examples: `kfnb COMMAND --help`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich costs 70 ms, and help must come at once
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run", short_help="Run a notebook as a pipeline.")(run_command.run)
app.command("resume", short_help="Go on with a run that was stopped.")(run_command.resume)
app.command("watch", short_help="Show a run live.")(run_command.watch)
app.command("cancel", short_help="Cancel a run.")(run_command.cancel)
app.command("check", short_help="Say what is wrong with a notebook.")(notebook_commands.check)
app.command("graph", short_help="Draw the pipeline of a notebook.")(notebook_commands.graph)
app.command("suggest", short_help="Propose steps for a notebook.")(suggest_command.suggest)
app.command("compile", short_help="Compile a notebook to a pipeline.")(notebook_commands.compile_)
app.command("manifests", short_help="Print what a run would be in a cluster.")(manifests_command.manifests)
app.command("verify", short_help="Compare a notebook with its pipeline.")(verify_command.verify)
app.command("show", short_help="Show a run.")(results_commands.show_run)
app.command("explain", short_help="Say why steps ran or were cached.")(explain_command.explain)
app.command("logs", short_help="Print what tasks printed.")(results_commands.logs)
app.command("artifacts", short_help="List what a run made.")(results_commands.artifacts)
app.command("outputs", short_help="Bring outputs home into the notebook.")(results_commands.outputs)
app.command("runs", short_help="List runs.")(history_commands.runs)
app.command("metrics", short_help="Print the metrics of a run.")(history_commands.metrics)
app.command("compare", short_help="Say what differs between runs.")(history_commands.compare)
app.command("tag", short_help="Give a run tags.")(history_commands.tag)
app.command("archive", short_help="Take a run out of the lists.")(history_commands.archive)
app.command("delete", short_help="Delete runs for good.")(history_commands.delete)
app.command("gc", short_help="Remove what no run refers to.")(history_commands.gc)
app.add_typer(image_command.app, short_help="The images that notebooks run in.")
app.add_typer(cluster_commands.app, short_help="The clusters that notebooks can run on.")
app.add_typer(database_commands.app, short_help="The database of runs.")


@app.command("version")
def version(json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False) -> int:
    """Print the version."""
    from kfnb import __version__

    if json:
        emit({"version": __version__})
    else:
        show(__version__)
    return 0


def _print_version(wanted: bool) -> None:
    if wanted:
        from kfnb import __version__

        show(__version__)
        raise typer.Exit(0)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


def run_app(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; nothing is raised."""
    as_json = "--json" in arguments
    try:
        code = typer.main.get_command(app).main(args=list(arguments), prog_name="kfnb", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return _failed(CANCELLED, "Cancelled.", as_json)
    except Refused as refused:
        return _refused(refused, arguments, as_json)
    except KfnbError as error:
        return _failed(error.exit_code, str(error), as_json)
    except BrokenPipeError:
        return _closed_pipe()
    except Exception as error:
        return _other(error, as_json)
    return code if isinstance(code, int) else 0


def _refused(refused: Refused, arguments: Sequence[str], as_json: bool) -> int:
    from kfnb.cli import diagnostics

    if as_json:
        emit({"diagnostics": diagnostics.as_json(refused.diagnostics)})
    notebook = next((Path(text) for text in arguments if text.endswith(".ipynb")), None)
    diagnostics.print_diagnostics(refused.diagnostics, notebook)
    return refused.exit_code


def _failed(code: int, message: str, as_json: bool) -> int:
    if as_json:
        emit({"error": {"message": message, "exit_code": code}})
    say(message)
    return code


def _closed_pipe() -> int:
    """Whoever read our output went away (`kfnb logs … | head`): that is no failure of ours."""
    import os
    import sys

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _other(error: Exception, as_json: bool) -> int:
    usage = getattr(error, "format_message", None)  # typer's own errors, wherever this version of it keeps them
    if usage is not None:
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "kfnb"
        return _failed(WrongCall.exit_code, f"{usage()} See `{command} --help`.", as_json)
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return _failed(OutsideError.exit_code, f"The system refused: {error.strerror or error}{place}.", as_json)
    return _failed(1, _record_bug(error), as_json)


def _record_bug(error: Exception) -> str:
    """Write the traceback of a mistake of ours to a file and return what to tell the person."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="kfnb-error-", suffix=".txt", delete=False) as file:
        traceback.print_exception(error, file=file)
    return (
        f"kfnb made a mistake ({type(error).__name__}: {error}). The details are in {file.name}; "
        "please report them with the notebook, if you can."
    )
