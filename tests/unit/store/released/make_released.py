#!/usr/bin/env python3
"""Writes a database of each released schema as SQL text: NNNN.sql beside this file, from db/migrations up to NNNN and
rows in every table that it had. Run once for a release's schema; what is there is history and stays as it is.

make_released.py [NUMBER]
"""
import pathlib
import sqlite3
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[3]
START_US = 1_700_000_000_000_000
MINUTE_US = 60_000_000
MODEL = "a" * 64
UNUSED = "b" * 64


def encoded(message, proto, text):
    """Protobuf bytes of a text-format message."""
    return subprocess.run(["protoc", f"-I{ROOT}/proto", f"--encode=tinyrig.v1.{message}", f"tinyrig/v1/{proto}.proto"],
                          input=text.encode(), capture_output=True, check=True).stdout


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zstd(data):
    return subprocess.run(["zstd", "-q", "-3", "-c", f"--stream-size={len(data)}"], input=data, capture_output=True,
                          check=True).stdout


def samples(ticks):
    """As server/store/sample_codec.h says."""
    deltas = b""
    before = 0
    for tick in ticks:
        difference = tick - before
        deltas += varint(difference << 1 if difference >= 0 else (-difference << 1) - 1)
        before = tick
    return varint(len(ticks)) + varint(len(deltas)) + zstd(deltas)


def result(median):
    return encoded("RunResult", "run", f"""
        validity: VALIDITY_VALID
        provenance {{ emulated: true timing_source: TIMING_SOURCE_INSTRUCTION_COUNT tick_unit: TICK_UNIT_INSTRUCTIONS
                     board_type {{ id: "mps2-an386" core: "cortex-m4" }} }}
        latency {{ count: 6 sessions: 2 median_ticks: {median}
                  median_interval_ticks {{ known: true low: {median} high: {median} }} }}""")


def insert(database, table, **values):
    database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
                     tuple(values.values()))


def fill(database, number):
    """Two jobs: one finished with a result after a failed attempt, one with a queued and a measuring run."""
    for sha256, name in ((MODEL, "kws"), (UNUSED, "nobody's")):
        row = {"upload_time_us": START_US + MINUTE_US} if number >= 5 else {}
        insert(database, "models", sha256=sha256, name=name, size_bytes=9, create_time_us=START_US, description=encoded(
            "Model", "model", f'name: "{name}" sha256: "{sha256}" size_bytes: 9 macs: 2656768'), **row)
        insert(database, "model_bytes", sha256=sha256, tflite=b"the bytes")
    insert(database, "expected_outputs", sha256=MODEL, seed=7, expected=encoded(
        "ExpectedOutput", "model", "seed: 7 output_fnv1a32: 123456"))
    for job, done in ((1, True), (2, False)):
        ended = {"outcome": "succeeded", "finish_time_us": START_US + 9 * MINUTE_US} if done else {}
        insert(database, "jobs", number=job, job_id=f"j-{job}", create_time_us=START_US + MINUTE_US, accepted=encoded(
            "Job", "job", f'job_id: "j-{job}" spec {{ models: "kws" measurements: MEASUREMENT_LATENCY '
            "settings { sessions: 2 input_seed: 7 } }"), **ended)
        insert(database, "submissions", idempotency_key=f"key-{job}", job_number=job, spec_digest=f"digest-{job}")
        insert(database, "job_log", job_number=job, time_us=START_US + 2 * MINUTE_US, run_id=f"r-{job}",
               board_id="b-1", level="warning", text=f"said of job {job}")
    common = dict(model_sha256=MODEL, board_type="mps2-an386", required_label="", runtime="tinyrig", message="",
                  reason="", create_time_us=START_US + MINUTE_US)
    insert(database, "runs", number=1, run_id="r-1", job_number=1, pinned_board_id="", state="finished",
           board_id="b-1", attempts=2, outcome="succeeded", finish_time_us=START_US + 9 * MINUTE_US, **common)
    insert(database, "runs", number=2, run_id="r-2", job_number=2, pinned_board_id="b-2", state="queued", attempts=0,
           **common)
    insert(database, "runs", number=3, run_id="r-3", job_number=2, pinned_board_id="", state="measuring",
           board_id="b-1", attempts=1, **common)
    insert(database, "attempts", run_number=1, number=1, board_id="b-2", start_time_us=START_US + 3 * MINUTE_US,
           finish_time_us=START_US + 4 * MINUTE_US, outcome="board_error", reason="LINK_SILENT", message="silent",
           counts_as_failure=1)
    insert(database, "attempts", run_number=1, number=2, board_id="b-1", start_time_us=START_US + 5 * MINUTE_US,
           finish_time_us=START_US + 9 * MINUTE_US, outcome="succeeded", reason="", message="", counts_as_failure=0)
    insert(database, "attempts", run_number=3, number=1, board_id="b-1", start_time_us=START_US + 10 * MINUTE_US,
           reason="", message="", counts_as_failure=0)
    insert(database, "results", run_number=1, validity="valid", result=result(4200))
    for session, ticks in ((0, [4200, 4201, 4199]), (1, [4200, 4300, 4100])):
        insert(database, "samples", run_number=1, session=session, kind="latency_ticks", sample_count=3,
               data=samples(ticks))
    insert(database, "leaderboard", model_name="kws", model_sha256=MODEL, emulated=1,
           timing_source="instruction_count", tick_unit="instructions", input_seed=7, board_type="mps2-an386",
           runtime="tinyrig", score=4200.0, run_number=1, entry=encoded(
               "LeaderboardEntry", "leaderboard", f'model_name: "kws" model_sha256: "{MODEL}" '
               'board_type: "mps2-an386" runtime: "tinyrig" latency_median_ticks: 4200 run_id: "r-1"'))
    insert(database, "boards", board_id="b-1", health="good", update_time_us=START_US, board=encoded(
        "Board", "board", 'id: "b-1" board_type: "mps2-an386" health: HEALTH_GOOD runs_finished: 1'))
    said = "health unknown -> good: passed its check"
    if number < 3:
        insert(database, "board_events", board_id="b-1", time_us=START_US, health_before="unknown", health="good",
               reason="passed its check")
    else:
        insert(database, "board_log", board_id="b-1", time_us=START_US, level="info", text=said)
        insert(database, "board_holds", board_id="b-2", kind="reserved", token="secret", owner="ann@lab",
               reason="mine", begin_time_us=START_US, expire_time_us=START_US + 60 * MINUTE_US)
    if number >= 2:
        insert(database, "golden_latencies", board_type="mps2-an386", build_id="0123456789abcdef",
               packed_sha256="c" * 64, ticks=77, board_id="b-1", record_time_us=START_US)
    if number >= 4:
        frame = zstd(b"words that an instrument sent")
        insert(database, "energy_captures", run_number=1, size_bytes=29, data=frame, info=encoded(
            "EnergyCapture", "run", 'format: "ppk2" supply_mv: 3000 size_bytes: 29'))
        if number >= 5:
            insert(database, "recordings", run_number=1, store_time_us=START_US + 9 * MINUTE_US,
                   stored_bytes=len(frame))
    if number >= 5:
        insert(database, "removals", kind="unused_models", subject="gone", remove_time_us=START_US)
        insert(database, "removal_totals", kind="unused_models", removed_count=1, removed_bytes=500,
               last_time_us=START_US)
    if number >= 6:
        database.execute("UPDATE jobs SET owner = 'ann' WHERE number = 2")
        insert(database, "tokens", id="t-1", user="ann", name="laptop", secret_sha256="d" * 64, role="submitter",
               create_time_us=START_US, created_by="admin", expire_time_us=START_US + 60 * MINUTE_US)
        insert(database, "audit_log", time_us=START_US, user="ann", token_id="t-1", method="JobService/SubmitJob",
               subject="j-2", result="OK")
        insert(database, "board_time", user="ann", day=19675, used_us=5 * MINUTE_US)


def main():
    migrations = sorted((ROOT / "db" / "migrations").glob("*.sql"))
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else None
    for newest in migrations:
        number = int(newest.name[:4])
        if wanted not in (None, number):
            continue
        database = sqlite3.connect(":memory:")
        for migration in migrations[:number]:
            database.executescript(migration.read_text(encoding="utf-8"))
            insert(database, "schema_migrations", number=int(migration.name[:4]), name=migration.stem,
                   applied_time_us=START_US)
        fill(database, number)
        database.commit()
        assert not database.execute("PRAGMA foreign_key_check").fetchall()
        dump = "\n".join(database.iterdump())
        (HERE / f"{number:04}.sql").write_text(
            f"-- A database of schema {number}, made by make_released.py.\n{dump}\n"
            f"PRAGMA application_id = {0x54524947};\nPRAGMA user_version = {number};\n", encoding="utf-8")


if __name__ == "__main__":
    main()
