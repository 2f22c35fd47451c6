"""Cluster profiles: what `--on NAME` means. One TOML file holds them; it never holds a credential.

`profile` is the data, `accelerators` what accelerator types mean, `reading` and `checks` the file and what can be wrong
with it.
"""

from __future__ import annotations

from kfnb.profiles.accelerators import accelerator, known_accelerators, unnamed_accelerator
from kfnb.profiles.profile import FROM_NAMESPACE, GPU, Accelerator, Profile, Profiles
from kfnb.profiles.reading import find_profile, profiles_file, read_profiles

__all__ = [
    "FROM_NAMESPACE",
    "GPU",
    "Accelerator",
    "Profile",
    "Profiles",
    "accelerator",
    "find_profile",
    "known_accelerators",
    "profiles_file",
    "read_profiles",
    "unnamed_accelerator",
]
