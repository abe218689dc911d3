"""DFUN PBAT600: the published part of its register table."""

from custom_components.battery_bank.monitor.line.link import ReadFunction
from vectors import HubVectors

VECTORS = HubVectors(
    registers={
        ReadFunction.HOLDING_REGISTERS: {
            2: 0xF63C,  # the low word of -2500 · 0.01 A
            3: 0xFFFF,
            13: 0x0048,  # bits 3 and 6: voltage low, Hall sensor disconnected
            1600: 2251,  # cell 1, mV
            1601: 2247,
            1899: 2256,  # cell 300
        }
    },
    values={(0, 1): {"voltage": 2.251}, (0, 2): {"voltage": 2.247}, (0, 0): {"current": -25.0, "alarm_bits": 72}},
    last=(0, 300, {"voltage": 1899}),
)
