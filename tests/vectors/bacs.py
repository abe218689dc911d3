"""Schneider EcoStruxure BMS: user guide DD00594044, registers and flags."""

from custom_components.battery_bank.monitor.line.link import ReadFunction
from vectors import HubVectors

VECTORS = HubVectors(
    registers={
        ReadFunction.HOLDING_REGISTERS: {
            1000: 0x0241,  # running, float charging, a voltage is out of range
            1001: 0,
            1002: 0,
            1003: 2,  # strings
            1004: 80,  # modules
            1010: 0xFFE7,  # string 1: -25 A
            1011: 540,  # V
            1012: 13,  # V
            1013: 0,
            1015: 3,  # string 2: 3 A
            1016: 541,
            1017: 14,
            1018: 0,
            1055: 0,  # string 10
            1056: 0,
            1057: 0,
            1058: 0,
        }
    },
    values={
        (1, 0): {"current": -25.0, "alarm_bits": 0x0241},
        (2, 0): {"current": 3.0, "alarm_bits": 0x0241},
        (10, 0): {"current": 0.0, "alarm_bits": 0x0241},
    },
    last=(10, 0, {"current": 1055, "alarm_bits": 1000}),
    nominal_voltage=12.0,
)
