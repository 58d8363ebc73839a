"""Prints which share of lines and branches the tests ran, per folder of host/ and plugins/, from the JSON of `gcovr --json`.
The host must reach the shares of LEAST, else the status is 1. With --part some tests only were run: then nothing is asked."""
import json
import pathlib
import sys

LEAST = {"lines": 92.0, "branches": 85.0}  # of host/, in per cent


def share(part, whole):
    return 100 * part / whole if whole else 100.0


def shown(part, whole):
    return f"{share(part, whole):5.1f} %" if whole else "      -"


def count(files):
    """Per folder: lines run, lines, branches taken, branches."""
    totals = {}
    for file in files:
        path = pathlib.PurePosixPath(file["file"])
        if path.parts[0] not in ("host", "plugins") or "tests" in path.parts:
            continue
        lines = [line for line in file["lines"] if not line.get("gcovr/noncode")]
        branches = [branch for line in lines for branch in line.get("branches", [])]
        counts = (sum(line["count"] > 0 for line in lines), len(lines), sum(branch["count"] > 0 for branch in branches), len(branches))
        for folder in ("/".join(path.parts[:2]) if len(path.parts) > 2 else str(path), path.parts[0]):
            totals[folder] = tuple(map(sum, zip(totals.get(folder, (0, 0, 0, 0)), counts, strict=True)))
    return totals


def too_low(totals):
    """What the host falls short of, a sentence each."""
    run, lines, taken, branches = totals.get("host", (0, 1, 0, 1))
    reached = {"lines": share(run, lines), "branches": share(taken, branches)}
    return [f"the tests run {reached[what]:.2f} % of the {what} of host/, which is less than {least:g} %"
            for what, least in LEAST.items() if reached[what] < least]


def main():
    totals = count(json.load(sys.stdin)["files"])
    print(f"{'folder':<24}  lines     branches")
    for folder, (run, lines, taken, branches) in sorted(totals.items()):
        print(f"{folder:<24}{shown(run, lines)}   {shown(taken, branches)}   ({run} of {lines} lines, {taken} of {branches} branches)")
    if "--part" in sys.argv[1:]:
        return 0
    short = too_low(totals)
    for sentence in short:
        print(f"coverage: {sentence}; gcovr --object-directory build-coverage --txt - --filter host/ names what is not run", file=sys.stderr)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
