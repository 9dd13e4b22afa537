#!/usr/bin/env python3
"""Appends to a benchmark's array of metrics what it ran on: bench_about.py FILE.json BUILD_DIR

One more element of the same form, "machine" in processors, with two objects more: "machine" (processor, memory,
kernel, compiler, load when it ended) and "settings" (commit, build type, reference models or not, variables given).
"""
import json
import os
import platform
import subprocess
import sys


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def first_value(path, key, separator):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith(key):
                return line.split(separator, 1)[1].strip()
    return "unknown"


def main():
    path, build = sys.argv[1:3]
    with open(path, encoding="utf-8") as file:
        metrics = json.load(file)
    machine = {
        "processor": first_value("/proc/cpuinfo", "model name", ":"),
        "memory": first_value("/proc/meminfo", "MemTotal", ":"),
        "kernel": platform.release(),
        "compiler": output_of("c++", "--version").split("\n")[0],
        "qemu": output_of("qemu-system-arm", "--version").split("\n")[0],
        "load_1min": os.getloadavg()[0],
    }
    settings = {
        "commit": output_of("git", "-C", os.path.dirname(os.path.abspath(__file__)), "describe", "--always", "--dirty"),
        "build_type": first_value(f"{build}/dev/CMakeCache.txt", "CMAKE_BUILD_TYPE:", "="),
        "reference_models": "TINYRIG_REFERENCE_DIR" in os.environ,
        "variables": {name: value for name, value in sorted(os.environ.items())
                      if name.startswith("TINYRIG_") and not name.endswith("_DIR")},
    }
    metrics.append({"metric": "machine", "value": os.cpu_count(), "unit": "processors", "target": None, "met": None,
                    "machine": machine, "settings": settings})
    with open(path, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join("  " + json.dumps(metric) for metric in metrics) + "\n]\n")
    print(f"   on {os.cpu_count()} processors, {machine['processor']}, load {machine['load_1min']:.1f}; "
          f"commit {settings['commit']}")


if __name__ == "__main__":
    main()
