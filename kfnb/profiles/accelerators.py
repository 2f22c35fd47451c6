"""The accelerator types that kfnb knows by itself, and how clouds label the nodes that have them.

A profile's own table comes first. A label's values are those that the clouds' documentation lists: GKE labels nodes
`cloud.google.com/gke-accelerator` (TPUs: `gke-tpu-accelerator`), Karpenter `karpenter.k8s.aws/instance-gpu-name`, EKS
Auto Mode `eks.amazonaws.com/instance-gpu-name`, Amazon's guide to its autoscaler `k8s.amazonaws.com/accelerator`, and
NVIDIA's GPU feature discovery, on any cluster, `nvidia.com/gpu.product`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from kfnb.profiles.profile import Accelerator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.profiles.profile import Profile

_GKE = "cloud.google.com/gke-accelerator"
_GKE_TPU = "cloud.google.com/gke-tpu-accelerator"
_KARPENTER = "karpenter.k8s.aws/instance-gpu-name"
_EKS_AUTO = "eks.amazonaws.com/instance-gpu-name"
_EKS = "k8s.amazonaws.com/accelerator"
_PRODUCT = "nvidia.com/gpu.product"

_NVIDIA: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "p4": ("nvidia-tesla-p4", "p4", ("Tesla-P4",)),
    "p100": ("nvidia-tesla-p100", "p100", ("Tesla-P100-PCIE-16GB",)),
    "v100": ("nvidia-tesla-v100", "v100", ("Tesla-V100-SXM2-16GB", "Tesla-V100-SXM2-32GB", "Tesla-V100-PCIE-16GB")),
    "t4": ("nvidia-tesla-t4", "t4", ("Tesla-T4",)),
    "a10g": ("", "a10g", ("NVIDIA-A10G",)),
    "l4": ("nvidia-l4", "l4", ("NVIDIA-L4",)),
    "l40s": ("", "l40s", ("NVIDIA-L40S",)),
    "a100": ("nvidia-tesla-a100", "a100", ("NVIDIA-A100-SXM4-40GB", "NVIDIA-A100-PCIE-40GB")),
    "a100-80gb": ("nvidia-a100-80gb", "", ("NVIDIA-A100-SXM4-80GB", "NVIDIA-A100-80GB-PCIe")),
    "h100": ("nvidia-h100-80gb", "h100", ("NVIDIA-H100-80GB-HBM3", "NVIDIA-H100-PCIe")),
    "h200": ("nvidia-h200-141gb", "h200", ("NVIDIA-H200",)),
    "b200": ("nvidia-b200", "b200", ("NVIDIA-B200",)),
}
"""Type → GKE's name of it, Amazon's, and those of GPU feature discovery; empty where a cloud has none."""

_TPUS = ("tpu-v4-podslice", "tpu-v5-lite-podslice", "tpu-v5-lite-device", "tpu-v5p-slice", "tpu-v6e-slice")


def accelerator(profile: Profile, type_: str) -> Accelerator | None:
    """Return what `type_` means in the profile's cluster, None if neither the profile nor kfnb knows it."""
    return profile.accelerators.get(type_) or built_in().get(type_)


def known_accelerators(profile: Profile) -> list[str]:
    """Return all types that mean something in the profile's cluster, its own ones first."""
    return [*dict.fromkeys([*profile.accelerators, *built_in()])]


def unnamed_accelerator(profile: Profile, labels: Mapping[str, str]) -> str | None:
    """Return what a node's labels call its accelerator, if no type means it; None if one does, or there is no word."""
    known = [each for type_ in known_accelerators(profile) if (each := accelerator(profile, type_)) is not None]
    named = {
        label: labels[label] for label in (_PRODUCT, _GKE, _GKE_TPU, _KARPENTER, _EKS_AUTO, _EKS) if label in labels
    }
    selected = any(each.node_selector and each.node_selector.items() <= labels.items() for each in known)
    if selected or any(value in each.any_label.get(label, ()) for label, value in named.items() for each in known):
        return None
    return next(iter(named.values()), None)


@functools.cache
def built_in() -> dict[str, Accelerator]:
    """Return what every profile knows. GKE's own names are types too: `nvidia-tesla-t4` is `t4`."""
    table = {type_: _nvidia(*names) for type_, names in _NVIDIA.items()}
    table |= {gke: table[type_] for type_, (gke, _, _) in _NVIDIA.items() if gke}
    return table | {tpu: Accelerator("google.com/tpu", any_label={_GKE_TPU: (tpu,)}) for tpu in _TPUS}


def _nvidia(gke: str, amazon: str, products: tuple[str, ...]) -> Accelerator:
    labels = {_GKE: gke, _KARPENTER: amazon, _EKS_AUTO: amazon, _EKS: f"nvidia-tesla-{amazon}" if amazon else ""}
    return Accelerator(any_label={**{label: (name,) for label, name in labels.items() if name}, _PRODUCT: products})
