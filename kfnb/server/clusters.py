"""Addresses about cluster profiles: they are in the command line's TOML file, and no credential is in it."""

from __future__ import annotations

from kfnb.profiles import Profile, find_profile, known_accelerators, profiles_file, read_profiles
from kfnb.profiles.editing import add_profile, as_said, remove_profile, set_default
from kfnb.server.documents import Accelerators, AcceleratorType, Cluster, ClusterRequest, Clusters, DefaultRequest
from kfnb.server.handler import KfnbHandler, allowed
from kfnb.server.showing import finding


class ClustersHandler(KfnbHandler):
    """`GET clusters`: all profiles."""

    @allowed("read")
    async def get(self) -> None:
        """Return Clusters."""
        self.answer(await self.aside(_clusters))


class ClusterHandler(KfnbHandler):
    """`PUT clusters/NAME`: write a profile. `DELETE clusters/NAME`: forget it; its runs stay."""

    @allowed("write")
    async def put(self, name: str) -> None:
        """Write what a ClusterRequest says, and return Clusters; 400 with every reason why that cannot be.

        409 where the profile does not say any more what was expected.
        """
        asked = self.read(ClusterRequest)

        def work() -> Clusters:
            settings = {key: value for key, value in asked.settings.items() if value is not None}
            add_profile(name, settings, replace=asked.replace, default=asked.default, expected=asked.expected)
            return _clusters()

        self.answer(await self.aside(work))

    @allowed("write")
    async def delete(self, name: str) -> None:
        """Take the profile out of the file, and return Clusters."""

        def work() -> Clusters:
            remove_profile(name)
            return _clusters()

        self.answer(await self.aside(work))


class AcceleratorsHandler(KfnbHandler):
    """`GET clusters/NAME/accelerators`: the types that its profile knows, and which of its nodes have them."""

    @allowed("read")
    async def get(self, name: str) -> None:
        """Return Accelerators. A cluster that does not answer is not an error: then nothing is known of its nodes."""

        def work() -> Accelerators:
            from kfnb.preflight.accelerators import offered  # what speaks to clusters is loaded when one is asked

            found = offered(find_profile(name))
            types = tuple(
                AcceleratorType(name=name, nodes=nodes, most=most) for name, (nodes, most) in found.types.items()
            )
            return Accelerators(types=types, gpus=found.gpus.most, unnamed=found.unnamed)

        self.answer(await self.aside(work, name))


class DefaultHandler(KfnbHandler):
    """`POST clusters/NAME/default`: make it the default one."""

    @allowed("write")
    async def post(self, name: str) -> None:
        """Return Clusters."""
        self.read(DefaultRequest)

        def work() -> Clusters:
            set_default(name)
            return _clusters()

        self.answer(await self.aside(work))


def _clusters() -> Clusters:
    profiles, found = read_profiles()
    return Clusters(
        clusters=tuple(_cluster(profile, profiles.default) for profile in profiles.by_name.values()),
        default=profiles.default,
        file=str(profiles_file()),
        diagnostics=tuple(map(finding, found)),
    )


def _cluster(profile: Profile, default: str | None) -> Cluster:
    return Cluster(
        name=profile.name,
        default=profile.name == default,
        settings=as_said(profile),
        accelerators=tuple(known_accelerators(profile)),
    )
