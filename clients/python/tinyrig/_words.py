"""Numbers, sizes, times and the API's names as people read them, as the command line writes them."""

from __future__ import annotations

import json
import math
from typing import Any, cast

from google.protobuf import json_format

from tinyrig.v1 import board_pb2, common_pb2, run_pb2


def word(message: Any, field: str) -> str:
    """An enum's value without its prefix: OUTCOME_USER_ERROR is "user error"; "-" while it is unset."""
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    return enum_word(enum, getattr(message, field))


def enum_word(enum: Any, number: int) -> str:
    names: dict[int, str] = {value.number: value.name for value in enum.values}
    prefix = names[0][: -len("UNSPECIFIED")]
    return "-" if number == 0 else names.get(number, str(number))[len(prefix) :].replace("_", " ").lower()


def ticks(value: float) -> str:
    """Whole numbers grouped; with a fraction, one decimal."""
    rounded = math.floor(value * 10 + 0.5) / 10  # halves go up, as everywhere in TinyRig
    return f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"


def size(value: float) -> str:
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    unit = units[0]
    return f"{value:.0f} {unit}" if value == int(value) else f"{value:.1f} {unit}"


def bounds(interval: run_pb2.Interval) -> tuple[float, float] | None:
    """None: unknown."""
    return (interval.low, interval.high) if interval.known else None


def interval(value: tuple[float, float]) -> str:
    return f"[{ticks(value[0])}, {ticks(value[1])}]"


def samples(count: int, sessions: int) -> str:
    if sessions == 0:
        return "-"
    return f"{count // sessions}x{sessions}" if count % sessions == 0 else f"{count} in {sessions}"


def _scale(micro: float) -> tuple[float, str]:
    """The unit that reads best: its millionths, its prefix. Whatever rounds to 1000 has the next one."""
    magnitude = abs(micro) * 1.00005
    scales = ((1e6, ""), (1e3, "m"), (1.0, "u"))
    return next(((factor, prefix) for factor, prefix in scales if magnitude >= factor), (1e-3 if micro else 1.0, "n"))


def _digits(value: float) -> int:
    magnitude = abs(value) * 1.00005
    return 0 if value == 0 else 1 if magnitude >= 100 else 2 if magnitude >= 10 else 3


def scaled(micro: float, unit: str) -> str:
    """Millionths in the unit that reads best, four digits."""
    factor, prefix = _scale(micro)
    return f"{micro / factor:.{_digits(micro / factor)}f} {prefix}{unit}"


def interval_alike(bounds: tuple[float, float], micro: float, unit: str) -> str:
    """In the unit of its value, with digits enough to tell its ends apart."""
    factor, prefix = _scale(micro)
    low, high = (bound / factor for bound in bounds)
    digits = _digits(micro / factor)
    if high > low:
        digits = max(digits, min(6, 1 - math.floor(math.log10(high - low))))
    return f"[{low:.{digits}f}, {high:.{digits}f}] {prefix}{unit}"


_TICK_UNITS = {
    common_pb2.TICK_UNIT_INSTRUCTIONS: "instructions",
    common_pb2.TICK_UNIT_CYCLES: "cycles",
    common_pb2.TICK_UNIT_NANOSECONDS: "ns",
    common_pb2.TICK_UNIT_TIMER_TICKS: "timer ticks",
}


def tick_unit(unit: int, emulated: bool) -> str:
    """Emulated numbers say so."""
    return _TICK_UNITS.get(cast(Any, unit), "ticks") + (" (emulated)" if emulated else "")


def verification(value: run_pb2.Verification) -> str:
    if value.inputs_checked == 0:
        return "-"
    text = f"{value.inputs_matched}/{value.inputs_checked} {word(value, 'against')}"
    return text if value.inputs_matched == value.inputs_checked else "NO: " + text


def time(stamp: Any) -> str:
    return f"{stamp.ToDatetime():%Y-%m-%d %H:%M:%S}Z" if stamp.seconds else "-"


def runtimes(agent: board_pb2.AgentIdentity) -> str:
    return ", ".join(f"{one.name} {one.version}".strip() for one in agent.runtimes) or "-"


def as_dict(message: Any) -> dict[str, Any]:
    """A message in protobuf's JSON with every field, as `tinyrig --json` prints it: 64-bit integers are strings."""
    try:
        text = json_format.MessageToJson(message, including_default_value_fields=True)
    except TypeError:  # protobuf 5 and later
        text = json_format.MessageToJson(message, always_print_fields_with_no_presence=True)
    return cast(dict[str, Any], json.loads(text))
