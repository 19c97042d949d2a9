"""One BLAS thread, unless the user has said otherwise."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import ctypes, numpy as np
from pathlib import Path
from tinygrad_seq.cli.threads import use_one_blas_thread
found = [p for folder in ("../numpy.libs", ".dylibs") for p in (Path(np.__file__).parent / folder).glob("*openblas*")]
count = getattr(ctypes.CDLL(str(found[0])), "scipy_openblas_get_num_threads64_") if found else lambda: -1
before = count()
use_one_blas_thread()
print(before, count())
"""


def threads(**variables):
    env = {key: value for key, value in os.environ.items() if key not in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env={**env, **variables}, capture_output=True, check=True)
    before, after = map(int, done.stdout.split())
    if before < 2:
        pytest.skip("no OpenBLAS that comes with NumPy, or a single core")
    return after


def test_one_thread():
    assert threads() == 1


def test_the_user_decides():
    assert threads(OPENBLAS_NUM_THREADS="2") == 2
