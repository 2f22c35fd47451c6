"""Sets of names as bits, and digests put together from parts."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from kfnb import digest
from kfnb.dataflow.name_sets import NameSets, chosen

_names = st.sets(st.text(max_size=3), max_size=12)


@given(_names, _names)
def test_bits_say_what_sets_say(one: set[str], other: set[str]) -> None:
    """Union, intersection and difference of bits are those of the sets, and names come out in the order of their
    numbers."""
    sets = NameSets(sorted(one))
    bits, more = sets.of(one), sets.of(sorted(other))
    assert sorted(one) == list(sets.within(bits))
    assert one | other == set(sets.within(bits | more))
    assert one & other == set(sets.within(bits & more))
    assert one - other == set(sets.within(bits & ~more))


@given(st.sets(st.integers(0, 300)))
def test_things_are_chosen_by_their_places(places: set[int]) -> None:
    """The things at the places that are bits come out in order."""
    assert sorted(places) == list(chosen(range(301), sum(1 << place for place in places)))


@given(st.lists(st.text(max_size=5)))
def test_a_digest_of_parts_is_that_of_the_list(texts: list[str]) -> None:
    """Texts that are JSON already give the digest that their list gives."""
    assert digest.of_json(texts) == digest.of_parts(list(map(digest.canonical, texts)))
    assert texts == msgspec.json.decode(b"[" + b",".join(map(digest.canonical, texts)) + b"]")
