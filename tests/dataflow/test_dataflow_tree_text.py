"""The text of a syntax tree."""

import ast
import sys
from pathlib import Path

import pytest

from kfnb.dataflow.tree_text import tree_text

_FILES = sorted(Path(__file__).parents[2].glob("kfnb/dataflow/*.py"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_the_text_is_that_of_ast_dump(path: Path) -> None:
    """Any code gives what `ast.dump` gives, with what is empty written out."""
    tree = ast.parse(path.read_text("utf-8"))
    written_out = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    assert ast.dump(tree, **written_out) == tree_text(tree)


def test_constants_have_the_text_of_ast_dump() -> None:
    """Constants of every kind, and names of functions without a body's value, give what `ast.dump` gives."""
    tree = ast.parse("x = None, ..., 1j, b'a', u'b', 'c', True\ndef f(a, /, *b: int, c=1, **d): return")
    written_out = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    assert ast.dump(tree, **written_out) == tree_text(tree)
