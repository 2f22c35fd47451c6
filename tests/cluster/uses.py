"""What of kfnb needs which right in a namespace, for the tests of the roles: its own functions, and what comes of them.

Pods of the runs here find no node; the one that prints is made by the test (`PRINTS`).
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from kfnb.profiles import Profile
from kfnb.runners import pod_logs
from kfnb.runners.api_server import ApiError, ApiServer, Query
from kfnb.runners.base import Broken, Exited, Report
from kfnb.runners.cluster_facts import Facts, Named, look
from kfnb.runners.job_manifest import job_name
from kfnb.runners.kubernetes import KubernetesRunner
from kfnb.runners.live_logs import LiveLogs
from kfnb.runners.rights import Right
from kfnb.runners.run_objects import RunObjects
from kfnb.runners.seats import job_label
from kfnb.spec import Fan, Task, Together, element_of
from tests.cluster.shell import wait_until

PRINTS = "prints"
"""The Job of a pod that has printed a word and ended."""
NOWHERE = {"kfnb.test/no": "node"}
"""A node selector."""
WORK = Task(name="work", slug="work", cells=())
FAN = Task(name="fan", slug="fan", cells=(), fan=Fan(head="", kind="list", target="r", before="", after=""))
ELEMENTS = tuple(element_of(FAN, number) for number in range(2))
REFUSED = "refused"
_LEASES = "coordination.k8s.io/v1"


class Sent(set[str]):
    """The rights that requests took which this process has sent, but for those of everybody; `refused`: apart."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.refused: set[str] = set()
        send = ApiServer._send

        def keeping(api: ApiServer, method: str, path: str, query: Query, *more: Any, **named: Any) -> Any:
            right = _right(method, path, query)
            try:
                answer = send(api, method, path, query, *more, **named)
            except ApiError as error:
                (self.refused if error.status == 403 else self).add(right)
                raise
            self.add(right)
            return answer

        patch.setattr(ApiServer, "_send", keeping)

    def take(self) -> set[str]:
        """Return what was sent since the last call, and not refused."""
        found = {one for one in self if one and not one.endswith((".authorization.k8s.io", ".authentication.k8s.io"))}
        self.clear()
        self.refused.clear()
        return found

    def answered(self, *rights: str) -> bool:
        """Say whether such requests have been answered, whatever the answer."""
        return self.issuperset(rights) or not self.refused.isdisjoint(rights)


def _right(method: str, path: str, query: Query) -> str:
    """The right that a request takes, in the words of RBAC; nothing where it is about no kind of objects."""
    _, kind, *rest = path.split("/")
    group, rest = (rest[0], rest[2:]) if kind == "apis" else ("", rest[1:])
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        rest = rest[2:]
    if not rest:
        return ""
    asks = "watch" if "watch" in query else "get" if len(rest) > 1 else "list"
    verbs = {"GET": asks, "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    return str(Right(verbs[method], "/".join(rest[::2]), group))


class Person:
    """Somebody with runs of their own, and what kfnb does for them."""

    def __init__(self, name: str, api: ApiServer, profile: Profile, sent: Sent) -> None:
        self.api, self.sent, self.run_id = api, sent, f"run-{name}"
        self.profile = replace(profile, node_selector=NOWHERE)
        self.there = RunObjects(self.profile, self.run_id)
        self.told: queue.SimpleQueue[Report] = queue.SimpleQueue()

    def tries(self, use: Callable[[Person], object]) -> object:
        """What comes of a use: what it returns, or that it is refused."""
        self.sent.take()
        try:
            return use(self)
        except ApiError as error:
            if error.status != 403:
                raise
            return REFUSED

    @contextlib.contextmanager
    def driving(self) -> Iterator[KubernetesRunner]:
        """A runner that has begun."""
        runner = KubernetesRunner(self.profile, self.run_id, self.api)
        try:
            runner.open(self.told.put, ())
            yield runner
        finally:
            runner.close(keep=True)

    def drive(self) -> object:
        """Begin to drive a run, and again as after a restart; what the runner may not do that cannot go on."""
        with self.driving():
            pass
        with self.driving():
            wait_until(lambda: self.sent.answered("watch jobs.batch", "watch pods"), "The answers to both watches")
            broken = str(self._report(Broken).error) if self.sent.refused else ""
        return broken.partition(" may not ")[2].partition(" in namespace ")[0]

    def _report(self, kind: type) -> Any:
        while not isinstance(found := self.told.get(timeout=60), kind):
            pass
        return found

    def take_up(self) -> object:
        """Ask whether an attempt from before is still there."""
        return KubernetesRunner(self.profile, self.run_id, self.api).adopt(WORK, 1)

    @contextlib.contextmanager
    def fanned_out(self, most: int) -> Iterator[tuple[KubernetesRunner, Together, str]]:
        """A fan-out whose pods wait, `most` at once; its Job's name."""
        described = Together(task="fan", attempt=1, most=most, numbers=(0, 1), before="s3://x/", after="/input.json")
        with self.driving() as runner:
            runner.start_together(FAN, ELEMENTS, described, "s3://x/together.json")
            yield runner, described, job_name(self.run_id, ELEMENTS[0].slug, 1)

    def widen(self) -> object:
        """Have more of a fan-out run at once; how many may."""
        with self.fanned_out(1) as (runner, described, job):
            runner.widen(ELEMENTS, replace(described, most=2))
            wait_until(lambda: self.sent.answered("patch jobs.batch"), "The answer to the change")
            return self.api.get(self.api.place("jobs", job, "batch/v1"))["spec"]["parallelism"]

    def end_one_of_several(self) -> object:
        """Cancel one element of a fan-out at once; why it has ended, as the run is told."""
        with self.fanned_out(2) as (runner, _, job):
            selected = {"labelSelector": job_label(job)}
            wait_until(lambda: len(self.api.get(self.api.place("pods"), selected)["items"]) == 2, "Both pods")
            runner.cancel(ELEMENTS[0].name, 1, now=True)
            return str(self._report(Exited).why).partition(":")[0]

    def ask_why_it_waits(self) -> object:
        """Ask why an orchestrator has no pod, for want of a service account, which only an event says."""
        self.there.start_orchestrator()
        said: list[str] = []

        def known() -> bool:
            said.extend(filter(None, [self.there.why_it_waits()]))
            return bool(said or self.sent.refused)

        wait_until(known, "The reason why there is no pod")
        return said[0] if said else None

    def read_logs(self) -> object:
        """What a pod has printed: as people follow it, and as a run keeps it; then why that cannot be followed."""
        (pod,) = self.api.get(self.api.place("pods"), {"labelSelector": job_label(PRINTS)})["items"]
        logs = LiveLogs(self.api, job_label(PRINTS), follow=False)
        logs.start()
        try:
            wait_until(lambda: logs.found and not logs.reading(), "The end of the log")
            followed = "".join(piece.text for piece in logs.take())
            return followed, pod_logs.tail(self.api, pod["metadata"]["name"]), logs.refused is not None
        finally:
            logs.close()

    def take_lease(self) -> None:
        """Drive a run for a moment."""
        with self.there.lease():
            pass

    def take_free_lease(self) -> None:
        """The same, where its last driver has left the lease there."""
        body = {"metadata": {"name": f"kfnb-{self.run_id}"}, "spec": {}}
        self.api.create(self.api.place("leases", group=_LEASES), body)
        self.take_lease()

    def facts(self) -> Facts:
        """What is looked at before a run."""
        names = ["ServiceAccount default", "PersistentVolumeClaim data", "LocalQueue gpus"]
        return look(self.api, [Named(*name.split()) for name in names], ())


def _refused(use: Callable[[Person], object]) -> tuple[Callable[[Person], object], object]:
    return use, REFUSED


def _unseen(what: Callable[[Facts], object]) -> tuple[Callable[[Person], object], object]:
    return lambda person: what(person.facts()), None


USES: dict[str, tuple[Callable[[Person], object], object]] = {
    "create jobs.batch": _refused(lambda person: person.there.start_orchestrator()),
    "get jobs.batch": _refused(Person.take_up),
    "list jobs.batch": _refused(Person.drive),
    "watch jobs.batch": (Person.drive, "watch jobs.batch"),
    "patch jobs.batch": (Person.widen, 1),
    "delete jobs.batch": _refused(lambda person: person.there.remove()),
    "list pods": _refused(Person.drive),
    "watch pods": (Person.drive, "watch pods"),
    "delete pods": (Person.end_one_of_several, "It cannot be ended"),
    "get pods/log": (Person.read_logs, ("", "", True)),
    "list events": (Person.ask_why_it_waits, None),
    "create configmaps": _refused(Person.drive),
    "get configmaps": _refused(Person.drive),
    "delete configmaps": _refused(lambda person: person.there.remove()),
    "create leases.coordination.k8s.io": _refused(Person.take_lease),
    "get leases.coordination.k8s.io": _refused(Person.take_lease),
    "update leases.coordination.k8s.io": _refused(Person.take_free_lease),
    "delete leases.coordination.k8s.io": _refused(lambda person: person.there.remove()),
    "get namespaces": _unseen(lambda facts: facts.namespace),
    "list resourcequotas": _unseen(lambda facts: facts.quotas),
    "list limitranges": _unseen(lambda facts: facts.ranges),
    "get serviceaccounts": _unseen(lambda facts: facts.there["ServiceAccount default"]),
    "get persistentvolumeclaims": _unseen(lambda facts: facts.there["PersistentVolumeClaim data"]),
    "get localqueues.kueue.x-k8s.io": _unseen(lambda facts: facts.there["LocalQueue gpus"]),
}
"""By the right: what of kfnb needs it, and what comes of that without."""
