#!/usr/bin/env python3
"""Finds co_await expressions that GCC 12 miscompiles.

GCC 12 destroys temporaries twice when a full expression holds co_await and a temporary that is an aggregate
or a capturing lambda. The rule of this house: name it, then co_await it. This lint flags, inside one statement
with co_await, a braced temporary (`Type{...}`, `({...})`) or a capturing lambda. Suppress a false alarm with
`// await-ok: why` on the statement's first line.
"""
import pathlib
import re
import sys

BRACED = re.compile(r"(?:[A-Za-z_>]\s*\{(?!\s*\})|[(,]\s*\{(?!\s*\}))")
LAMBDA = re.compile(r"\[(?:[^\]\[]+)\]\s*(?:\([^)]*\))?\s*(?:mutable\s*)?(?:->\s*[\w:<>]+\s*)?\{")


def statements(text):
    """Yields (line, statement) split at ; and at braces that open or close blocks."""
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', text)
    text = re.sub(r"//(?!\s*await-ok)[^\n]*", "", text)
    start = depth = 0
    for position, char in enumerate(text):
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == ";" and depth <= 0:
            yield text.count("\n", 0, start) + 1, text[start:position]
            start, depth = position + 1, 0
        elif char == "{" and depth <= 0 and re.search(r"(\)|\belse|\bdo|\btry|const|noexcept|override|final)\s*$", text[start:position]):
            yield text.count("\n", 0, start) + 1, text[start:position]
            start, depth = position + 1, 0
        elif char == "}" and depth <= 0 and "{" not in text[start:position]:
            start = position + 1


def main():
    failed = False
    for root in sys.argv[1:]:
        for path in sorted(pathlib.Path(root).rglob("*.cpp")) + sorted(pathlib.Path(root).rglob("*.h")):
            for line, statement in statements(path.read_text()):
                if "co_await" not in statement or "await-ok" in statement:
                    continue
                if "co_spawn" in statement and "use_awaitable" not in statement:
                    continue
                if LAMBDA.search(statement) or BRACED.search(statement):
                    leading = len(statement) - len(statement.lstrip())
                    at = line + statement[:leading].count("\n")
                    print(f"{path}:{at}: a temporary and co_await in one statement; name it, then co_await it")
                    failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
