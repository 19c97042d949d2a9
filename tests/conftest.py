"""What all tests share: fixed Hypothesis seeds, and process-wide settings put back after each test."""

from collections.abc import Iterator

import hypothesis
import pytest

import tinygrad_seq as tg
from tinygrad_seq.autograd import REGISTRY

# The same examples in every run and on every machine; no clock decides, and nothing is stored.
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
# pytest --hypothesis-profile=search looks further, when a property is new or in doubt.
hypothesis.settings.register_profile("search", max_examples=2000, deadline=None)
hypothesis.settings.load_profile("fixed")


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    """Each test starts from one seed, and leaves the default dtype and the operations as they were."""
    dtype, operations = tg.get_default_dtype(), dict(REGISTRY)
    tg.seed(0)
    yield
    tg.set_default_dtype(dtype)
    if operations != REGISTRY:
        REGISTRY.clear()
        REGISTRY.update(operations)
