"""Commands about the database of runs: db path, db rebuild, db upgrade."""

from __future__ import annotations

import typer

from kfnb.cli.options import JsonOption, RootOption, client
from kfnb.cli.output import emit, say, show

app = typer.Typer(
    name="db",
    help="The database of runs: where it is, made anew, brought up to date. Runs themselves do not need it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("path", short_help="Say where the database is.")
def path(root: RootOption = None, json: JsonOption = False) -> int:
    """Say where the database is: a file, or the URL that KFNB_DATABASE names (without its password).

    \b
    Examples:
      kfnb db path
      KFNB_DATABASE=postgresql+psycopg://me@host/runs kfnb db path
    """
    from kfnb.metadata.database import Database, url_of

    database = Database(url_of(client(root).home))
    where = str(database)
    if json:
        emit({"path": str(database.path) if database.path else None, "database": where})
    else:
        show(where)
    return 0


@app.command("rebuild", short_help="Make the database anew.")
def rebuild(root: RootOption = None, json: JsonOption = False) -> int:
    """Make the database anew from the events of all runs. Nothing is lost by it: everything in it comes from there.

    \b
    Examples:
      kfnb db rebuild
    """
    from kfnb.cli.history_commands import history_of

    found = history_of(root).rebuild()
    if json:
        emit({"runs": found})
    say(f"The database is made anew: {found} run{'s'[: found != 1]}.")
    return 0


@app.command("upgrade", short_help="Bring the database up to date.")
def upgrade(root: RootOption = None, json: JsonOption = False) -> int:
    """Bring a database that an older kfnb made to the form that this one reads. Every row is kept.

    \b
    Examples:
      kfnb db upgrade
    """
    from kfnb.metadata.database import Database, url_of
    from kfnb.metadata.migrations import upgrade as upgraded

    database = Database(url_of(client(root).home))
    before, after = upgraded(database)
    if json:
        emit({"before": before, "after": after})
    say(
        f"The database {database} was up to date." if before == after else f"The database {database} is up to date now."
    )
    return 0
