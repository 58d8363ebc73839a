"""What the sanitizers of a program under test had to say."""
import re

import pytest

SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|SUMMARY: \w+Sanitizer")


def check_sanitizers(text):
    """Fails the test when a sanitizer had something to say."""
    found = SANITIZER.search(text)
    if found:
        pytest.fail(f"a sanitizer found something:\n{text[max(0, found.start() - 200):found.start() + 6000]}", pytrace=False)
