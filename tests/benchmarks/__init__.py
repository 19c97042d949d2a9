"""Benchmarks: this package beside hand-written NumPy and beside other automatic differentiation, as ratios.

    python -m tests.benchmarks                                   every measure, all shapes
    python -m tests.benchmarks step --cell lstm --shape 65,128,32,64 --rounds 11
    python -m tests.benchmarks step --peer hand --peer pytorch   fewer peers, less time
    python -m tests.benchmarks chain reads memory imports --json numbers.json

Run it from the top of the checkout, where NumPy and Rich are installed; PyTorch, MyGrad and HIPS autograd are
measured where they are installed, and left out where they are not. Nothing here is collected by pytest.

| measure | module | what it tells |
|---|---|---|
| step    | `train_step`   | forward and backward of RNN, LSTM, GRU, all peers in turn in every round |
| forms   | `train_step`   | the same bidirectional, in two layers, and with lengths |
| chain   | `chain`        | a chain of 1,000,000 operations: time against length, bytes a node |
| reads   | `reads`        | backward of a loop that reads xs[t]: how time grows with T |
| memory  | `memory`       | peak memory of the LSTM step, beside PyTorch, a process each |
| imports | `import_time`  | `import tinygrad_seq` beside `import numpy`, a process each |
| page    | `page`         | the page of a long sequence: to write, and in Chromium to open and to move |
| transforms | `transforms` | forward mode, gradients and Hessians times a vector, beside an evaluation |

A machine is never quiet, so no time is reported without its neighbour: the peers take turns within each round,
the ratio is taken within the round, and the table shows the median over rounds. All use one thread.

`problem` says what is computed, `formulas` how, op by op; `hand_written` has the same derivatives by hand;
`peers` runs either, and the layers of this package, as a step that returns the gradients of all weights. Before
anything is timed, the gradients of all peers are compared.

| peer    | is |
|---|---|
| ours    | `tinygrad_seq.nn`, forward and `backward()` |
| hand    | backpropagation through time in NumPy, each step's chain rule in the loop |
| tuned   | the same with all local derivatives outside the loop: what is left to gain |
| pytorch | the formulas op by op in PyTorch, with the indexing and slicing that everybody gets |
| unbound | the same with `unbind` and `chunk`, PyTorch's own remedy for the cost of those two |
| mygrad, hips | the formulas op by op in MyGrad and in HIPS autograd |
"""

import os

# Before NumPy is imported anywhere: one thread for each linear algebra library that it may be built with.
for _name in ("OPENBLAS", "OMP", "MKL", "BLIS"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"
