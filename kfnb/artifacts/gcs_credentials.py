"""Tokens for Google Cloud Storage; used by gcs_http.py.

A pod with workload identity, or a machine of Google's, asks the metadata server beside it, which needs no library. Keys
and sign-ins in files are google-auth's, which is imported then only: that takes as long as the start of a task.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from datetime import UTC
from pathlib import Path
from typing import Any, NamedTuple

from kfnb.artifacts.connections import Refusal
from kfnb.errors import NoAccess

SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_METADATA = "metadata.google.internal"
_PATH = f"/computeMetadata/v1/instance/service-accounts/default/token?scopes={SCOPE}"
_SECONDS = 5.0
_EARLY = 225.0
"""Seconds before its end from which a token is not used any more; a metadata server gives a new one from 300 on."""


class _Token(NamedTuple):
    text: str
    until: float


class Credentials:
    """Finds tokens, and finds them anew before they expire."""

    def __init__(self) -> None:
        self._token = _Token("", 0.0)
        self._found: Any = None

    def token(self) -> str:
        """Return a token that is valid now; NoAccess if there is none, Refusal where asking again may help."""
        if time.time() > self._token.until - _EARLY:
            self._token = self._from_file() if self._found or _file() else _from_metadata_server()
        return self._token.text

    def forget(self) -> None:
        """Do not use the token that there is any more: it was refused."""
        self._token = _Token("", 0.0)

    def _from_file(self) -> _Token:
        try:
            import google.auth
            from google.auth.exceptions import GoogleAuthError, TransportError
            from google.auth.transport.requests import Request
        except ImportError:
            raise NoAccess(
                f"The artifact store needs the credentials in {_file()}; install what reads them: "
                "pip install 'kfnb[gcs]'."
            ) from None
        try:
            if self._found is None:
                self._found, _ = google.auth.default(scopes=[SCOPE])
            self._found.refresh(Request())
        except TransportError as error:
            raise Refusal(503, "TokenServer", f"the server that gives tokens does not answer: {error}") from error
        except (GoogleAuthError, OSError, ValueError) as error:
            why = str(error.args[0] if error.args else error).rstrip(".")
            raise NoAccess(f"The credentials in {_file()} give no access to the artifact store: {why}.") from error
        return _Token(str(self._found.token), self._found.expiry.replace(tzinfo=UTC).timestamp())


def _file() -> Path | None:
    """Return the file of credentials that every program looks for: one that is named, else that of gcloud."""
    if named := os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"):
        return Path(named)
    folder = os.environ.get("CLOUDSDK_CONFIG") or os.path.expanduser("~/.config/gcloud")  # noqa: PTH111 - without a home too
    path = Path(folder, "application_default_credentials.json")
    return path if path.is_file() else None


def _from_metadata_server() -> _Token:
    host = os.environ.get("GCE_METADATA_HOST") or _METADATA
    connection = http.client.HTTPConnection(host, timeout=_SECONDS)
    try:
        connection.request("GET", _PATH, headers={"Metadata-Flavor": "Google"})
        answer = connection.getresponse()
        body = answer.read()
    except socket.gaierror:
        raise _none() from None
    except (OSError, http.client.HTTPException) as error:  # beside a pod that is new it takes some seconds to come up
        raise Refusal(503, "TokenServer", f"the metadata server at {host} does not answer: {error}") from error
    finally:
        connection.close()
    if answer.status >= 500 or answer.status == 429:
        raise Refusal(503, "TokenServer", f"the metadata server at {host} answers {answer.status}")
    if answer.status != 200:
        raise _none(
            f" The metadata server at {host} answers {answer.status}: this pod or machine has no such identity."
        )
    found = json.loads(body)
    return _Token(found["access_token"], time.time() + found["expires_in"])


def _none(more: str = "") -> NoAccess:
    return NoAccess(
        "The artifact store needs credentials of Google's, and there are none: sign in by `gcloud auth "
        "application-default login`, or let GOOGLE_APPLICATION_CREDENTIALS name a file of them; in a cluster give the "
        f"service account of the pods an identity of Google's (workload identity).{more}"
    )
