"""Whether a pipeline can run at a place at all, looked at before anything runs; called by the client.

`here` is this machine, `there` a cluster. What a step asks for by its tags and the place does not have is a finding at
the cell of the tag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfnb.preflight.here import findings_here

if TYPE_CHECKING:
    from pathlib import Path

    from kfnb.errors import Diagnostic
    from kfnb.profiles import Profile
    from kfnb.spec import PipelineSpec

__all__ = ["findings_here", "findings_there"]


def findings_there(
    spec: PipelineSpec, profile: Profile, home: Path, folder: Path, *, local: bool
) -> tuple[Diagnostic, ...]:
    """As `there.findings_there`, which loads a cluster's client: only runs there need it."""
    from kfnb.preflight import there

    return there.findings_there(spec, profile, home, folder, local=local)
