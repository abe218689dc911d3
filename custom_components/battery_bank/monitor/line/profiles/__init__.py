"""The known module families: every file here with a `PROFILE`, but those whose names begin with an underscore."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Final

from ...model import Measures
from ..module_profile import Profile

_FILES: Final = [file.name for file in iter_modules(__path__) if not file.name.startswith("_")]

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {profile.key: profile for profile in (import_module(f"{__name__}.{name}").PROFILE for name in _FILES)}
)


def profiles_of(measures: Measures) -> list[Profile]:
    """Return the families of battery modules, or those of string modules."""
    return [profile for profile in PROFILES.values() if profile.measures is measures]
