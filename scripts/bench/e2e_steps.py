"""Submits a job ten times and says how long each step took until the first measurement.

e2e_steps.py TINYRIG MODEL BOARD_TYPE OUT.json. Times are the host's, from the lines that `tinyrig submit --wait`
prints as the events come.
"""
import json
import platform
import subprocess
import statistics
import sys
import time

ROUNDS = 10


def one_round(tinyrig, model, board):
    """Seconds since submission at which the run was first seen in each state."""
    command = [tinyrig, "submit", model, "--board", board, "--sessions", "1", "--iterations", "1", "--wait"]
    start = time.monotonic()
    seen = {}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        for state in ("leased", "preparing", "measuring", "succeeded"):
            if f": {state}" in line:
                seen.setdefault(state, time.monotonic() - start)
    if process.wait() != 0 or "succeeded" not in seen:
        sys.exit(f"bench e2e: the run did not succeed; last states seen: {seen}")
    return seen


def main():
    tinyrig, model, board, out = sys.argv[1:]
    rounds = [one_round(tinyrig, model, board) for _ in range(ROUNDS)]
    metrics = []
    for state, name in (
        ("leased", "submit to board"),
        ("preparing", "submit to preparing"),
        ("measuring", "submit to first measurement"),
        ("succeeded", "submit to result"),
    ):
        times = [seen[state] * 1000 for seen in rounds if state in seen]
        if times:
            metrics.append({"metric": f"{name}/{model}/{board}", "value": round(statistics.median(times), 1), "unit": "ms (median)",
                            "target": None, "met": None, "n": len(times), "min": round(min(times), 1), "max": round(max(times), 1)})
    for metric in metrics:
        metric["machine"] = platform.platform()
        metric["settings"] = "1 session, 1 iteration, idle emulated board, client process start included"
        print(f"  {metric['metric']:<55} {metric['value']:>9} {metric['unit']}  [{metric['min']}, {metric['max']}] n={metric['n']}")
    with open(out, "w", encoding="utf-8") as file:
        json.dump(metrics, file, indent=1)


if __name__ == "__main__":
    main()
