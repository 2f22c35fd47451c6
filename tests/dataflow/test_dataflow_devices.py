"""A device that is chosen where no GPU is seen, and used where one is (KF509)."""

from __future__ import annotations

import pytest
from dataflow_book import Book

TORCH = "import torch"
CHOICE = 'device = torch.device("cuda" if torch.cuda.is_available() else "cpu")'
USED = "print(device)"


def warned(book: Book, *cells: tuple[str, ...]) -> list[tuple[str | None, int | None]]:
    """Cell and line of each warning KF509 about a notebook of these cells."""
    return [(cell, line) for code, cell, line in book.check(*cells) if code == "KF509"]


@pytest.mark.parametrize(
    "choice",
    [
        CHOICE,
        'device = "cuda" if torch.cuda.is_available() else "cpu"',
        'device: str = "cuda:0" if torch.cuda.device_count() > 0 else "cpu"',
        'device, count = torch.device("cuda"), 1',
        "device = torch.accelerator.current_accelerator()",
        'device = "cpu"\nif torch.cuda.is_available():\n    device = "cuda"',
    ],
)
def test_a_choice_that_flows_into_a_step_with_a_gpu_is_a_warning(book: Book, choice: str) -> None:
    """However the device is written, the warning stands where it is chosen."""
    cells = [(TORCH, "imports"), (choice, "step:prepare"), (USED, "step:train", "gpu:1")]
    assert ["c1"] == [cell for cell, _ in warned(book, *cells)]


@pytest.mark.parametrize(
    "body",
    [
        f"    {CHOICE}\n    return device",
        '    if torch.cuda.is_available():\n        return "cuda"\n    return "cpu"',
        '    return torch.device("cuda" if torch.cuda.is_available() else "cpu")',
    ],
)
def test_a_function_that_chooses_counts(book: Book, body: str) -> None:
    """A function of the notebook that gives a device is a choice where it is called."""
    cells = [(f"{TORCH}\ndef best():\n{body}",), ("device = best()", "step:prepare"), (USED, "step:train", "gpu:1")]
    assert [("c1", 1)] == warned(book, *cells)


@pytest.mark.parametrize(
    "cells",
    [
        [(CHOICE, "step:prepare", "gpu:1"), (USED, "step:train", "gpu:1")],
        [(CHOICE, "step:prepare"), (USED, "step:train")],
        [("rows = [1]", "step:prepare"), (f"{CHOICE}\nprint(device, rows)", "step:train", "gpu:1")],
        [('device = torch.device("cpu")', "step:prepare"), (USED, "step:train", "gpu:1")],
        [(f"{CHOICE}\nrows = [1]", "step:prepare"), ("print(rows)", "step:train", "gpu:1")],
        [(f'{CHOICE}\ndevice = "cpu"[:]', "step:prepare"), (USED, "step:train", "gpu:1")],
    ],
)
def test_what_is_chosen_where_it_is_used_is_none(book: Book, cells: list[tuple[str, ...]]) -> None:
    """No warning where both steps have a GPU or neither has, and none for other names."""
    assert [] == warned(book, (TORCH, "imports"), *cells)


def test_a_function_that_computes_on_a_device_is_no_choice(book: Book) -> None:
    """What comes back from the device is a value like any other."""
    source = f"{TORCH}\ndef loss(x):\n    {CHOICE}\n    return float(torch.tensor(x, device=device))"
    cells = [(source, "functions"), ("first = loss(1)", "step:prepare"), ("print(first)", "step:train", "gpu:1")]
    assert [] == warned(book, *cells)
