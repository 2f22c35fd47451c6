"""What registries say of images, asked without credentials: whether an image is there, and for which processors it is.

`there.py` asks while it asks the cluster. What a registry does not tell everybody, or not at once, is unknown and no
mistake: nodes may have credentials, mirrors or images that this machine has not. The requests are those of the OCI
distribution specification (https://github.com/opencontainers/distribution-spec/blob/main/spec.md), and for a token
those of https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec
import urllib3

from kfnb.artifacts import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

DEADLINE = 1.5
"""Seconds that all registries together are given: a run is not kept waiting for one that is slow or away."""

_PATIENCE = urllib3.Timeout(connect=1.0, read=1.0)
_HUB, _HUB_API = "docker.io", "registry-1.docker.io"
_MOST = 4 << 20
"""Bytes of a manifest or configuration that are read; the specification lets a registry refuse larger ones."""
_LISTS = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_SINGLE = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
_WITHOUT_TLS = re.compile("WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE")
"""So OpenSSL, by its version, says that what answers speaks no TLS."""
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class Seen(msgspec.Struct, frozen=True):
    """What is known of an image. `there`: None if that is not known, and `why` then says what stood against it.

    `processors`: those it is made for, by Go's names (`amd64`), as nodes name theirs; empty if that is not known.
    `digest`: of what its name means now; "" if that is not known.
    """

    there: bool | None
    why: str = ""
    processors: tuple[str, ...] = ()
    digest: str = ""


class Answer(NamedTuple):
    """What a registry answered. Names of headers may be asked for in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Reference(NamedTuple):
    """An image's name in full, as nodes know it: `docker.io/library/python:3.12` for `python:3.12`."""

    host: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.host}/{self.name}{'@' if ':' in self.version else ':'}{self.version}"


def reference(image: str) -> Reference:
    """Return an image's name in full. One with a tag and a digest is what the digest says."""
    first, slash, rest = image.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = _HUB, image if slash else f"library/{image}"
    name, _, digest = rest.partition("@")
    path, _, tag = name.rpartition(":") if ":" in name.rpartition("/")[2] else (name, "", "latest")
    return Reference(first, path, digest or tag)


def look(images: Iterable[str], memory: Path, *, seconds: float) -> dict[str, Seen]:
    """Ask for all images at once. `memory`: a folder for what is true of a digest for ever. Takes at most `seconds`."""
    seen: dict[str, Seen] = {}
    asking = [_Asking(image, memory, seen) for image in dict.fromkeys(images)]
    until = time.monotonic() + seconds
    for each in asking:
        each.start()
    for each in asking:
        each.join(max(0.0, until - time.monotonic()))
    late = Seen(None, f"its registry did not answer within {seconds:g} seconds")
    return {each.image: seen.get(each.image, late) for each in asking}


class _Asking(threading.Thread):
    """Asks for one image. A daemon: a name that is looked up for long keeps no process from ending."""

    def __init__(self, image: str, memory: Path, seen: dict[str, Seen]) -> None:
        super().__init__(name=f"kfnb asks for {image}", daemon=True)
        self.image = image
        self._memory, self._seen = memory, seen

    def run(self) -> None:
        """Note whether the image is there, then for which processors."""
        named = reference(self.image)
        if _is_this_machine(named.host):
            self._note(Seen(None, f"{named.host} is another machine for each node"))
            return
        try:
            self._ask(_Registry(named))
        except Exception:  # whatever was answered, if anything: it is unknown then, and refuses nothing
            if self.image not in self._seen:
                self._note(Seen(None, f"its registry {named.host} cannot be reached from this machine"))

    def _note(self, seen: Seen) -> None:
        self._seen[self.image] = seen

    def _ask(self, registry: _Registry) -> None:
        there = registry.there()
        self._note(there)
        if there.there and (processors := _processors(registry, self._memory)):
            self._note(msgspec.structs.replace(there, processors=processors))


def _is_this_machine(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(name).is_loopback
    return name == "localhost" or name.endswith(".localhost")


def _processors(registry: _Registry, memory: Path) -> tuple[str, ...]:
    """Return what an image is made for; asked once a digest, as Docker's registry counts each asking as a pull."""
    place = memory / f"{registry.digest.replace(':', '-')}.json" if registry.digest else None
    if place is not None:
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode(place.read_bytes(), type=tuple[str, ...])
    found = registry.processors()
    if place is not None and found:
        with contextlib.suppress(OSError):  # then it is asked again
            place.parent.mkdir(parents=True, exist_ok=True)
            files.replace(place, msgspec.json.encode(found))
    return found


class _Registry:
    """One image in its registry. `digest`: of what its name means, once it is known to be there."""

    def __init__(self, named: Reference) -> None:
        self._named = named
        self._base = f"https://{_HUB_API if named.host == _HUB else named.host}"
        self._token: str | None = None
        self.digest = ""

    def there(self) -> Seen:
        """Say whether the image is there, as far as everybody may know it."""
        answer = self._manifest("HEAD")
        if answer.status == 200:
            self.digest = answer.headers.get("Docker-Content-Digest", "")
            return Seen(there=True, digest=self.digest)
        if answer.status == 404 and _speaks_as_registry(self._manifest("GET")):
            return Seen(there=False)
        if answer.status in (401, 403):
            return Seen(None, f"its registry {self._named.host} wants credentials")
        return Seen(None, f"its registry {self._named.host} answers with status {answer.status}")

    def processors(self) -> tuple[str, ...]:
        """Return the processors that the image is made for."""
        manifest = _content(self._manifest("GET"))
        if "manifests" in manifest:  # what is no image for a processor, such as a signature, is of an unknown one
            platforms = [each.get("platform") or {} for each in manifest["manifests"]]
            found = {each.get("architecture") for each in platforms if each.get("os") == "linux"}
        else:
            blob = self._send("GET", f"/v2/{self._named.name}/blobs/{manifest['config']['digest']}", {})
            found = {_content(blob).get("architecture")}
        return tuple(sorted(each for each in found if isinstance(each, str) and each))

    def _manifest(self, method: str) -> Answer:
        path = f"/v2/{self._named.name}/manifests/{self._named.version}"
        return self._send(method, path, {"Accept": ", ".join((*_LISTS, *_SINGLE))})

    def _send(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """Ask, with a token that everybody gets where the registry wants one."""
        answer = self._asked(method, path, headers)
        challenge = answer.headers.get("WWW-Authenticate", "")
        if answer.status == 401 and self._token is None and challenge.lower().startswith("bearer "):
            self._token = _token(dict(_CHALLENGE.findall(challenge)))
            answer = self._asked(method, path, headers) if self._token else answer
        return answer

    def _asked(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        given = {**headers, "Authorization": f"Bearer {self._token}"} if self._token else headers
        try:
            return _request(method, self._base + path, given)
        except urllib3.exceptions.HTTPError as error:
            if self._token or not _WITHOUT_TLS.search(str(error)):
                raise
            self._base = self._base.replace("https:", "http:")  # it has no TLS at all; nothing secret is sent
            return _request(method, self._base + path, given)


def _token(challenge: Mapping[str, str]) -> str | None:
    """Return the token that a registry's own place for them gives to everybody; None if it gives none."""
    query = urlencode({name: challenge[name] for name in ("service", "scope") if name in challenge})
    answer = _request("GET", f"{challenge.get('realm', '')}?{query}", {})
    content = _content(answer) if answer.status == 200 else {}
    return content.get("token") or content.get("access_token")


def _request(method: str, url: str, headers: Mapping[str, str]) -> Answer:
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError(f"{url} is no address of a registry")
    proxy = None if proxy_bypass(address.hostname) else getproxies().get(address.scheme)
    retries = urllib3.Retry(None, connect=0, read=0, other=0, redirect=3, raise_on_redirect=False)
    more: dict[str, Any] = {"timeout": _PATIENCE, "retries": retries, "ssl_context": ssl.create_default_context()}
    pool = urllib3.ProxyManager(proxy, **more) if proxy else urllib3.PoolManager(**more)
    with pool:
        answer = pool.request(method, url, headers=dict(headers), preload_content=False)
        return Answer(answer.status, answer.headers, answer.read(_MOST))


def _content(answer: Answer) -> dict[str, Any]:
    """Return what was answered in JSON; empty where it is none."""
    try:
        content = json.loads(answer.body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _speaks_as_registry(answer: Answer) -> bool:
    """Say whether a registry answered, and not something between it and this machine."""
    return answer.status == 404 and isinstance(_content(answer).get("errors"), list)
