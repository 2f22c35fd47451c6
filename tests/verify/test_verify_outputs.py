"""Comparing what cells show, by hand and in the pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from kfnb.verify.outputs import difference, masked, noted


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(data: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": {}}


def error(ename: str, evalue: str = "") -> dict[str, Any]:
    return {"output_type": "error", "ename": ename, "evalue": evalue, "traceback": []}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("<A object at 0x7f00>", "<A object at 0x8a11>"),
        ("took 1.5 ms", "took 20 ms"),
        ("CPU times: user 1 s", "CPU times: user 2 s"),
        ("/tmp/abc/x.csv", "/tmp/def/y.csv"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_what_differs_by_its_nature_is_masked(left: str, right: str) -> None:
    """Addresses, timings, temporary paths and colours are not compared."""
    assert masked(left) == masked(right)
    assert difference([stream(left)], [stream(right)]) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([stream("1\n")], [stream("2\n")]),
        ([stream("1\n")], []),
        ([shown({"text/plain": "1"})], [shown({"text/plain": "2"})]),
        ([shown({"text/plain": "<Figure>", "image/png": "x"})], [shown({"text/plain": "<Figure>"})]),
        ([shown({"text/plain": "<Figure>", "image/png": "x"})], [shown({"text/plain": "<Figure>", "image/png": "y"})]),
        ([shown({"text/plain": "M", "text/markdown": "a"})], [shown({"text/plain": "M", "text/markdown": "b"})]),
        ([error("KeyError", "1")], [error("ValueError", "1")]),
        ([error("KeyError", "1")], [error("KeyError", "2")]),
    ],
)
def test_what_counts_is_found(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> None:
    """Text on stdout, results, markdown, pictures and errors count."""
    assert difference(left, right) is not None


def test_a_stream_in_pieces_is_one_stream() -> None:
    """How stdout was cut into messages does not count."""
    assert difference([stream("a\n"), stream("b\n")], [stream("a\nb\n")]) is None


def test_stderr_and_html_are_noted_not_counted() -> None:
    """Warnings and HTML ids differ from process to process; they are compared for a note."""
    left = [stream("w1", "stderr"), shown({"text/plain": "T", "text/html": "<b id=1>"})]
    right = [stream("w2", "stderr"), shown({"text/plain": "T", "text/html": "<b id=2>"})]
    assert difference(left, right) is None
    assert noted(left) != noted(right)


def test_the_report_begins_just_before_the_first_line_that_differs() -> None:
    """Of long outputs both sides show the place where they part."""
    left = "".join(f"line {i}\n" for i in range(100))
    found = difference([stream(left)], [stream(left.replace("line 50\n", "LINE 50\n"))])
    assert found is not None
    _what, by_hand, pipeline = found
    assert ["… (49 lines)", "line 49", "line 50"] == by_hand.splitlines()[:3]
    assert ["… (49 lines)", "line 49", "LINE 50"] == pipeline.splitlines()[:3]
