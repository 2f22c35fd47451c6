"""Kubernetes, etcd, `pause` and stores' endpoints, built from source at the versions of `modules/`; `setup` calls it.

Debian's etcd is too old and it has no Kubernetes; the Go module proxy has the source of all of them.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.places import CACHE, MODULES
from tests.cluster.shell import ClusterError, call, say

OLDEST_GO = (1, 25)
KUBERNETES = "v1.34.4"
"""Not newer: a kubelet from 1.35 on refuses machines with cgroup v1."""


@dataclass(frozen=True)
class Module:
    """A Go module of `modules/` and the programs that are built from it, as `name: package`."""

    folder: str
    programs: dict[str, str]
    flags: str = "-s -w"

    @property
    def bin(self) -> Path:
        """Where its programs lie: a folder a version."""
        digest = hashlib.sha256(self.flags.encode())
        for path in sorted((MODULES / self.folder).iterdir()):
            digest.update(path.read_bytes())
        return CACHE / "programs" / f"{self.folder}-{digest.hexdigest()[:12]}"


_VERSION = "-X k8s.io/component-base/version.git"
_MAJOR, _MINOR, _ = KUBERNETES.removeprefix("v").split(".")
_NAMES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
GCS_SERVER = Module("fake-gcs-server", {"fake-gcs-server": "github.com/fsouza/fake-gcs-server"})
S3_GATEWAY = Module("versitygw", {"versitygw": "github.com/versity/versitygw/cmd/versitygw"})
KWOK = Module("kwok", {"kwok": "sigs.k8s.io/kwok/cmd/kwok"})
"""Fake nodes, for a benchmark alone."""
MODULES_BUILT = (
    Module(
        "kubernetes",
        {name: f"k8s.io/kubernetes/cmd/{name}" for name in _NAMES},
        f"-s -w {_VERSION}Version={KUBERNETES} {_VERSION}Major={_MAJOR} {_VERSION}Minor={_MINOR}",
    ),
    Module("etcd", {"etcd": "go.etcd.io/etcd/server/v3"}),
    S3_GATEWAY,
    Module("pause", {"pause": "."}),
)


def program(name: str) -> Path:
    """Where a built program lies."""
    return next(module.bin / name for module in MODULES_BUILT if name in module.programs)


def go() -> Path:
    """A Go compiler that is new enough, on the path or where it usually is; ClusterError where there is none."""
    seen = []
    for path in filter(None, (shutil.which("go"), "/usr/local/go/bin/go", "/usr/lib/go/bin/go")):
        try:
            said = subprocess.run([path, "env", "GOVERSION"], capture_output=True, text=True, env=_environment()).stdout
        except OSError:
            continue
        version = re.match(r"go(\d+)\.(\d+)", said)
        if version and tuple(map(int, version.groups())) >= OLDEST_GO:
            return Path(path)
        seen.append(f"{path} is {said.strip() or 'broken'}")
    found = "; ".join(seen) or "there is none"
    raise ClusterError(f"Kubernetes is built from source with Go {'.'.join(map(str, OLDEST_GO))} or newer: {found}.")


def missing(modules: Sequence[Module] = MODULES_BUILT) -> list[Module]:
    """The modules whose programs are not all in the cache."""
    return [module for module in modules if not all((module.bin / name).is_file() for name in module.programs)]


def build(modules: Sequence[Module] = MODULES_BUILT) -> None:
    """Build what the cache lacks: four to five minutes on two processors where it lacks everything."""
    absent = missing(modules)
    compiler = go() if absent else Path()
    for module in absent:
        say(f"Building {', '.join(module.programs)} ...")
        started = time.monotonic()
        _build(compiler, module)
        say(f"  took {time.monotonic() - started:.0f} s")


def _build(compiler: Path, module: Module) -> None:
    """Build into a folder beside, so that one that was interrupted is not taken for complete."""
    beside = module.bin.with_name(f"{module.bin.name}.{os.getpid()}")
    beside.mkdir(parents=True)
    several = len(module.programs) > 1  # then each is named as its package; side by side they are built faster
    into = beside if several else beside / next(iter(module.programs))
    options = ("-buildvcs=false", "-trimpath", "-ldflags", module.flags, "-o", into)
    call(compiler, "build", *options, *module.programs.values(), cwd=MODULES / module.folder, env=_environment())
    shutil.rmtree(module.bin, ignore_errors=True)
    beside.rename(module.bin)


def _environment() -> dict[str, str]:
    """Static programs, by the compiler that is there: none is fetched."""
    return {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
