"""The line: a pseudo-terminal or a gateway in front of the modules, with the time each byte takes.

Framing and checksums are tmodbus' own. What is ours is time and trouble: when an answer has passed the wire,
and what interference or a second module at the same address makes of it.
"""

import asyncio
from collections.abc import Callable
import os
from pathlib import Path
import termios
import time
import tty
from typing import Any, Final, Protocol, cast

from tmodbus.exceptions import (
    IllegalDataAddressError,
    IllegalFunctionError,
    ServerDeviceBusyError,
    SuppressResponseError,
)
from tmodbus.pdu import (
    ReadCoilsPDU,
    ReadDiscreteInputsPDU,
    ReadHoldingRegistersPDU,
    ReadInputRegistersPDU,
    WriteMultipleRegistersPDU,
    WriteSingleRegisterPDU,
)
from tmodbus.server import AsyncRtuOverTcpServer, AsyncTcpServer, ModbusRequestRouter
from tmodbus.utils.crc import calculate_crc16

from .bank import Bank, loop_time
from .interference import spoilt, with_stranger
from .modules import TC, BatteryModule, Module, RefusedRegisterError

BITS_PER_CHARACTER: Final = 10  # 8N1
ANSWER_DELAY: Final = 0.002  # s from the end of a question to the beginning of its answer
QUESTION: Final = 8  # bytes of a question
MBAP_HEADER: Final = 7  # bytes; the unit id is the last of them
# The event loop's timer is late by up to 1 ms. Where time is measured, sleep the last part to the point.
TIMER_GRAIN: Final = 0.0015  # s
LATE: Final = (0.3, 6.0)  # s until an answer that comes after its time-out
OUTPUT_SPEED: Final = 5  # in what `tcgetattr` returns
SPEEDS: Final = {
    getattr(termios, f"B{speed}"): speed for speed in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
}

type Observer = Callable[[float, int, int], None]  # when it was answered (monotonic s), unit id, first register


class Sink(Protocol):
    """Where answers go once they have passed the wire."""

    def __call__(self, data: bytes, /) -> None:
        """Hand the bytes over."""


class Wire:
    """The bus behind a port or gateway: all modules hear every question, and each byte takes its time."""

    def __init__(
        self, bank: Bank, *, delay: float = ANSWER_DELAY, exact: bool = False, observer: Observer | None = None
    ) -> None:
        """Put the modules of `bank` on the wire; `exact` blocks the thread for the last millisecond of a wait."""
        self.bank = bank
        self.handler = ModbusRequestRouter()
        self.speed = bank.baud  # at which the last question came
        self._delay = delay
        self._exact = exact
        self._observer = observer
        self._question_ends = 0.0
        self._second: bytes | None = None  # what a second module says to the question just answered
        self._passing: list[asyncio.TimerHandle] = []  # answers on their way
        self.handler.register(ReadCoilsPDU)(self._read_bits)
        self.handler.register(ReadDiscreteInputsPDU)(self._read_bits)
        self.handler.register(ReadHoldingRegistersPDU)(self._read_holding)
        self.handler.register(ReadInputRegistersPDU)(self._read_input)
        self.handler.register(WriteSingleRegisterPDU)(self._write)
        self.handler.register(WriteMultipleRegistersPDU)(self._write_many)

    def question(self, length: int) -> None:
        """Note that so many bytes of a question have begun to pass."""
        self._question_ends = max(loop_time(), self._question_ends) + length * BITS_PER_CHARACTER / self.speed

    def answer(self, frame: bytes, sink: Sink, *, mbap: bool = False) -> None:
        """Let a frame pass the wire and hand it to `sink` when its last byte has.

        A gateway that speaks Modbus TCP checks what it hears itself, and passes nothing on that is spoilt.
        """
        faults = self.bank.faults
        unit_id = frame[MBAP_HEADER - 1] if mbap else frame[0]
        delay = faults.slow.get(unit_id, self._delay)
        if faults.slow_answers and self.bank.random.random() < faults.slow_answers:
            delay = self.bank.random.uniform(*LATE)
        at = self._question_ends + delay + len(frame) * BITS_PER_CHARACTER / self.speed
        heard = spoilt(self.bank, self._collide(frame))
        if mbap and heard != frame:
            return
        if not mbap:
            heard = with_stranger(self.bank, heard)
        early = TIMER_GRAIN if self._exact else 0.0
        loop = asyncio.get_running_loop()
        self._passing = [answer for answer in self._passing if answer.when() > loop.time()]
        self._passing.append(loop.call_at(at - early, self._deliver, at, heard, sink))

    def cut(self) -> None:
        """Lose the answers that are on their way: the wire ends here now."""
        for answer in self._passing:
            answer.cancel()

    def _deliver(self, at: float, frame: bytes, sink: Sink) -> None:
        if self._exact and (left := at - loop_time()) > 0:
            time.sleep(left)
        sink(frame)

    def _collide(self, frame: bytes) -> bytes:
        """Two modules drive the line at once: what both say survives, and where they differ the stronger one wins."""
        if self._second is None:
            return frame
        unit, pdu = frame[:1], self._second
        self._second = None
        other = unit + pdu + calculate_crc16(unit + pdu)
        return bytes(ours & theirs for ours, theirs in zip(frame, other, strict=True))

    def _module(self, unit_id: int) -> Module:
        """Return the module that answers, or raise what a master notices instead."""
        faults = self.bank.faults
        module = self.bank.modules.get(unit_id) if self._hears() else None
        if module is None or unit_id in faults.dead or module.clock() < module.silent_until:
            raise SuppressResponseError
        if (module.baud or self.bank.baud) != self.speed:  # at another speed it sees no frame at all
            raise SuppressResponseError
        if unit_id in faults.busy:
            raise ServerDeviceBusyError(0x03)
        return module

    def _hears(self) -> bool:
        """Return whether the question reaches its module; interference may spoil it."""
        faults = self.bank.faults
        return not faults.noise_both_ways or all(self.bank.random.random() >= faults.noise for _ in range(QUESTION))

    async def _read_bits(self, unit_id: int, request: ReadCoilsPDU) -> list[bool]:
        module, first = self._module(unit_id), request.start_address
        try:
            return [module.read_bit(request.function_code, bit) for bit in range(first, first + request.quantity)]
        except RefusedRegisterError:
            raise IllegalDataAddressError(request.function_code) from None

    async def _read_holding(self, unit_id: int, request: ReadHoldingRegistersPDU) -> list[int]:
        return await self._read(unit_id, request, refused=self._has_input_registers(unit_id))

    async def _read_input(self, unit_id: int, request: ReadInputRegistersPDU) -> list[int]:
        return await self._read(unit_id, request, refused=not self._has_input_registers(unit_id))

    def _has_input_registers(self, unit_id: int) -> bool:
        module = self.bank.modules.get(unit_id)
        return unit_id in self.bank.faults.only_input or (module is not None and module.input_registers)

    async def _read(
        self, unit_id: int, request: ReadHoldingRegistersPDU | ReadInputRegistersPDU, *, refused: bool
    ) -> list[int]:
        try:
            module = self._module(unit_id)
        except SuppressResponseError:
            await asyncio.sleep(self.bank.faults.gateway_wait)
            raise
        if refused:
            raise IllegalFunctionError(request.function_code)
        if unit_id in self.bank.faults.only_single and request.quantity > 1:
            raise IllegalDataAddressError(request.function_code)
        if foreign := self.bank.faults.foreign.get(unit_id):
            return foreign.pop(0)
        lost = self.bank.faults.lost
        if (left := lost.get((unit_id, request.start_address), 0)) > 0:
            lost[unit_id, request.start_address] = left - 1
            raise SuppressResponseError
        self.bank.advance()
        instead = self.bank.faults.registers.get(unit_id, {})
        if self._observer:
            self._observer(loop_time(), unit_id, request.start_address)
        registers = range(request.start_address, request.start_address + request.quantity)
        try:
            words = [instead[register] if register in instead else module.read(register) for register in registers]
            if second := self.bank.faults.doubled.get(unit_id):
                self._second = request.encode_response([second.read(register) for register in registers])
        except RefusedRegisterError:
            raise IllegalDataAddressError(0x03) from None
        return words

    async def _write(self, unit_id: int, request: WriteSingleRegisterPDU) -> int:
        self._put(unit_id, request.address, request.value, 0x06)
        return request.value

    async def _write_many(self, unit_id: int, request: WriteMultipleRegistersPDU) -> int:
        for register, value in enumerate(request.values, request.start_address):
            self._put(unit_id, register, value, 0x10)
        return len(request.values)

    def _put(self, unit_id: int, register: int, value: int, function: int) -> None:
        module = self._module(unit_id)
        self.bank.advance()
        if unit_id in self.bank.faults.forgetful:
            return
        try:
            module.write(register, value)
        except RefusedRegisterError:
            raise IllegalDataAddressError(function) from None
        if isinstance(module, BatteryModule | TC) and module.unit_id != unit_id:
            del self.bank.modules[unit_id]
            self.bank.modules[module.unit_id] = module


class _Writer:
    """What the servers write their answers to: the wire, and behind it the real thing."""

    def __init__(self, wire: Wire, sink: Sink, *, tcp: asyncio.StreamWriter | None = None, mbap: bool = False) -> None:
        self._wire = wire
        self._sink = sink
        self._tcp = tcp
        self._mbap = mbap

    def write(self, data: bytes) -> None:
        self._wire.answer(bytes(data), self._sink, mbap=self._mbap)

    async def drain(self) -> None:
        pass

    def get_extra_info(self, name: str) -> Any:
        return self._tcp.get_extra_info(name) if self._tcp else None

    def close(self) -> None:
        if self._tcp:
            self._tcp.close()

    async def wait_closed(self) -> None:
        if self._tcp:
            await self._tcp.wait_closed()


class Terminal:
    """A serial port: a pseudo-terminal behind a link that keeps its name, as a USB adapter does under by-id."""

    def __init__(self, wire: Wire, link: Path) -> None:
        """Prepare a port that will be found at `link`."""
        self.link = link
        self._wire = wire
        self._server = AsyncRtuOverTcpServer("", wire.handler)  # its framing; it never listens
        self._ends: tuple[int, int] | None = None
        self._task: asyncio.Task[None] | None = None

    def plug(self) -> None:
        """Make the port appear."""
        near, far = os.openpty()
        tty.setraw(far)
        os.set_blocking(near, False)
        self._ends = (near, far)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(far))
        questions = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        loop.add_reader(near, self._heard, near, far, questions)
        self._task = loop.create_task(self._serve(near, questions))

    async def pull(self) -> None:
        """Make the port vanish, as when the adapter is pulled."""
        if self._ends is None or self._task is None:
            return
        near, far = self._ends
        self._ends = None
        self._wire.cut()
        self.link.unlink(missing_ok=True)
        asyncio.get_running_loop().remove_reader(near)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        os.close(near)
        os.close(far)

    def _heard(self, near: int, far: int, questions: asyncio.StreamReader) -> None:
        data = os.read(near, 4096)
        self._wire.question(len(data))
        if self._wire.bank.faults.echo:
            os.write(near, data)
        self._wire.speed = SPEEDS[termios.tcgetattr(far)[OUTPUT_SPEED]]
        questions.feed_data(data)

    async def _serve(self, near: int, questions: asyncio.StreamReader) -> None:
        def sink(data: bytes) -> None:
            if self._ends and self._ends[0] == near:
                os.write(near, data)

        while True:  # it gives up on a frame that it can't make out; a line does not
            await self._server.handle_client(questions, cast(asyncio.StreamWriter, _Writer(self._wire, sink)))


class Gateway:
    """A gateway on the network: transparent (RTU over TCP), or one that speaks Modbus TCP."""

    def __init__(self, wire: Wire, *, modbus_tcp: bool, host: str = "127.0.0.1", port: int = 0) -> None:
        """Prepare a gateway; port 0 takes a free one, see `start`."""
        self._wire = wire
        self._modbus_tcp = modbus_tcp
        self._host = host
        self._port = port
        self._listening: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._server = (AsyncTcpServer if modbus_tcp else AsyncRtuOverTcpServer)(host, wire.handler)

    async def start(self) -> int:
        """Listen, and return the port."""
        self._listening = await asyncio.start_server(self._client, self._host, self._port)
        port: int = self._listening.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Hang up and stop listening."""
        self._wire.cut()
        if self._listening:
            self._listening.close()
            for writer in self._open:
                writer.close()
            await self._listening.wait_closed()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def sink(data: bytes) -> None:
            bank = self._wire.bank
            if bank.faults.gateway_hangs_up and bank.random.random() < bank.faults.gateway_hangs_up:
                writer.close()
            if not writer.is_closing():
                writer.write(data)
            if self._wire.bank.faults.gateway_closes:
                writer.close()

        questions = asyncio.StreamReader()
        ours = _Writer(self._wire, sink, tcp=writer, mbap=self._modbus_tcp)
        serving = asyncio.create_task(self._server.handle_client(questions, cast(asyncio.StreamWriter, ours)))
        self._open.add(writer)
        try:
            while data := await reader.read(4096):
                self._wire.question(len(data))
                if self._wire.bank.faults.echo and not self._modbus_tcp:
                    sink(data)
                questions.feed_data(data)
        except ConnectionError:
            pass
        finally:
            self._open.discard(writer)
            questions.feed_eof()
            await serving
