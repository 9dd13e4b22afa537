"""Runs: one model on one board with one runtime, and what was measured."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tinyrig import _words as words
from tinyrig._connection import Connection, StrPath
from tinyrig._errors import TinyrigError
from tinyrig._table import Column, Table
from tinyrig.v1 import energy_trace_pb2, run_pb2

_PROFILE_FORMATS = {
    "trace": run_pb2.PROFILE_FORMAT_CHROME_TRACE,
    "csv": run_pb2.PROFILE_FORMAT_CSV,
}


class Run:
    """One run, as it was when it was read. `message` is all of it (tinyrig.v1.Run)."""

    def __init__(self, connection: Connection, message: run_pb2.Run) -> None:
        self._connection = connection
        self.message = message

    @property
    def id(self) -> str:
        return self.message.summary.run_id

    @property
    def model(self) -> str:
        return self.message.summary.model_name

    @property
    def board(self) -> str:
        """The board it ran on; the type it asks for while it waits."""
        return self.message.summary.board_id or self.message.summary.board_type

    @property
    def outcome(self) -> str:
        """ "succeeded", "user error", ...; "-" while it has not ended."""
        return words.word(self.message.summary, "outcome")

    @property
    def valid(self) -> bool:
        """Whether its numbers may be trusted; `invalid_reasons` says why not."""
        return self.message.result.validity == run_pb2.VALIDITY_VALID

    @property
    def invalid_reasons(self) -> list[str]:
        return list(self.message.result.invalid_reasons)

    @property
    def emulated(self) -> bool:
        """Measured on an emulated board: instructions, no time; never ranked with silicon."""
        return self.message.result.provenance.emulated

    @property
    def unit(self) -> str:
        """Of its ticks: "cycles", "instructions (emulated)"; "-" before it has a result."""
        if not self.message.result.HasField("provenance"):
            return "-"
        return words.tick_unit(self.message.result.provenance.tick_unit, self.emulated)

    @property
    def latency(self) -> run_pb2.LatencyResult | None:
        return self.message.result.latency if self.message.result.HasField("latency") else None

    @property
    def memory(self) -> run_pb2.MemoryResult | None:
        return self.message.result.memory if self.message.result.HasField("memory") else None

    @property
    def energy(self) -> run_pb2.EnergyResult | None:
        """`energy.method` says whether it was measured or is modelled."""
        return self.message.result.energy if self.message.result.HasField("energy") else None

    def profile(self) -> Table[run_pb2.OperatorProfile]:
        """A row per operator, in the order they ran; empty when no profile was taken."""
        profile = self.message.result.profile
        notes = []
        if profile.operators:
            notes = [
                f"{self.unit}; clean {words.ticks(profile.clean_ticks)}, "
                f"profiled {words.ticks(profile.instrumented_ticks)}, overhead {profile.overhead_ratio:.4%}"
            ]
            notes += self._trust()
        return Table(profile.operators, _PROFILE_COLUMNS, notes)

    def energy_windows(self) -> Table[run_pb2.EnergyWindow]:
        """The windows in which energy was measured; empty when it was not."""
        energy = self.energy
        if energy is None:
            return Table([], _WINDOW_COLUMNS)
        notes = [f"{energy_method(energy)}: {energy.instrument} at {energy.supply_mv} mV", *self._trust()]
        return Table(energy.windows, _WINDOW_COLUMNS, notes)

    def export(self) -> run_pb2.ExportRunResponse:
        """The run with every raw sample of it."""
        request = run_pb2.ExportRunRequest(run_id=self.id)
        response: run_pb2.ExportRunResponse = self._connection.call(self._connection.runs.ExportRun, request)
        return response

    def export_profile(self, format: str = "trace") -> str:
        """The profile as a file's text: "trace" for Perfetto, "csv"."""
        if format not in _PROFILE_FORMATS:
            raise ValueError(f'"{format}" is no format of a profile: {", ".join(_PROFILE_FORMATS)}')
        request = run_pb2.ExportProfileRequest(run_id=self.id, format=_PROFILE_FORMATS[format])
        content: str = self._connection.call(self._connection.runs.ExportProfile, request).content
        return content

    def energy_trace(
        self, first_sample: int = 0, samples: int = 0, max_points: int = 0
    ) -> energy_trace_pb2.GetEnergyTraceResponse:
        """Part of the recording in at most `max_points` points (0: 1000), for charts. `samples` 0: to the end."""
        request = energy_trace_pb2.GetEnergyTraceRequest(
            run_id=self.id, first_sample=first_sample, samples=samples, max_points=max_points
        )
        response: energy_trace_pb2.GetEnergyTraceResponse = self._connection.call(
            self._connection.energy.GetEnergyTrace, request
        )
        return response

    def capture(self) -> tuple[run_pb2.EnergyCapture, bytes]:
        """The instrument's recording: what it is, and its bytes as they came."""
        stream = self._connection.start(
            self._connection.runs.ExportCapture, run_pb2.ExportCaptureRequest(run_id=self.id)
        )
        capture: run_pb2.EnergyCapture | None = None
        data = bytearray()
        for part in self._connection.read(stream):
            if part.HasField("capture"):
                capture = part.capture
            else:
                data += part.data
        if capture is None or len(data) != capture.size_bytes:
            raise TinyrigError("CAPTURE_BROKEN", f"the recording of {self.id} did not come whole", "try again")
        return capture, bytes(data)

    def save_capture(self, path: StrPath) -> run_pb2.EnergyCapture:
        """Writes the recording to `path`, and what it is to `path`.json, as `tinyrig energy export` does."""
        capture, data = self.capture()
        described = {"run": {"runId": self.id}, "capture": words.as_dict(capture)}
        Path(f"{path}.json").write_text(json.dumps(described, indent=1) + "\n")
        Path(path).write_bytes(data)
        return capture

    def _trust(self) -> list[str]:
        result = self.message.result
        return [f"INVALID: {reason}" for reason in result.invalid_reasons]

    def __str__(self) -> str:
        return str(run_table([self]))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return run_table([self])._repr_html_()


def energy_method(energy: run_pb2.EnergyResult) -> str:
    """ "measured" or "modelled": the two never rank with each other."""
    return words.word(energy, "method")


def _median(run: Run) -> str | None:
    if run.latency is None:
        return None
    return words.ticks(run.latency.median_ticks) + ("" if run.valid else " INVALID")


def _unit(run: Run) -> str | None:
    if run.latency is None:
        return None
    us = run.latency.median_us
    return run.unit + (f" = {words.scaled(us, 's')}" if us > 0 else "")


class _RunTable(Table[Run]):
    """People read one column where programs want several."""

    def to_dicts(self) -> list[Any]:
        return [_run_values(run) for run in self]

    def to_pandas(self) -> Any:
        import pandas

        return pandas.DataFrame(self.to_dicts())


def _run_values(run: Run) -> Any:
    latency, memory, energy = run.latency, run.memory, run.energy
    low, high = (words.bounds(latency.median_interval_ticks) if latency else None) or (None, None)
    values = {
        "run": run.id,
        "model": run.model,
        "board": run.board,
        "board_type": run.message.summary.board_type,
        "runtime": run.message.summary.runtime,
        "outcome": run.outcome,
        "reason": run.message.summary.reason,
        "valid": run.valid,
        "emulated": run.emulated,
        "unit": run.unit,
        "median_ticks": latency.median_ticks if latency else None,
        "low_ticks": low,
        "high_ticks": high,
        "median_us": latency.median_us if latency and latency.median_us > 0 else None,
        "count": latency.count if latency else None,
        "sessions": latency.sessions if latency else None,
        "arena_bytes": memory.arena_used_bytes if memory else None,
        "flash_bytes": _flash_bytes(run),
        "verified": words.verification(run.message.result.verification),
    }
    if energy is not None:
        values["energy_uj"] = energy.energy_per_inference_uj
        bounds = words.bounds(energy.interval_uj)
        values["energy_low_uj"], values["energy_high_uj"] = bounds or (None, None)
        values["energy_uncertainty_uj"] = energy.uncertainty_uj
        values["energy_method"] = energy_method(energy)
    return values


def _flash_bytes(run: Run) -> int | None:
    """Of the agent, and of the model where it lies there."""
    if run.memory is None:
        return None
    in_flash = run.message.result.provenance.placement == "flash_slot"
    return run.memory.agent_flash_bytes + (run.memory.packed_model_bytes if in_flash else 0)


def _interval(run: Run) -> str | None:
    if run.latency is None:
        return None
    bounds = words.bounds(run.latency.median_interval_ticks)
    return "unknown" if bounds is None else words.interval(bounds)


def _samples(run: Run) -> str | None:
    return words.samples(run.latency.count, run.latency.sessions) if run.latency else None


def _energy(run: Run) -> str | None:
    if run.energy is None:
        return None
    number = words.scaled(run.energy.energy_per_inference_uj, "J")
    return f"{number} ({energy_method(run.energy)})" + ("" if run.valid else " INVALID")


def _energy_interval(run: Run) -> str | None:
    if run.energy is None:
        return None
    bounds = words.bounds(run.energy.interval_uj)
    return "unknown" if bounds is None else words.interval_alike(bounds, run.energy.energy_per_inference_uj, "J")


def _ended(run: Run) -> str:
    summary = run.message.summary
    state = run.outcome if run.outcome != "-" else words.word(summary, "state")
    return f"{state} {summary.reason}".strip()


_RUN_COLUMNS: list[Column[Run]] = [
    Column("model", lambda run: run.model),
    Column("board", lambda run: run.board),
    Column("runtime", lambda run: run.message.summary.runtime),
    Column("median", _median, right=True),
    Column("95 % interval", _interval),
    Column("unit", _unit),
    Column("n×sessions", _samples),
    Column("arena", lambda run: run.memory.arena_used_bytes if run.memory else None, words.size, right=True),
    Column("flash", _flash_bytes, words.size, right=True),
    Column("verified", lambda run: words.verification(run.message.result.verification)),
    Column("outcome", _ended),
    Column("run", lambda run: run.id),
]


_ENERGY_COLUMNS: list[Column[Run]] = [
    Column("energy/inference", _energy, right=True),
    Column("its 95 % interval", _energy_interval),
    Column("windows", lambda run: len(run.energy.windows) if run.energy else None, right=True),
]


def run_table(runs: Iterable[Run]) -> Table[Run]:
    """The table of results; why a number is not valid, or a run failed, stands below it."""
    runs = list(runs)
    columns = list(_RUN_COLUMNS)
    if any(run.energy is not None for run in runs):
        columns[-2:-2] = _ENERGY_COLUMNS
    notes = []
    for run in runs:
        if run.outcome not in ("-", "succeeded"):
            notes.append(f"{run.model} on {run.board}: {run.outcome}: {run.message.summary.message}")
        notes += [f"  {reason}" for reason in run.invalid_reasons]
    return _RunTable(runs, columns, notes)


_PROFILE_COLUMNS: list[Column[run_pb2.OperatorProfile]] = [
    Column("#", lambda op: op.index, right=True),
    Column("operator", lambda op: op.kind),
    Column("shape", lambda op: op.shape),
    Column("macs", lambda op: op.macs, "{:,}".format, right=True),
    Column("ticks", lambda op: op.ticks, words.ticks, right=True),
    Column("share", lambda op: op.share, "{:.1%}".format, right=True),
    Column("weight_bytes", lambda op: op.weight_bytes, "{:,}".format, right=True),
    Column("arena_live_bytes", lambda op: op.arena_live_bytes, "{:,}".format, right=True),
    Column("kernel", lambda op: op.kernel),
]

_WINDOW_COLUMNS: list[Column[run_pb2.EnergyWindow]] = [
    Column("inferences", lambda window: window.inferences, right=True),
    Column("energy_uj", lambda window: window.energy_uj, "{:,.1f}".format, right=True),
    Column("mean_current_ua", lambda window: window.mean_current_ua, "{:,.1f}".format, right=True),
    Column("instrument_us", lambda window: window.instrument_us, "{:,.0f}".format, right=True),
    Column("board_us", lambda window: window.board_us, "{:,.0f}".format, right=True),
    Column("lost_samples", lambda window: window.lost_samples, right=True),
    Column("saturated_samples", lambda window: window.saturated_samples, right=True),
]
