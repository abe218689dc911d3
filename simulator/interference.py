"""What interference and a second master make of an answer on the wire."""

from tmodbus.utils.crc import calculate_crc16

from .bank import Bank


def spoilt(bank: Bank, frame: bytes) -> bytes:
    """Return what arrives of an answer: changed bits, a changed count, a run of other bytes."""
    random, faults = bank.random, bank.faults
    if (left := faults.counts.get(frame[0], 0)) > 0:
        faults.counts[frame[0]] = left - 1
        frame = frame[:2] + bytes([frame[2] ^ 0x80]) + frame[3:]
    arrived = frame
    if chance := faults.noise:
        arrived = bytes(byte ^ (1 << random.randrange(8)) if random.random() < chance else byte for byte in arrived)
    if faults.bursts and random.random() < faults.bursts:
        first = random.randrange(len(arrived))
        last = random.randint(first + 1, len(arrived))
        arrived = arrived[:first] + random.randbytes(last - first) + arrived[last:]
    if arrived != frame and calculate_crc16(arrived[:-2]) == arrived[-2:]:
        faults.undetectable += 1  # one in 65,536; no master can recognise it
        return frame
    return arrived


def with_stranger(bank: Bank, frame: bytes) -> bytes:
    """Put before, behind or in place of an answer one to another master, whole and with its checksum."""
    random, faults = bank.random, bank.faults
    if not faults.strangers or random.random() >= faults.strangers:
        return frame
    unit_id = random.choice([one for one in (*bank.modules, random.randint(1, 247)) if one != frame[0]])
    count = random.choice((2, 4, 6, 8))
    body = bytes([unit_id, random.choice((3, 4, 6, 0x83)), count]) + random.randbytes(count)
    stranger = body + calculate_crc16(body)
    return random.choice((stranger, stranger + frame, frame + stranger, stranger[: len(stranger) // 2], frame * 2))
