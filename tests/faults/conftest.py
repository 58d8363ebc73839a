"""What the fault suite shares: random moments that can be had again, and how often something is done."""
import os
import random

import pytest


@pytest.fixture
def dice(figure):
    """A random generator; BPTL_SEED gives the seed of an earlier run."""
    seed = int(os.environ.get("BPTL_SEED") or random.SystemRandom().randrange(1 << 32))
    figure(f"BPTL_SEED={seed}")
    print(f"BPTL_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def rounds(long):
    """rounds(short, long): how often; BPTL_ROUNDS is another number, to try a test."""
    return lambda few, many: int(os.environ.get("BPTL_ROUNDS") or (many if long else few))
