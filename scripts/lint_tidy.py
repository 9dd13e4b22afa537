#!/usr/bin/env python3
"""lint_tidy.py LINT_BUILD JOBS: clang-tidy over every file that the lint build compiles, each alone, so that one that
leans on its neighbours' includes fails.

What was read clean is remembered in LINT_BUILD/tidy_clean.json, and read again only when something has changed: the file,
anything it includes, its compiler flags, the checks, clang-tidy itself. Every finding of the others is printed; the exit
code is 1 when there was one."""
import concurrent.futures
import functools
import hashlib
import json
import pathlib
import shlex
import subprocess
import sys
import time

SAVE_EVERY_S = 10
TAKES_VALUE = {"-o", "-MT", "-MF"}
LEFT_OUT = {"-c", "-MD"}


@functools.lru_cache(maxsize=None)
def digest(path):
    try:
        return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
    except OSError:
        return "gone"


@functools.lru_cache(maxsize=None)
def checks_of(folder):
    """What the .clang-tidy files from this folder upwards say."""
    return [digest(str(parent / ".clang-tidy")) for parent in (folder, *folder.parents)]


def arguments_of(command):
    words = iter(shlex.split(command))
    result = []
    for word in words:
        if word in TAKES_VALUE:
            next(words)
        elif word not in LEFT_OUT and not word.endswith("ccache"):
            result.append(word)
    return result


def includes(arguments, folder):
    rule = subprocess.run([*arguments, "-M"], cwd=folder, capture_output=True, text=True, check=True).stdout
    words = rule.replace("\\\n", " ").split()[1:]
    return sorted({str((pathlib.Path(folder) / word).resolve()) for word in words})


class CleanFiles:
    """What was read clean, and what each of those files was made of."""

    def __init__(self, path):
        self.path = path
        known = json.loads(path.read_text()) if path.exists() else {"paths": [], "files": {}}
        self.paths, self.files = known["paths"], known["files"]
        self.numbers = {included: number for number, included in enumerate(self.paths)}
        self.saved_at = time.monotonic()

    @staticmethod
    def content(identity, included):
        return hashlib.sha256(json.dumps([identity, [[path, digest(path)] for path in included]]).encode()).hexdigest()

    def has(self, source, identity):
        known = self.files.get(source)
        return known is not None and known["content"] == self.content(
            identity, [self.paths[number] for number in known["includes"]])

    def add(self, source, content, included):
        for path in included:
            if path not in self.numbers:
                self.numbers[path] = len(self.paths)
                self.paths.append(path)
        self.files[source] = {"content": content, "includes": [self.numbers[path] for path in included]}
        if time.monotonic() - self.saved_at > SAVE_EVERY_S:
            self.save()

    def save(self):
        scratch = self.path.with_suffix(".new")
        scratch.write_text(json.dumps({"paths": self.paths, "files": self.files}))
        scratch.replace(self.path)
        self.saved_at = time.monotonic()


def main():
    build, jobs = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    clean = CleanFiles(build / "tidy_clean.json")
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    entries = {entry["file"]: entry for entry in json.loads((build / "compile_commands.json").read_text())}
    sources = sorted(f for f in entries if f.endswith(".cpp") and not f.startswith(f"{build.parent}/"))

    def identity(source):
        return [version, arguments_of(entries[source]["command"]), checks_of(pathlib.Path(source).parent)]

    def read(source):
        """What it is made of, or None with what is wrong."""
        entry = entries[source]
        try:
            included = includes(arguments_of(entry["command"]), entry["directory"])
        except subprocess.CalledProcessError as error:
            return source, None, None, error.stderr
        content = clean.content(identity(source), included)
        done = subprocess.run(["clang-tidy", "-p", str(build), "--quiet", source], capture_output=True, text=True)
        return source, content if done.returncode == 0 else None, included, done.stdout + done.stderr

    to_read = [source for source in sources if not clean.has(source, identity(source))]
    print(f"{len(sources)} files, of which {len(to_read)} are new or changed", flush=True)
    failed = []
    try:
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for number, (source, content, included, said) in enumerate(pool.map(read, to_read), 1):
                if content is None:
                    failed.append(source)
                    print(f"{said}\n{source}: has findings", flush=True)
                else:
                    print(f"{number}/{len(to_read)} {source}", flush=True)
                    clean.add(source, content, included)
    finally:
        clean.save()  # a run that is ended is not lost
    if failed:
        print("findings in: " + ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
