"""The time of a test, see `simulator.virtual_time`."""

from simulator.virtual_time import VirtualTimeLoop, WallClock, hurried

__all__ = ["VirtualTimeLoop", "WallClock", "hurried"]
