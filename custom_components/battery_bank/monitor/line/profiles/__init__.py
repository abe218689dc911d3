"""The known module families, one file each: a new family is a new file here and nothing else."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Final

from ...model import Measures
from ..profile import Profile

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {
        profile.key: profile
        for profile in (import_module(f"{__name__}.{file.name}").PROFILE for file in iter_modules(__path__))
    }
)


def profiles_of(measures: Measures) -> list[Profile]:
    """Return the families that sit on a battery, or those that sit on a string."""
    return [profile for profile in PROFILES.values() if profile.measures is measures]
