"""The shell lines after which `kubectl` and `kfnb run NB --on test` work on the cluster, for `tests.cluster env`."""

from __future__ import annotations

import shlex

from tests.cluster.certificates import KUBECONFIG
from tests.cluster.control_plane import s3_environment
from tests.cluster.places import BUCKET, RUN
from tests.cluster.programs import program

CONFIG = RUN / "config.toml"
"""kfnb's configuration with the profile `test`."""
PROFILE = "test"
ROOT = f"s3://{BUCKET}/runs"


def variables() -> dict[str, str]:
    """What kubectl and kfnb have in their environment to find the cluster and its store."""
    return {"KUBECONFIG": str(KUBECONFIG), **s3_environment(), "KFNB_CONFIG": str(CONFIG)}


def lines() -> str:
    """The lines for a shell: the variables, and kubectl on the path."""
    folder = RUN / "bin"
    folder.mkdir(exist_ok=True)
    if not (folder / "kubectl").is_symlink():
        (folder / "kubectl").symlink_to(program("kubectl"))
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables().items()]
    return "\n".join([*exports, f"export PATH={shlex.quote(str(folder))}:$PATH"])
