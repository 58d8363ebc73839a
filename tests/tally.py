"""Counts tests the way tests/run says it: one last line "N passed, N failed, N skipped". An error is a failure. In CI a
skipped test is one too, unless it was skipped for want of the OpenAPI files that BPTL_SPECS names. Before that line it
prints what tests measured (the fixture `figure`)."""
import os

import pytest


def is_forbidden(report):
    """Is this a skip that CI does not let pass?"""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return os.environ.get("CI") == "true" and not ("BPTL_SPECS" in reason and not os.environ.get("BPTL_SPECS"))


def count(reporter):
    """Passed, failed and skipped, and those of the failed that were skips."""
    def of(*kinds):
        return [report for kind in kinds for report in reporter.stats.get(kind, [])]

    skips = of("skipped", "xfailed")
    forbidden = [report for report in skips if is_forbidden(report)]
    # A test whose clean-up broke has passed and has an error: it counts once, as failed.
    failed = {report.nodeid for report in of("failed", "error", "xpassed")}
    passed = {report.nodeid for report in of("passed")} - failed
    return len(passed), len(failed) + len(forbidden), len(skips) - len(forbidden), forbidden


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """Failures that pytest does not know as such end the run with status 1, and so does a run of no test."""
    passed, failed, _, _ = count(session.config.pluginmanager.get_plugin("terminalreporter"))
    if not session.config.option.collectonly and session.exitstatus in (0, 1, 5):
        session.exitstatus = 0 if passed and not failed else 1


def pytest_unconfigure(config):
    """The very last line."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not reporter or config.option.collectonly or config.option.help or config.option.version:
        return
    passed, failed, skipped, forbidden = count(reporter)
    for line in getattr(config, "figures", []):
        print(f"figure: {line}")
    for report in forbidden:
        print(f"skipped in CI, so failed: {report.nodeid}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
