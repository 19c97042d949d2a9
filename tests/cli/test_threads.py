"""One BLAS thread, unless the user has said otherwise."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import ctypes, os, numpy as np
from pathlib import Path
from tinygrad_seq.cli.threads import use_one_blas_thread
found = [p for folder in ("../numpy.libs", ".dylibs") for p in (Path(np.__file__).parent / folder).glob("*openblas*")]
count = getattr(ctypes.CDLL(str(found[0])), "scipy_openblas_get_num_threads64_") if found else lambda: -1
before = count()
os.environ["OPENBLAS_NUM_THREADS"] = "3"
use_one_blas_thread()
kept = count()
del os.environ["OPENBLAS_NUM_THREADS"]
use_one_blas_thread()
print(before, kept, count())
"""


def test_one_thread_unless_the_user_decides():
    env = {key: value for key, value in os.environ.items() if key not in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, check=True)
    before, kept, after = map(int, done.stdout.split())
    if before < 2:
        pytest.skip("no OpenBLAS that comes with NumPy, or a single core")
    assert (kept, after) == (before, 1)
