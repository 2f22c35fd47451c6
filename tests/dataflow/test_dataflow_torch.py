"""The tables of what draws from Torch's random state, held against Torch where it is installed."""

from __future__ import annotations

from typing import Any

import pytest

from kfnb.dataflow.tables import random as draws
from tests.torch_where_installed import needs_torch, torch

pytestmark = needs_torch


def draws_something(call: Any) -> bool:
    """Say whether a call advances Torch's global state."""
    before = torch.get_rng_state()
    call()
    return not torch.equal(before, torch.get_rng_state())


def made(name: str, **more: Any) -> Any:
    """An object of the class, as small as can be."""
    kind = name.rpartition(".")[2]
    found: Any = torch
    for part in name.split(".")[1:]:
        found = getattr(found, part)
    places = {"WeightedRandomSampler": ([1.0], 1), "DataLoader": ([1],), "RandomSampler": ([1],)}
    places |= {"SubsetRandomSampler": ([1, 2, 3],), "MultiheadAttention": (2, 1), "Transformer": (2, 1, 1, 1)}
    places |= dict.fromkeys(("LSTM", "GRU", "RNN"), (2, 2, 2)) | dict.fromkeys(("LazyLinear",), (2,))
    if kind in ("TransformerEncoder", "TransformerDecoder"):
        return found(getattr(torch.nn, kind + "Layer")(2, 1), 1)
    if kind.endswith("Layer"):
        return found(2, 1)
    return found(*places.get(kind, (2, 1) if kind.startswith("Lazy") else ()), **more)


def used(thing: Any) -> Any:
    """What using it is."""
    if not isinstance(thing, torch.nn.Module):
        return list(thing)
    rows = torch.ones(3, 4, 2)
    if isinstance(thing, torch.nn.RReLU):
        return thing(-rows)
    if isinstance(thing, torch.nn.MultiheadAttention):
        return thing(rows, rows, rows)
    if "Decoder" in type(thing).__name__ or isinstance(thing, torch.nn.Transformer):
        return thing(rows, rows)
    dimensions = next((int(d) for d in "123" if type(thing).__name__.endswith(f"{d}d")), 1)
    return thing(torch.ones(2, 3, *[4] * dimensions) if dimensions > 1 or "Lazy" in type(thing).__name__ else rows)


LATER = [name for name in draws.DRAWS_LATER if name.startswith("torch.")]


@pytest.mark.parametrize("name", LATER)
@pytest.mark.filterwarnings("ignore:.*Lazy modules:UserWarning", "ignore:.*batch_first:UserWarning")
def test_what_draws_later_draws_when_it_is_used(name: str) -> None:
    """Its use advances the state."""
    thing = made(name)
    assert draws_something(lambda: used(thing))


@pytest.mark.parametrize("name", draws.DRAWS_LATER_WITH)
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_dropout_that_is_given_draws(name: str, dropout: float) -> None:
    """Without one, nothing is drawn after the first weights."""
    thing = made(name, **({"dropout": dropout} if dropout else {}))
    assert bool(dropout) == draws_something(lambda: used(thing))


@pytest.mark.parametrize("name", draws.DRAWING_METHODS)
def test_methods_of_tensors_draw(name: str) -> None:
    """Those of the table that tensors have advance the state."""
    if name in ("rvs", "sample", "rsample", "reset_parameters"):
        thing: Any = torch.nn.Linear(2, 2) if name == "reset_parameters" else torch.distributions.Normal(0.0, 1.0)
        given: tuple[Any, ...] = ()
    else:
        thing = torch.full((3,), 0.5)
        given = (2,) if name == "multinomial" else (0.5,) if name == "geometric_" else ()
    if name == "rvs":
        assert not hasattr(thing, name)  # SciPy's
        return
    assert draws_something(lambda: getattr(thing, name)(*given))
