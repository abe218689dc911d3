"""Discharges of PyBaMM's lead-acid model, thinned to small files: `python simulator/truth/pybamm_runs.py FOLDER`.

PyBaMM is not part of the product's environment. Run this file with a Python that has it, for instance one made by
`python3.14 -m venv FOLDER; FOLDER/bin/pip install pybamm==26.10.1.1`. It imports nothing of this project, so that the
files it writes are an independent truth. The product's tests read those files and need no PyBaMM.

The model is `pybamm.lead_acid.Full`: porous electrodes, acid that diffuses and conducts, reaction kinetics (V. Sulzer
et al., J. Electrochem. Soc. 166 (2019) A2363), with the parameters `Sulzer2019` of a 17 Ah VRLA block. These hold at
21.7 °C and leave diffusion and conduction of the acid untouched by temperature. Both are multiplied here by
exp(2174 K · (1/T_ref - 1/T)), the temperature term of Tiedemann and Newman (1979) for the diffusivity of sulphuric
acid, taken from memory of the trade and not from the paper. The model has no coup de fouet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp
import os
from pathlib import Path
import sys
from typing import Any, Final

os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")  # it would ask, or call its makers

import numpy as np
import pybamm  # type: ignore[import-not-found, unused-ignore]

NOMINAL: Final = 17.0  # Ah, of the parameters: the unit of all rates here
LOWEST: Final = 1.60  # V per cell; each run lasts down to there, and a reader stops it where its end voltage is
KELVIN: Final = 273.15
REFERENCE: Final = 294.85  # K, of the parameters
ACTIVATION: Final = 2174.0  # K; see above
TOLERANCE: Final = 0.0005  # V per cell that the straight lines between two kept points may be off
EVERY: Final = 2000  # points of a run before it is thinned
STEP: Final = 1.0  # s that a load takes to change

type Load = Sequence[tuple[float, float]]  # s and rate (discharge positive, 1 is C/1 of `NOMINAL`), straight between


@dataclass(frozen=True, kw_only=True)
class Run:
    """One discharge of a full cell. The last rate of the load lasts to the end."""

    load: Load
    celsius: float = 21.7
    capacity: float = 1.0  # share of the plates' area that is left, of a battery that has lost capacity


def constant(rate: float) -> Load:
    """Return a load that does not change."""
    return ((0.0, rate),)


def steps(*parts: tuple[float, float]) -> Load:
    """Return a load of parts, each so many s at a rate; the length of the last does not count."""
    load: list[tuple[float, float]] = []
    at = 0.0
    for seconds, rate in parts:
        load += [(at + STEP if load else 0.0, rate), (at + seconds, rate)]
        at += seconds
    return load[:-1]


def pulses(low: float, high: float, each: float) -> Load:
    """Return a load that goes to and fro between two rates, each for so many s."""
    return steps(*((each, high if number % 2 else low) for number in range(400)))


RUNS: Final = {
    **{f"constant_{rate:g}c": Run(load=constant(rate)) for rate in (0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 4)},
    **{
        f"constant_{rate:g}c_{celsius:g}_degrees": Run(load=constant(rate), celsius=celsius)
        for celsius in (5, 35)
        for rate in (0.1, 0.2, 1, 4)
    },
    **{f"constant_{rate:g}c_28_percent_lost": Run(load=constant(rate), capacity=0.72) for rate in (0.1, 0.2, 0.3, 1)},
    **{f"constant_{rate:g}c_50_percent_lost": Run(load=constant(rate), capacity=0.5) for rate in (0.2,)},
    # Half-way is where half of what the first rate could give was drawn.
    "step_1c_to_0.3c": Run(load=steps((1900, 1.0), (0, 0.3))),
    "step_1c_to_0.3c_early": Run(load=steps((900, 1.0), (0, 0.3))),
    "step_1c_to_0.3c_5_degrees": Run(load=steps((1700, 1.0), (0, 0.3)), celsius=5),
    "step_1c_to_0.3c_28_percent_lost": Run(load=steps((1200, 1.0), (0, 0.3)), capacity=0.72),
    "step_0.5c_to_0.2c": Run(load=steps((4200, 0.5), (0, 0.2))),
    "step_2c_to_0.5c": Run(load=steps((800, 2.0), (0, 0.5))),
    "step_0.2c_to_1c": Run(load=steps((10800, 0.2), (0, 1.0))),
    "step_0.3c_to_1c": Run(load=steps((7200, 0.3), (0, 1.0))),
    "step_0.1c_to_0.4c": Run(load=steps((21600, 0.1), (0, 0.4))),
    "step_0.5c_to_2c": Run(load=steps((3000, 0.5), (0, 2.0))),
    "steps_0.3c_1c_0.3c": Run(load=steps((4800, 0.3), (1200, 1.0), (0, 0.3))),
    "ramp_0.2c_to_1c": Run(load=((0.0, 0.2), (5400.0, 1.0))),
    "ramp_1c_to_0.2c": Run(load=((0.0, 1.0), (5400.0, 0.2))),
    "pulses_0.25c_0.75c": Run(load=pulses(0.25, 0.75, 600.0)),
}


def solve(run: Run) -> list[tuple[float, float, float]]:
    """Return s, V per cell and rate of a run, thinned."""
    kelvin = run.celsius + KELVIN
    values = pybamm.ParameterValues("Sulzer2019")
    for name in ("Electrolyte diffusivity [m2.s-1]", "Electrolyte conductivity [S.m-1]"):
        values[name] = _warmed(values[name], exp(ACTIVATION * (1 / REFERENCE - 1 / kelvin)))
    for name in ("Ambient temperature [K]", "Initial temperature [K]"):
        values[name] = kelvin
    values["Lower voltage cut-off [V]"] = LOWEST
    # A cell with less area left carries its current on that.
    load = [(at, rate / run.capacity) for at, rate in run.load]
    longest = load[-1][0] + 1.5 * 3600 / load[-1][1]
    times, amperes = zip(*load, (longest, load[-1][1]), strict=False)
    values["Current function [A]"] = pybamm.Interpolant(
        np.array(times), np.array(amperes) * NOMINAL, pybamm.t, interpolator="linear"
    )
    model = pybamm.lead_acid.Full({"surface form": "differential"})
    simulation = pybamm.Simulation(model, parameter_values=values)
    solution = simulation.solve([0, longest])
    end = float(solution.t[-1])
    if end >= longest - 1:
        raise ValueError("The discharge did not reach its end.")
    asked = np.unique(np.concatenate((np.linspace(0, end, EVERY), solution.t, [at for at in times if at < end])))
    volts = solution["Voltage [V]"](asked)
    rates = np.interp(asked, times, np.array(amperes) * run.capacity)
    kept = _thin(asked, volts, {float(at) for at in times})
    return [(float(asked[index]), float(volts[index]), float(rates[index])) for index in kept]


def _warmed(function: Callable[[Any], Any], factor: float) -> Callable[[Any], Any]:
    return lambda concentration: function(concentration) * factor


def _thin(seconds: Any, volts: Any, corners: set[float]) -> list[int]:
    """Return which points must stay so that straight lines between them are near enough (Ramer, Douglas, Peucker)."""
    keep = sorted({0, len(seconds) - 1, *(index for index, at in enumerate(seconds) if float(at) in corners)})
    parts = [(keep[place], keep[place + 1]) for place in range(len(keep) - 1)]
    kept = set(keep)
    while parts:
        first, last = parts.pop()
        if last - first < 2:  # noqa: PLR2004 - nothing lies between
            continue
        line = np.interp(seconds[first : last + 1], seconds[[first, last]], volts[[first, last]])
        off = np.abs(volts[first : last + 1] - line)
        worst = int(np.argmax(off))
        if off[worst] > TOLERANCE:
            kept.add(first + worst)
            parts += [(first, first + worst), (first + worst, last)]
    return sorted(kept)


def main() -> None:
    """Write the runs that the command line names, or all."""
    if len(sys.argv) < 2:  # noqa: PLR2004 - the program and the folder
        sys.exit("usage: python simulator/truth/pybamm_runs.py FOLDER [RUN ...]")
    folder, names = Path(sys.argv[1]), sys.argv[2:] or list(RUNS)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        points = solve(RUNS[name])
        # The first moments, in which the double layer charges, are shorter than a tenth of a second.
        rows = {f"{at:.1f}": f"{at:.1f},{volts:.4f},{rate:.4g}" for at, volts, rate in points}
        title = f"# PyBaMM {pybamm.__version__}, lead_acid.Full, Sulzer2019, {RUNS[name].celsius:g} degrees Celsius"
        lines = (title, "seconds,volts_per_cell,rate", *rows.values())
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
        print(f"{name}: {len(points)} points, {points[-1][0] / 60:.1f} min", flush=True)


if __name__ == "__main__":
    main()
