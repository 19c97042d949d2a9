"""Plots of what `tinygrad_seq.flow` measures, by Matplotlib (``pip install "tinygrad_seq[plot]"``).

Each takes a table of `flow` and returns a Matplotlib figure, or draws on axes (a figure) that are given:

    >>> import numpy as np, tinygrad_seq as tg
    >>> output, _ = tg.nn.LSTM(3, 8)(np.ones((20, 1, 3), "float32"))
    >>> table = tg.flow.role_norms(np.sum(output[-1]))
    >>> tg.viz.plots.heat(table).savefig("gradients.png")  # doctest: +SKIP
"""

from .compare import compare
from .gates import gates
from .heat import heat
from .jacobians import jacobians
from .ledger import ledger
from .memory import memory
from .ratio import ratio
from .triangle import triangle

__all__ = ["compare", "gates", "heat", "jacobians", "ledger", "memory", "ratio", "triangle"]
