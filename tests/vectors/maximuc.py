"""maximuc: the layout of its table in the open program; two registers for each value, 10000 for each string."""

from custom_components.battery_bank.monitor.line.link import ReadFunction
from vectors import HubVectors

VECTORS = HubVectors(
    registers={
        ReadFunction.INPUT_REGISTERS: {
            1000: 0,
            1001: 480,  # string 1, cell 1: R, as the module has it: 480 µΩ
            1002: 0,
            1003: 0,  # not tested yet
            1300: 0,
            1301: 2251,
            1302: 0,
            1303: 2247,
            1600: 0,
            1601: 253,
            1602: 0xFFFF,  # -1.8 °C is 0x8012 in the module, which is below 0 as a number with a sign
            1603: 0x8012,
            3000: 0xFFFF,
            3001: 0x83EE,  # -100.6 A
            3100: 0,
            3101: 221,
            11298: 0,
            11299: 512,  # string 2, cell 150: 1000 + 10000 + 149 · 2
            11598: 0,
            11599: 2260,
            11898: 0,
            11899: 249,
            13000: 0,
            13001: 12,
            13100: 0,
            13101: 225,
        }
    },
    values={
        (1, 1): {"voltage": 2.251, "temperature": 25.3, "resistance": 0.00048},
        (1, 2): {"voltage": 2.247, "temperature": -1.8, "resistance": None},
        (1, 0): {"current": -100.6, "ambient_temperature": 22.1},
        (2, 150): {"voltage": 2.26, "temperature": 24.9, "resistance": 0.000512},
        (2, 0): {"current": 1.2, "ambient_temperature": 22.5},
    },
    last=(6, 150, {"voltage": 51599, "temperature": 51899, "resistance": 51299}),
)
