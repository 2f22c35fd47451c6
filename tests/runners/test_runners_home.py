"""In which cluster a run lives: another one whose context and namespace are called alike is not taken for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfnb.client import Run
from kfnb.errors import LeaseHeld
from kfnb.history import History
from kfnb.runners.chosen import cluster_options, home_of
from kfnb.runners.rights import STARTS
from kfnb.runners.run_home import Elsewhere
from tests.cluster import lifecycle
from tests.cluster.fixtures import Cluster
from tests.cluster.people import people
from tests.cluster.runs import Place, end, made_place, notebook
from tests.cluster.shell import wait_until

OTHER = {"namespace": "another", "authority": "another", "address": "https://192.0.2.1:6443"}


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        yield made


def prepared(place: Place, path: Path, **lives_in: str) -> Run:
    """A run that is written down, and of which nothing is in the cluster that is reached from here."""
    options = cluster_options(place.profile, local_orchestrator=False) | home_of(place.profile) | {"cache": False}
    home = options["lives_in"] | lives_in
    client = place.client()
    return client.get(client.prepare(path, options=options | {"lives_in": home}).run_id)


@pytest.mark.parametrize("known", [OTHER, OTHER | {"authority": ""}])
def test_a_run_of_a_cluster_that_is_called_alike_is_left_alone(
    place: Place, tmp_path: Path, known: dict[str, str]
) -> None:
    """It is not taken for interrupted, driven a second time or removed from under who drives it; why is said."""
    run = prepared(place, notebook(tmp_path / "p.ipynb", "x = int('1')"), **known)
    why = f"Run {run.id} lives in another cluster, at https://192.0.2.1:6443: context `{place.profile.context}` of"
    assert (False, True) == (run.is_interrupted, str(run.unseen).startswith(why))
    with pytest.raises(Elsewhere, match=f"where namespace {place.namespace} is another one"):
        place.client().resume(run.id)
    with pytest.raises(LeaseHeld, match=r"may be living: it cannot be deleted from here. Run .* another cluster"):
        History(place.client()).delete(run.id)
    run.cancel()
    assert ("PENDING", True) == (run.state, run.store.exists(f"runs/{run.id}/run.json"))
    assert [] == place.left()
    assert run.id == History(place.client()).delete(run.id, gone=True)
    assert [] == list(run.store.list(f"runs/{run.id}"))


@pytest.mark.parametrize("known", [{"authority": "of a proxy"}, {"namespace": "of before"}])
def test_the_run_s_own_cluster_is_known(place: Place, tmp_path: Path, known: dict[str, str]) -> None:
    """By its namespace where it is reached another way than before, by its certificate where the namespace is new."""
    run = prepared(place, notebook(tmp_path / "p.ipynb", "x = int('1')"), **known)
    assert (True, None) == (run.is_interrupted, run.unseen)
    anew = f"the namespace {place.namespace} was deleted and made anew since it was started"
    assert ("its process is gone" if "authority" in known else anew) == run.why_interrupted
    assert run.id == History(place.client()).delete(run.id)


def test_a_run_whose_namespace_was_made_anew_is_resumed(place: Place, tmp_path: Path) -> None:
    """What was there of it is gone; it begins again in the namespace that is there now."""
    run = prepared(place, notebook(tmp_path / "p.ipynb", "x = int('1')"))
    place.cluster.kubectl("delete", "namespace", place.namespace)
    assert (True, f"the namespace {place.namespace} was deleted") == (run.is_interrupted, run.why_interrupted)
    lifecycle.make_namespace(place.namespace)
    rights = Path(__file__).parents[2] / "kfnb" / "deploy" / "orchestrator.yaml"
    place.kubectl("apply", "-f", str(rights))
    run = place.client().get(run.id)
    assert "deleted and made anew" in run.why_interrupted
    assert "SUCCEEDED" == end(place.client().resume(run.id))


def test_what_a_run_says_of_its_cluster(place: Place, tmp_path: Path) -> None:
    """The namespace's UID, where whoever starts it may see that; where not nothing is said and nothing checked."""
    run = place.run(notebook(tmp_path / "p.ipynb", "x = int('1')"), cache=False)
    (space,) = (place.cluster.get("namespace", place.namespace),)
    said: Any = run.info.options["lives_in"]
    assert space["metadata"]["uid"] == said["namespace"]
    assert "" not in said.values()
    assert "SUCCEEDED" == end(run)
    wait_until(lambda: not run.is_driven, "The end of the orchestrator")

    ((kubeconfig, _),) = people(place.cluster, place.namespace, tmp_path, {"ada": [*STARTS]}).values()
    hers = msgspec.structs.replace(place.profile, context=None, kubeconfig=str(kubeconfig))
    assert {} == home_of(hers)
    run = prepared(place, notebook(tmp_path / "q.ipynb", "x = int('1')"), **OTHER)
    assert run.there is not None
    run.there.profile = hers
    assert (False, None) == (run.there.is_driven(), run.there.unseen)
