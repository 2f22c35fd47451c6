"""Has one task of each image in a run say what its image has, and keeps which image that was; for preflight.

Used by the Kubernetes runner: only a pod's status says by its digest what an image's name meant when the pod ran.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from kfnb.artifacts import known_images
from kfnb.artifacts.store import Store
from kfnb.errors import KfnbError
from kfnb.runners import pod_state
from kfnb.runners.pod_manifest import MAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.profiles import Profile
    from kfnb.runners.api_server import Object
    from kfnb.spec import ExecutorInput

_SECONDS, _EVERY = 5.0, 0.5


class SeenImages:
    """The images of one run's tasks."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._told: set[str] = set()
        self._telling: dict[str, tuple[str, str]] = {}  # attempts by their keys: their image, and where they lie
        self._digests: dict[tuple[str, str], str] = {}

    def asked_of(self, key: str, given: ExecutorInput) -> str:
        """Return the image of which an attempt is to say what it has; "" where another one has been asked."""
        image = given.task.settings.image or self._profile.image
        if image in self._told:
            return ""
        self._told.add(image)
        self._telling[key] = (image, given.prefix)
        return image

    def pod(self, key: str, pod: Object) -> None:
        """See which image an attempt runs in, if it was asked.

        None of another name, which a pod patch gave it, and none that came by no registry: it has no digest to compare.
        """
        asked = self._telling.get(key)
        if asked is None or asked in self._digests:
            return
        named = pod_state.container(pod["spec"]["containers"], MAIN).get("image")
        digest = pod_state.image_digest(pod)
        if named != asked[0] or digest == "":
            del self._telling[key]
        elif digest:
            self._digests[asked] = digest

    def keep(self) -> None:
        """Keep which images they were, as far as that is known, in the run's store."""
        with contextlib.suppress(KfnbError):  # only a convenience
            for (image, prefix), digest in self._digests.items():
                known_images.remember_digest(Store(self._profile.root), image, prefix, digest)

    def complete(self, pods_of: Callable[[str], list[Object]]) -> None:
        """Learn it of attempts whose pods were over before their status said it, which takes a second; then keep it.

        `pods_of`: returns the pods of an attempt. For when nobody waits any more: the run has ended.
        """
        until = time.monotonic() + _SECONDS
        with contextlib.suppress(KfnbError):
            while time.monotonic() < until and (
                unknown := [k for k, v in self._telling.items() if v not in self._digests]
            ):
                for key in unknown:
                    for pod in (pods := pods_of(key)):
                        self.pod(key, pod)
                    if not pods:
                        del self._telling[key]
                time.sleep(_EVERY)
        self.keep()
