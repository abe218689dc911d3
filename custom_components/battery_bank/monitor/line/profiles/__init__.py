"""The known module families: every file here, but those whose names begin with an underscore.

A file has a `PROFILE`. A hub that also measures strings has a `STRING_PROFILE` besides. A hub of which only the values
of its strings are known has these in `PROFILE`.
"""

from collections.abc import Iterable, Mapping
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


_KNOWN: Final = {profile.key: profile for name in _FILES for profile in profiles_in(name)}
PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(_KNOWN)


def add_own(profiles: Iterable[Profile]) -> None:
    """Add profiles that a user has written; one with the same key is replaced. Modules keep the profile they have."""
    _KNOWN.update({profile.key: profile for profile in profiles})


def profiles_of(measures: Measures) -> list[Profile]:
    """Return the families of battery modules, or those of string modules."""
    return [profile for profile in PROFILES.values() if profile.measures is measures]
