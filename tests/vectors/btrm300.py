"""Ventev BTRM300: its published register table."""

from custom_components.battery_bank.monitor.line.link import ReadFunction
from vectors import HubVectors

VECTORS = HubVectors(
    registers={
        ReadFunction.INPUT_REGISTERS: {
            0: 13612,  # battery, mV
            1: 13800,  # charger
            2: 48100,  # supply
            3: 0xFB1E,  # -1250 mA
            4: 0xFFFB,  # -5 °C
            5: 0,
            6: 120,
            12: 17,
        },
        # Low capacity, low voltage, DNP3 enabled, inputs 1 and 2, any fault.
        ReadFunction.DISCRETE_INPUTS: {0: 0, 1: 1, 2: 0, 3: 0, 4: 0, 5: 1},
    },
    values={(0, 1): {"voltage": 13.612, "temperature": -5.0}, (0, 0): {"current": -1.25, "alarm_bits": 0b100010}},
    last=(0, 1, {"voltage": 0, "temperature": 4}),
    nominal_voltage=12.0,
)
