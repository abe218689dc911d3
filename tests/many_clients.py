"""A program of its own: so many clients read from a Modbus TCP server at once, each as fast as it is answered.

Arguments: port, number of clients, seconds. Prints the number of answers and the longest wait for one in s.
"""

import asyncio
import struct
import sys
import time


async def read(port: int, client: int, ends: float) -> tuple[int, float]:
    """Read blocks of 120 registers until the end; return the number of answers and the longest wait."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers, longest = 0, 0.0
    while (asked := time.monotonic()) < ends:
        first = 5000 + 250 * ((client + answers) % 10)
        writer.write(struct.pack(">HHHBBHH", answers & 0xFFFF, 0, 6, 1, 3, first, 120))
        header = await reader.readexactly(9)
        if header[7:] != bytes([3, 240]):
            raise ValueError(header)
        await reader.readexactly(240)
        answers, longest = answers + 1, max(longest, time.monotonic() - asked)
    writer.close()
    return answers, longest


async def main(port: int, clients: int, seconds: float) -> None:
    """Run all clients."""
    ends = time.monotonic() + seconds
    results = await asyncio.gather(*(read(port, client, ends) for client in range(clients)))
    print(sum(answers for answers, _ in results), max(longest for _, longest in results))  # noqa: T201 - its result


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
