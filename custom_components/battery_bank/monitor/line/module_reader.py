"""Reading the values of a module: in one request, or in another way if the module refuses that."""

from typing import Final

from ..errors import RefusedError
from .link import Answer, Link, ReadFunction
from .module import Module

# A module that refuses to be read is tried in all ways, and again after so many refusals in a row.
TRY_AGAIN: Final = 20
OTHER: Final = {
    ReadFunction.HOLDING_REGISTERS: ReadFunction.INPUT_REGISTERS,
    ReadFunction.INPUT_REGISTERS: ReadFunction.HOLDING_REGISTERS,
}


async def read_values(link: Link, module: Module, timeout: float) -> Answer:
    """Return the registers of the module's block, or raise as `Link.read` does.

    A module that refuses the request is asked with the other function, then for each register alone. The way that it
    answers is used from then on. A module that refuses one of the registers even then is of another family. For a
    battery of a hub, the link finds out what the hub answers.
    """
    if module.profile.of_hub:
        return await link.read(module.unit_id, *module.profile.block, timeout)
    try:
        return await _read(link, module, timeout)
    except RefusedError:
        if module.misses % TRY_AGAIN:
            raise
        function, single = module.function, module.single
        own = module.profile.read_function
        for module.function, module.single in ((own, False), (OTHER[own], False), (own, True), (OTHER[own], True)):
            try:
                return await _read(link, module, timeout)
            except RefusedError:
                continue
        module.function, module.single = function, single
        raise


async def _read(link: Link, module: Module, timeout: float) -> Answer:
    first, count = module.profile.block
    if not module.single:
        return await link.read(module.unit_id, first, count, timeout, module.function)
    answers = [
        await link.read(module.unit_id, register, 1, timeout, module.function)
        for register in range(first, first + count)
    ]
    return Answer([word for one in answers for word in one.words], max(one.took for one in answers))
