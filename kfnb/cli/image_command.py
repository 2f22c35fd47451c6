"""`kfnb image build`: an image with what a notebook imports, made here and, if wanted, pushed to a registry."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer looks at the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from kfnb.cli.options import JsonOption, NotebookArgument, OnOption, client  # typer looks at the annotations
from kfnb.cli.output import emit, say, show

if TYPE_CHECKING:
    from kfnb.images import Recipe

app = typer.Typer(name="image", help="The images that notebooks run in.", no_args_is_help=True, rich_markup_mode=None)


@app.command("build", short_help="Make an image with what a notebook imports.")
def build(
    notebook: NotebookArgument,
    tag: Annotated[str | None, typer.Option("--tag", metavar="REF", help="What to call the image.")] = None,
    push: Annotated[bool, typer.Option("--push", help="Push it to the registry that --tag names.")] = False,
    base: Annotated[
        str | None, typer.Option("--base", metavar="REF", help="The image to put packages on, with the same Python.")
    ] = None,
    on: OnOption = None,
    wheels: Annotated[
        Path | None,
        typer.Option(
            "--wheels", metavar="FOLDER", exists=True, file_okay=False, help="Install from these wheels, not an index."
        ),
    ] = None,
    engine: Annotated[
        str | None, typer.Option("--engine", metavar="NAME", help="buildah, podman or docker; default: what is there.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what it would be made of, and make nothing.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Make an image for a notebook: the packages that it imports, at the versions in its kernel, and no code of it.

    It is put on --base, else on the image of the cluster (--on, or the default one), else on Python's own image. The
    tag `image:REF` gives it to a step; `image` in the cluster's profile to all.

    \b
    Examples:
      kfnb image build churn.ipynb --dry-run
      kfnb image build churn.ipynb --tag registry.example/team/churn:1 --push
      kfnb image build churn.ipynb --base registry.example/kfnb-base:1 --wheels wheels/
    """
    from kfnb import images

    if push:
        images.check_registry(tag)
    here = client()
    spec = here.compile(notebook)
    memory = here.home / "interpreters"
    made = images.recipe(spec, notebook.absolute().parent, memory, base=base or _image_of(on), tag=tag)
    for module in made.unknown:
        say(f"The kernel has no package for `import {module}`: it will not be in the image.")
    if not dry_run:
        chosen = images.find_engine(engine)
        images.build(made, chosen, wheels=wheels)
        if push:
            images.push(made, chosen)
    _tell(made, built=not dry_run, pushed=push and not dry_run, as_json=json)
    return 0


def _image_of(on: str | None) -> str | None:
    """Return the image with kfnb of the cluster `on`, of the default one if there is one, else None."""
    from kfnb.errors import Refused
    from kfnb.profiles import find_profile

    try:
        profile = find_profile(on or "kubernetes")
    except Refused:
        if on is not None:
            raise
        return None
    return profile.launcher_image or profile.image


def _tell(made: Recipe, *, built: bool, pushed: bool, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "image": made.tag,
                "base": made.base,
                "python": made.python,
                "requirements": list(made.requirements),
                "missing": list(made.unknown),
                "built": built,
                "pushed": pushed,
                "files": made.files,
            }
        )
    elif built:
        show(made.tag)
        say(f"It has {', '.join(made.requirements) or 'nothing more'} on {made.base}. A step gets it by the tag")
        say(f"`image:{made.tag}`, all steps by `image` in the cluster's profile.")
    else:
        show("\n".join(f"# {name} of {made.tag}, on {made.base}\n{text}" for name, text in made.files.items()))
