"""Robotina BM-GW: the maker's documentation of its Modbus variables, version 2."""

from custom_components.battery_bank.monitor.line.link import ReadFunction
from vectors import HubVectors

VECTORS = HubVectors(
    registers={
        ReadFunction.HOLDING_REGISTERS: {
            4: 0xFFFF,  # string_current, high word: -1250 · 0.01 A
            5: 0xFB1E,
            9: 0x0002,  # string_alarm, bit 1: current too high while discharging
            11: 0xFFEE,  # string_ambient_temperature: -18 · 0.1 °C
            100: 1,  # cell 1: cell_status, OK
            101: 13612,  # cell_voltage, 0.001 V
            102: 0x0001,  # cell_resistance, high word: 70000 · 0.001 mΩ
            103: 0x1170,
            104: 253,  # cell_temperature, 0.1 °C
            200: 2,  # error
            201: 13498,
            202: 0,
            203: 4512,
            204: 251,
            12000: 0,  # cell 120: disabled
            12001: 13555,
            12002: 0,
            12003: 0,  # not tested yet
            12004: 249,
        }
    },
    values={
        (0, 1): {"voltage": 13.612, "resistance": 0.07, "temperature": 25.3, "alarm_bits": 1},
        (0, 2): {"voltage": 13.498, "resistance": 0.004512, "temperature": 25.1, "alarm_bits": 2},
        (0, 120): {"voltage": 13.555, "resistance": None, "temperature": 24.9, "alarm_bits": 0},
        (0, 0): {"current": -12.5, "ambient_temperature": -1.8, "alarm_bits": 2},
    },
    last=(0, 120, {"voltage": 12001, "resistance": 12002, "temperature": 12004, "alarm_bits": 12000}),
    nominal_voltage=12.0,
    unit_id=101,  # 100 + string
)
