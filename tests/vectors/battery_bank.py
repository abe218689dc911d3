"""Battery Bank Monitor's own table: docs/plant.md. The string at place 2 begins at 8000."""

from custom_components.battery_bank.monitor.line.link import ReadFunction
from vectors import HubVectors

VECTORS = HubVectors(
    registers={
        ReadFunction.HOLDING_REGISTERS: {
            4001: 2,  # quality of the string: current in part
            4022: 0x8000,  # the string module does not answer
            4023: 0x0000,
            4024: 0x8000,
            4025: 0x8000,
            4500: 1,  # quality of battery 1: current
            4501: 2,  # of battery 2: with implausible values
            5000: 13612,  # voltage of battery 1 at place 1, mV
            5001: 0xFFFF,  # implausible
            5250: 0xFFEE,  # -1.8 °C
            5251: 0x8000,
            5500: 4512,  # µΩ
            5501: 0xFFFF,
            8001: 1,
            8022: 0xFFFF,  # -12500 mA
            8023: 0xCF2C,
            8024: 221,
            8025: 0x8000,
            8749: 1,
            9249: 13555,  # battery 250 at place 2
            9499: 249,
            9749: 0xFFFF,
        }
    },
    values={
        (1, 0): {"current": None, "ambient_temperature": None, "second_temperature": None},
        (1, 1): {"voltage": 13.612, "temperature": -1.8, "resistance": 0.004512},
        (1, 2): {"voltage": None, "temperature": None, "resistance": None},
        (2, 0): {"current": -12.5, "ambient_temperature": 22.1, "second_temperature": None},
        (2, 250): {"voltage": 13.555, "temperature": 24.9, "resistance": None},
    },
    last=(15, 250, {"voltage": 61249, "temperature": 61499, "resistance": 61749}),
    nominal_voltage=12.0,
)
