"""The shell lines after which `kubectl` and `kfnb run NB --on test` work on the cluster, for `tests.cluster env`."""

from __future__ import annotations

import json
import shlex

from kfnb.profiles import Profile
from kfnb.runners.api_server import ApiServer
from kfnb.runners.cluster_setup import apply, setup_objects
from tests.cluster.certificates import CONTEXT, KUBECONFIG
from tests.cluster.control_plane import s3_environment
from tests.cluster.images import EXAMPLES
from tests.cluster.places import BUCKET, NAMESPACE, RUN, S3, STORE_SECRET
from tests.cluster.programs import program
from tests.cluster.shell import ClusterError, write

PROFILE = "test"
CONFIG = RUN / "clusters.toml"
"""kfnb's file of cluster profiles, with the one that is called PROFILE."""
BIN = RUN / "bin"
"""A folder for PATH, with kubectl alone."""


def variables() -> dict[str, str]:
    """What kubectl, kfnb and S3 clients have in their environment to find the cluster and its store."""
    return {"KUBECONFIG": str(KUBECONFIG), **s3_environment(), "KFNB_CONFIG": str(CONFIG)}


def make() -> None:
    """Have the files that the variables name, and in the profile's namespace what runs there need."""
    profile = {
        "context": CONTEXT,
        "kubeconfig": str(KUBECONFIG),
        "namespace": NAMESPACE,
        "root": f"s3://{BUCKET}/runs",
        "endpoint_url": S3,
        "store_secret": STORE_SECRET,
        "image": EXAMPLES.exact,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in profile.items()]  # such strings are TOML's too
    write(CONFIG, "\n".join([f"[clusters.{PROFILE}]", *lines, ""]))
    BIN.mkdir(exist_ok=True)
    if not (BIN / "kubectl").exists():
        (BIN / "kubectl").symlink_to(program("kubectl"))
    _init(Profile(name=PROFILE, **profile))


def _init(profile: Profile) -> None:
    """What `kfnb cluster init` does."""
    api = ApiServer(profile.context, profile.kubeconfig, profile.namespace)
    refused = [one.why for one in apply(api, setup_objects(profile)) if one.outcome == "refused"]
    if refused:
        raise ClusterError("\n".join(refused))


def lines() -> str:
    """The lines for a shell: the variables, and kubectl on the path."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables().items()]
    return "\n".join([*exports, f"export PATH={shlex.quote(str(BIN))}:$PATH"])
