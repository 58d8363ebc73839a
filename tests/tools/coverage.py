"""Prints which share of lines and branches the tests ran, per folder of host/ and plugins/, from the JSON of `gcovr --json`."""
import json
import pathlib
import sys


def share(part, whole):
    return f"{100 * part / whole:5.1f} %" if whole else "      -"


def main():
    totals = {}
    for file in json.load(sys.stdin)["files"]:
        path = pathlib.PurePosixPath(file["file"])
        if path.parts[0] not in ("host", "plugins") or "tests" in path.parts:
            continue
        lines = [line for line in file["lines"] if not line.get("gcovr/noncode")]
        branches = [branch for line in lines for branch in line.get("branches", [])]
        counts = (sum(line["count"] > 0 for line in lines), len(lines), sum(branch["count"] > 0 for branch in branches), len(branches))
        for folder in ("/".join(path.parts[:2]) if len(path.parts) > 2 else str(path), path.parts[0]):
            totals[folder] = tuple(map(sum, zip(totals.get(folder, (0, 0, 0, 0)), counts, strict=True)))
    print(f"{'folder':<24}  lines     branches")
    for folder, (run, lines, taken, branches) in sorted(totals.items()):
        print(f"{folder:<24}{share(run, lines)}   {share(taken, branches)}   ({run} of {lines} lines)")


if __name__ == "__main__":
    main()
