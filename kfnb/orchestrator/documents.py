"""The store as a run's loop sees it; parts of the loop that need less of one say so themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import contextlib


class Documents(Protocol):
    """What the loop needs of a store."""

    def create(self, key: str, data: bytes) -> bool:
        """Write a document if there is none; say whether it was written."""

    def write(self, key: str, data: bytes) -> None:
        """Write a document, replacing one that is there."""

    def read(self, key: str) -> bytes:
        """Return a document."""

    def find(self, key: str) -> bytes | None:
        """Return a document; None if there is none."""

    def hurried(self) -> contextlib.AbstractContextManager[None]:
        """While inside, a store that does not answer is an error at once."""

    def exists(self, key: str) -> bool:
        """Say whether there is a document."""

    def children(self, prefix: str) -> list[str]:
        """Return the names right below a prefix."""

    def renew(self, digest: str) -> bool:
        """Say whether there is a blob; it then counts as put now."""
