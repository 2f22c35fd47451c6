"""A certificate authority of the cluster's own, and who is who: certificates and kubeconfigs, made by openssl."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.cluster.places import ADDRESS, API, FIRST_SERVICE, NODES, RUN
from tests.cluster.shell import call, write

FOLDER = RUN / "certificates"
AUTHORITY = FOLDER / "ca.crt"
AUTHORITY_KEY = FOLDER / "ca.key"
CONTEXT = "kfnb-test"
"""The context's name in every kubeconfig."""
KUBECONFIG = RUN / "kubeconfig"
"""The administrator's."""
_OPENSSL = ("faketime", "-f", "-1d", "openssl")
"""So that a machine whose clock is an hour behind takes the certificates of a cluster that was made just now."""
_DAY = 24 * 60 * 60
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def certificate(name: str) -> tuple[Path, Path]:
    """Where a certificate and its key lie."""
    return FOLDER / f"{name}.crt", FOLDER / f"{name}.key"


def kubeconfig(name: str) -> Path:
    """Where the kubeconfig of a part of the control plane or of a node lies."""
    return FOLDER / f"{name}.kubeconfig"


def expired(token: str) -> str:
    """This token of a service account as the cluster would have given it two days ago, for a day."""
    head, said, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(said + "=="))
    now = int(time.time())
    claims |= {"iat": now - 2 * _DAY, "nbf": now - 2 * _DAY, "exp": now - _DAY}
    signed = f"{head}.{_base64(json.dumps(claims).encode())}"
    key = load_pem_private_key(certificate("service-accounts")[1].read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    numbers = decode_dss_signature(key.sign(signed.encode(), ECDSA(SHA256())))
    return f"{signed}.{_base64(b''.join(number.to_bytes(32) for number in numbers))}"


def _base64(what: bytes) -> str:
    return base64.urlsafe_b64encode(what).rstrip(b"=").decode()


def make() -> None:
    """Everything that the cluster's parts show each other."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    FOLDER.chmod(0o700)
    call(*_OPENSSL, "req", "-x509", *_KEY, "-days", "30", "-subj", "/CN=kfnb-test", "-keyout", AUTHORITY_KEY,
         "-out", AUTHORITY)  # fmt: skip
    names = ",".join(f"DNS:{name}" for name in ("kubernetes", "kubernetes.default", "kubernetes.default.svc"))
    _sign("api-server", "/CN=kube-apiserver", f"IP:{ADDRESS},IP:127.0.0.1,IP:{FIRST_SERVICE},{names}")
    _sign("api-server-client", "/O=system:masters/CN=kube-apiserver-kubelet-client")
    _sign("service-accounts", "/CN=service-accounts")
    for part in ("kube-controller-manager", "kube-scheduler", "kube-proxy"):
        _identity(part, f"/CN=system:{part}")
    _identity("admin", "/O=system:masters/CN=admin")
    for node in NODES:
        _identity(node.name, f"/O=system:nodes/CN=system:node:{node.name}", f"IP:{node.address},DNS:{node.name}")
    KUBECONFIG.write_bytes(kubeconfig("admin").read_bytes())
    KUBECONFIG.chmod(0o600)


def _identity(name: str, subject: str, names: str = "") -> None:
    """A certificate, and a kubeconfig that shows it."""
    _sign(name, subject, names)
    shown, key = certificate(name)
    user = {"client-certificate": str(shown), "client-key": str(key)}
    cluster = {"server": API, "certificate-authority": str(AUTHORITY)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": name}}],
        "current-context": CONTEXT,
    }
    write(kubeconfig(name), json.dumps(document, indent=1), 0o600)


def _sign(name: str, subject: str, names: str = "") -> None:
    """A key, and its certificate for `subject`, good for the given names and addresses, signed by the authority."""
    shown, key = certificate(name)
    more = ("-addext", f"subjectAltName={names}") if names else ()
    request = call(*_OPENSSL, "req", *_KEY, "-subj", subject, *more, "-keyout", key)
    call(*_OPENSSL, "x509", "-req", "-days", "30", "-CA", AUTHORITY, "-CAkey", AUTHORITY_KEY, "-CAcreateserial",
         "-copy_extensions", "copyall", "-out", shown, text=request)  # fmt: skip
