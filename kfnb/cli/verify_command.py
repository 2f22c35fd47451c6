"""`kfnb verify`: does the pipeline give what the notebook gives, run by hand from top to bottom?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfnb.cli.options import JsonOption, NotebookArgument, ParameterOption, ParametersFileOption, client
from kfnb.cli.output import emit, say, show
from kfnb.cli.parameters import read_parameters
from kfnb.cli.signals import ending_like_interrupt

if TYPE_CHECKING:
    from kfnb.verify import Verdict


def verify(
    notebook: NotebookArgument,
    parameter: ParameterOption = None,
    parameters_file: ParametersFileOption = None,
    json: JsonOption = False,
) -> int:
    """Run a notebook by hand in one kernel and as a pipeline, and compare every output and every step's values.

    Ends with 0 if they are equal, 1 at a difference, 2 if the pipeline is refused, 4 if the notebook fails by hand.
    The notebook and its folder stay as they are. A step that asks for a GPU runs without if there is none, as by hand.

    \b
    Examples:
      kfnb verify churn.ipynb
      kfnb verify churn.ipynb -p epochs=1 --json
    """
    from kfnb.verify import verify as compare

    types = {p.name: p.type for p in client().compile(notebook).parameters} if parameter else {}
    values = read_parameters(parameter or [], parameters_file, types)
    with ending_like_interrupt():
        verdict = compare(notebook, values, progress=say)
    if json:
        emit(verdict.to_dict())
    else:
        _print(verdict)
    return verdict.exit_code


def _print(verdict: Verdict) -> None:
    show(verdict.summary())
    for note in verdict.notes:
        show(f"  does not count: {note}")
