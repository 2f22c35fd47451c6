"""The cluster's API server as kfnb asks it: JSON in, JSON out, repeated where it did not answer, errors in words.

Used by the Kubernetes runner, its watches and whatever else in this room looks at a cluster. The client library does
what is made for it: reading the kubeconfig or the pod's service account, renewing tokens, TLS. Objects stay the plain
JSON that the API's reference describes.
"""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import tenacity
import urllib3

from kfnb import digest
from kfnb.errors import ClusterError
from kfnb.runners.refusals import over_quota, right_in, without_a_right

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Object = dict[str, Any]
Query = Mapping[str, str | int]
Asked = tuple[str | bool, ...]

PATIENCE = 60.0
"""Seconds for which a request is repeated where the API server cannot be reached, is overloaded or starts anew."""
_CONNECT, _READ = 5.0, 30.0
_HOME = "~/.kube/config"
_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_JSON = "application/json"
_ONLY_METADATA = f"{_JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_REPEATED = frozenset({429, 500, 502, 503, 504})


def _nothing() -> None:
    """Do nothing."""


class ApiError(ClusterError):
    """The API server answered no. `status`: the HTTP status; `reason`: its word for it, such as AlreadyExists."""

    def __init__(self, message: str, status: int, reason: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after

    @property
    def is_passing(self) -> bool:
        """Whether the same request may be answered otherwise in a while: it was not a no for good."""
        return self.status in _REPEATED

    @property
    def lacks_right(self) -> bool:
        """Whether it does not know who asks, or says that they may not do this."""
        return self.status == 401 or (self.status == 403 and right_in(str(self)) is not None)

    @property
    def is_over_quota(self) -> bool:
        """Whether a quota of the namespace has no room for what was to be made."""
        return self.status == 403 and not self.lacks_right and over_quota(str(self)) is not None

    @property
    def lacks_namespace(self) -> bool:
        """Whether something could not be made because its namespace is about to go, or has gone."""
        return self.status == 404 or "being terminated" in str(self)


class Unreachable(ClusterError):
    """The API server did not answer."""


class Foreign(ClusterError):
    """An object that has a name which kfnb needs is somebody else's."""

    @property
    def is_passing(self) -> bool:
        """Not before somebody removes it."""
        return False


class ApiServer:
    """One cluster and one namespace of it, as a context of a kubeconfig names them; in a pod: its own.

    `namespace`: None for the context's, or the pod's. ClusterError if there is no such context.
    """

    def __init__(self, context: str | None = None, kubeconfig: str | None = None, namespace: str | None = None) -> None:
        self.context = context
        self._client, found = _in_cluster() if context is None and _TOKEN.exists() else _outside(context, kubeconfig)
        self.namespace = namespace or found
        self.host: str = self._client.configuration.host
        self.authority = _digest_of(self._client.configuration.ssl_ca_cert)
        """Digest of the certificate that vouches for the cluster; empty where the kubeconfig names none."""
        self._retries = urllib3.Retry(0, redirect=2)
        self._allowed: set[Asked] = set()  # what it has allowed before
        self._ahead = time.time() - time.monotonic()  # of the clock that is never set, in seconds

    def __repr__(self) -> str:
        return f"ApiServer({self.host!r}, {self.namespace!r})"

    def now(self) -> datetime.datetime:
        """Return the time by the API server's clock as of its last answer, by this machine's before the first.

        Machines whose clocks differ by hours agree on it to a second or two.
        """
        return datetime.datetime.fromtimestamp(time.monotonic() + self._ahead, datetime.UTC)

    def place(self, kind: str, name: str = "", group: str = "") -> str:
        """Return the path of a kind of objects in the namespace, or of one of them; `group` such as `batch/v1`."""
        start = f"/apis/{group}" if group else "/api/v1"
        return f"{start}/namespaces/{self.namespace}/{kind}" + (f"/{name}" if name else "")

    def get(self, path: str, query: Query | None = None, *, patience: float = PATIENCE) -> Object:
        """Return an object or a list of them."""
        return self.request("GET", path, query or {}, patience=patience)

    def create(
        self,
        path: str,
        body: Object,
        query: Query | None = None,
        *,
        patience: float = PATIENCE,
        before: Callable[[], None] = _nothing,
    ) -> Object:
        """Make an object. Safe to repeat: where it was made and the answer was lost, ApiError AlreadyExists says so."""
        return self.request("POST", path, query or {}, body, patience=patience, before=before)

    def patch(
        self,
        path: str,
        body: object,
        *,
        patience: float = PATIENCE,
        kind: str = "merge-patch",
        before: Callable[[], None] = _nothing,
    ) -> Object:
        """Change an object; `kind`: merge-patch, strategic-merge-patch or json-patch."""
        return self.request(
            "PATCH", path, {}, body, patience=patience, content=f"application/{kind}+json", before=before
        )

    def delete(
        self, path: str, *, patience: float = PATIENCE, grace: int | None = None, only: Object | None = None
    ) -> bool:
        """Remove an object and, in the background, all that it owns; return whether it was there.

        `only`: as it was read; ApiError (409) if it has changed since.
        """
        body: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        if only is not None:
            body["preconditions"] = {key: only["metadata"][key] for key in ("uid", "resourceVersion")}
        return self._if_there("DELETE", path, body, patience=patience) is not None

    def find(self, path: str, *, patience: float = PATIENCE) -> Object | None:
        """Return an object; None if there is none."""
        return self._if_there("GET", path, patience=patience)

    def has(self, path: str, *, patience: float = PATIENCE) -> bool:
        """Say whether there is an object. What is in it, such as a Secret's values, is not sent."""
        return self._if_there("GET", path, patience=patience, accept=_ONLY_METADATA) is not None

    def _if_there(self, method: str, path: str, body: object = None, **how: Any) -> Object | None:
        try:
            return self.request(method, path, {}, body, **how)
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def request(
        self,
        method: str,
        path: str,
        query: Query,
        body: object = None,
        *,
        patience: float = PATIENCE,
        content: str = _JSON,
        accept: str = _JSON,
        before: Callable[[], None] = _nothing,
    ) -> Object:
        """Send a request until it is answered, for at most `patience` seconds; one that was sent by then is waited for.

        `before`: called each time before it is sent, which it is no more once that raises an error.
        An API server that has just started knows no rights for a moment: what it allowed before is asked again too.
        """
        asked = _asked(method, path)

        def once() -> Object:
            before()
            return self._once(method, path, query, body, content, accept, min(_READ, max(patience, _CONNECT)))

        again = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: _is_passing(error, known=asked in self._allowed)),
            wait=_pause,
            stop=tenacity.stop_after_delay(patience),
            reraise=True,
        )
        try:
            answer: Object = again(once)
        except ApiError as error:
            if error.lacks_right:
                self._allowed.discard(asked)  # it was taken away for good
            raise
        self._allowed.add(asked)
        return answer

    def _once(
        self, method: str, path: str, query: Query, body: object, content: str, accept: str, silence: float
    ) -> Object:
        timeout = urllib3.Timeout(connect=_CONNECT, read=silence)
        response = self._send(method, path, query, body, timeout, whole=True, content=content, accept=accept)
        return json.loads(response.data) if response.data else {}

    @contextlib.contextmanager
    def stream(self, path: str, query: Query, *, silence: float) -> Iterator[urllib3.BaseHTTPResponse]:
        """Give an answer that comes bit by bit. Unreachable if nothing at all comes for `silence` seconds."""
        timeout = urllib3.Timeout(connect=_CONNECT, read=silence)
        response = self._send("GET", path, query, None, timeout, whole=False)
        try:
            yield response
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable(_unreachable(self.host, error)) from error
        finally:
            response.close()

    def _send(
        self,
        method: str,
        path: str,
        query: Query,
        body: object,
        timeout: urllib3.Timeout,
        *,
        whole: bool,
        content: str = _JSON,
        accept: str = _JSON,
    ) -> urllib3.BaseHTTPResponse:
        asked = [(name, str(value)) for name, value in query.items()]
        headers = {"Accept": accept, "Content-Type": content}
        try:
            self._client.update_params_for_auth(headers, asked, ["BearerToken"])
            response: urllib3.BaseHTTPResponse = self._client.rest_client.pool_manager.request(
                method,
                f"{self.host}{path}?{urlencode(asked)}",
                body=json.dumps(body).encode() if body is not None else None,
                headers=headers,
                timeout=timeout,
                preload_content=whole,
                retries=self._retries,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable(_unreachable(self.host, error)) from error
        with contextlib.suppress(KeyError, ValueError):
            said = email.utils.parsedate_to_datetime(response.headers["Date"]).timestamp()
            self._ahead = said - time.monotonic()
        if response.status >= 400:
            raise _answered_no(response, f"{method} {path}")
        return response


def _answered_no(response: urllib3.BaseHTTPResponse, what: str) -> ApiError:
    said: Object = {}
    with contextlib.suppress(ValueError):
        said = json.loads(response.data)
    said = said if isinstance(said, dict) else {}
    said["message"] = said.get("message") or response.reason
    return said_no(said, response.status, what, wait=response.headers.get("Retry-After"))


def said_no(said: Object, status: int, what: str, wait: str | None = None) -> ApiError:
    """Return the no that the API server answered to `what`: a Status object, `wait` as a header says it."""
    message = said.get("message") or "no reason given"
    if status == 401:
        message = (
            "the cluster does not accept the credentials of this context any more (401 Unauthorized). "
            "Log in again, as your cluster's documentation says, and repeat the command."
        )
    wait = str(wait or (said.get("details") or {}).get("retryAfterSeconds") or 0)
    refused = without_a_right(message) if status == 403 else None
    return ApiError(
        refused or f"The cluster refused {what}: {message}",
        status,
        str(said.get("reason", "")),
        float(wait) if wait.replace(".", "", 1).isdigit() else 0.0,
    )


def _asked(method: str, path: str) -> Asked:
    """Return what a right to send such requests is about: the verb, nearly, and the kind of objects."""
    _, *parts = path.removeprefix("/").split("/")
    parts = parts[2 if path.startswith("/apis/") else 1 :]
    if parts[:1] == ["namespaces"] and len(parts) > 2:
        parts = parts[2:]
    return (method, len(parts) > 1, *parts[::2])


def _is_passing(error: BaseException, *, known: bool) -> bool:
    """Say whether the same request may be answered otherwise soon. `known`: such a one has been allowed before."""
    if isinstance(error, ApiError):
        return error.is_passing or (known and error.lacks_right)
    return isinstance(error, Unreachable)


_backoff = tenacity.wait_exponential(multiplier=0.1, max=5.0) + tenacity.wait_random(0, 0.5)


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.retry_after if isinstance(error, ApiError) else 0.0
    return max(asked, _backoff(state))


def _unreachable(host: str, error: Exception) -> str:
    cause: BaseException = error
    while isinstance(cause, urllib3.exceptions.MaxRetryError) and cause.reason is not None:
        cause = cause.reason
    why = str(cause).rpartition(": ")[2] or type(cause).__name__
    at_another_time = any(words in why for words in ("not yet valid", "has expired"))
    what = "clock of this machine" if at_another_time else "network, a VPN or the context"
    return f"The cluster's API server {host} cannot be reached: {why}. Is the {what} right?"


def _digest_of(certificate: str | None) -> str:
    with contextlib.suppress(OSError):
        return digest.of_bytes(Path(certificate).read_bytes().strip()) if certificate else ""
    return ""


def who_asks(kubeconfig: str | None) -> str:
    """Return what tells one cluster, and one person who asks it, from another, as far as files say it: their digest."""
    files = [Path(one).expanduser() for one in (kubeconfig or _from_environment() or _HOME).split(os.pathsep) if one]
    return digest.of_parts(one.read_bytes() if one.is_file() else b"" for one in files)


def _from_environment() -> str | None:
    return os.environ.get("KUBECONFIG")  # the library looks there once, when it is imported


def _in_cluster() -> tuple[Any, str]:
    from kubernetes import client, config

    configuration = client.Configuration()
    config.load_incluster_config(client_configuration=configuration)
    return client.ApiClient(configuration), _TOKEN.with_name("namespace").read_text().strip()


def _outside(context: str | None, kubeconfig: str | None) -> tuple[Any, str]:
    from kubernetes import config
    from kubernetes.config.config_exception import ConfigException

    kubeconfig = kubeconfig or _from_environment()
    file = kubeconfig or _HOME
    try:
        contexts, active = config.list_kube_config_contexts(kubeconfig)
        known = {one["name"]: one for one in contexts}
        if context is not None and context not in known:
            raise ClusterError(
                f"There is no context {context!r} in {file}: it has {', '.join(sorted(known)) or 'none'}. "
                "`kfnb cluster add` with another --context changes the profile."
            )
        client = config.new_client_from_config(config_file=kubeconfig, context=context)
    except ConfigException as error:
        raise ClusterError(
            f"The kubeconfig {file} cannot be used: {error}. KUBECONFIG, or the profile's kubeconfig, names another."
        ) from None
    except (OSError, TypeError, KeyError, AttributeError) as error:
        raise ClusterError(f"The kubeconfig {file} cannot be read: {error}.") from None
    return client, str((known[context] if context else active)["context"].get("namespace", "default"))
