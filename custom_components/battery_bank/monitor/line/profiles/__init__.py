"""The known module families: every file here, but those whose names begin with an underscore.

A file has a `PROFILE`. A hub that also measures strings has a `STRING_PROFILE` besides.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Final

from ...model import Measures
from ..module_profile import Profile

_FILES: Final = [file.name for file in iter_modules(__path__) if not file.name.startswith("_")]


def profiles_in(name: str) -> list[Profile]:
    """Return the profiles of a file of this folder."""
    file = import_module(f"{__name__}.{name}")
    return [getattr(file, one) for one in ("PROFILE", "STRING_PROFILE") if hasattr(file, one)]


PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {profile.key: profile for name in _FILES for profile in profiles_in(name)}
)


def profiles_of(measures: Measures) -> list[Profile]:
    """Return the families of battery modules, or those of string modules."""
    return [profile for profile in PROFILES.values() if profile.measures is measures]
