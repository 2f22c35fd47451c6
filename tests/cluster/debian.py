"""What Debian provides: the packages that the cluster is made of, and the archive that its images are made from."""

from __future__ import annotations

from tests.cluster.shell import ClusterError, call, found, say

PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "iproute2": "ip",
    "util-linux": "nsenter",
    "openssl": "openssl",
    "buildah": "buildah",
    "docker-registry": "docker-registry",
    "debootstrap": "debootstrap",
    "faketime": "faketime",
}
"""Each package with a program of it that shows whether it is there."""
RELEASE = "bookworm"


def missing() -> list[str]:
    """The packages that are not installed."""
    return [package for package, shows in PACKAGES.items() if not found(shows)]


def install() -> None:
    """Install what is missing, without what these packages only recommend."""
    absent = missing()
    if not absent:
        return
    if not found("apt-get"):
        raise ClusterError(f"{', '.join(absent)}: not installed, and this is no Debian with apt-get to do it.")
    say(f"Installing {', '.join(absent)} ...")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    call("apt-get", "-qq", "update", env=quiet)
    call("apt-get", "-qq", "install", "-y", "--no-install-recommends", *absent, env=quiet)


def archive() -> str:
    """The URL that this machine takes Debian's packages from."""
    listed = call("apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(REPO_URI)", "Created-By: Packages")
    for line in sorted(listed.splitlines()):
        origin, codename, url = line.split(maxsplit=2)
        if origin == "Debian" and codename.isalpha():
            return url
    raise ClusterError("apt-get knows no archive of Debian (`apt-get update` reads its lists): the images need one.")
