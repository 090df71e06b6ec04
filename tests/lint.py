"""House rules that no formatter knows: which folder may include which, how long things may be."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 500
# Words that say that something was left undone.
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
INCLUDE = re.compile(r'^#include "((?:core|hooks|app|tests)/[^"]+)"', re.M)
# What each part may include of the others; `tests` may include all.
ALLOWED = {"core": {"core"}, "hooks": {"hooks"}, "app": {"app", "core", "hooks"}}


def files() -> List[Path]:
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True,
    ).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def complaints(path: Path) -> Iterator[str]:
    name = path.relative_to(ROOT)
    if path.suffix not in {".cc", ".h", ".py"} and path.name != "dev":
        return
    text = path.read_text(errors="replace")
    lines = text.count("\n")
    if lines > LONGEST_FILE:
        yield f"{name}: {lines} lines; a newcomer should know each line's room (at most {LONGEST_FILE})"
    if name != Path("tests/lint.py"):
        for number, line in enumerate(text.split("\n"), 1):
            if UNFINISHED.search(line):
                yield f"{name}:{number}: something is left undone here"
    allowed = ALLOWED.get(name.parts[0])
    for included in INCLUDE.findall(text):
        if allowed and included.split("/")[0] not in allowed:
            yield f"{name}: includes {included}; {name.parts[0]}/ includes {sorted(allowed)} only"
    if path.suffix == ".h" and "#pragma once" not in text:
        yield f"{name}: has no #pragma once"


def main() -> int:
    found = [complaint for path in files() for complaint in complaints(path)]
    print("\n".join(found) if found else "nothing to say")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
