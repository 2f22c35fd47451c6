"""Parsing Python in several threads and in forked processes."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from kfnb.parsing import parse

SOURCE = "\n".join(f"x{number} = [a.b({number}), {{'k': (1, 2, [3])}}]" for number in range(300))

FORKED = """
import os, threading, warnings
from kfnb import parsing

parsing.IS_SAFE = False
held, done = threading.Event(), threading.Event()

def parse_for_long():
    with parsing._undisturbed():
        held.set()
        done.wait()

threading.Thread(target=parse_for_long).start()
held.wait()
warnings.simplefilter("ignore")  # newer Pythons warn of a fork beside threads, which is what this is about
child = os.fork()
if child == 0:
    parsing.parse("x = 1")
    os._exit(7)
status = os.waitpid(child, 0)[1]
done.set()
print(os.waitstatus_to_exitcode(status))
"""


@pytest.fixture
def garbage_lets_others_run() -> Iterator[None]:
    """Garbage is collected often, and each time another thread may go on."""

    def let_others_run(phase: str, info: dict[str, int]) -> None:
        time.sleep(0)

    before = gc.get_threshold()
    gc.callbacks.append(let_others_run)
    gc.set_threshold(50)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(let_others_run)


def test_two_threads_parse_at_once(garbage_lets_others_run: None) -> None:
    """Threads that parse at once all get their trees, also in a Python that counts their depths together."""
    with ThreadPoolExecutor(2) as threads:
        trees = list(threads.map(parse, [SOURCE] * 20))
    assert [300] * 20 == [len(tree.body) for tree in trees]
    assert gc.isenabled()


def test_who_is_forked_while_another_thread_parses_can_parse() -> None:
    """A forked process does not wait for a thread that is in its parent alone."""
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=100)
    assert ("7\n", "") == (done.stdout, done.stderr)
