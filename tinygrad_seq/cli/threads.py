"""One thread for the matrix products of a run."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from pathlib import Path

import numpy as np

__all__ = ["use_one_blas_thread"]

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
FOLDERS = ("../numpy.libs", ".dylibs")
FUNCTIONS = ("scipy_openblas_set_num_threads64_", "scipy_openblas_set_num_threads")


def use_one_blas_thread() -> None:
    """Let the OpenBLAS inside NumPy's wheels use one thread, unless the user has set a number of threads.

    At the sizes of the demo a second thread gains nothing, and where another process wants the same core the two wait
    for each other: a step then takes several times as long. Nor should a result depend on how many cores there are.
    With another BLAS nothing happens.
    """
    if any(os.environ.get(name) for name in VARIABLES):
        return
    for folder in FOLDERS:
        for path in sorted(Path(np.__file__).parent.joinpath(folder).glob("*openblas*")):
            for name in FUNCTIONS:
                with suppress(OSError, AttributeError):
                    getattr(ctypes.CDLL(str(path)), name)(ctypes.c_int(1))
