"""Shanhe SH 980: the register table in an open program. Reference numbers are 1-based: 410004 is register 10003."""

from custom_components.battery_bank.monitor.line.link import ReadFunction
from vectors import HubVectors

VECTORS = HubVectors(
    registers={
        ReadFunction.HOLDING_REGISTERS: {
            10003: 2251,  # 410004: battery 1, mV
            10004: 2248,
            10005: 2260,
            10247: 2255,  # 410248: battery 245
            10251: 480,  # 410252: battery 1, µΩ
            10252: 0,  # not tested yet
            10253: 512,
            10495: 495,
            10499: 752,  # 410500: battery 1, (25.2 °C + 50) · 10
            10500: 448,  # -5.2 °C
            10501: 750,
            10743: 760,
            11729: 29752,  # 411730: (-24.8 A + 3000) · 10
            11731: 721,  # 411732: (22.1 °C + 50) · 10
        }
    },
    values={
        (0, 1): {"voltage": 2.251, "temperature": 25.2, "resistance": 0.00048},
        (0, 2): {"voltage": 2.248, "temperature": -5.2, "resistance": None},
        (0, 3): {"voltage": 2.26, "temperature": 25.0, "resistance": 0.000512},
        (0, 245): {"voltage": 2.255, "temperature": 26.0, "resistance": 0.000495},
        (0, 0): {"current": -24.8, "ambient_temperature": 22.1},
    },
    last=(0, 245, {"voltage": 10247, "temperature": 10743, "resistance": 10495}),
)
