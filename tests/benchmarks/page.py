"""The page of a long sequence: how long it takes to write, to open and to move, in real time in Chromium."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

from ..viz.browser import CHROMIUM, Browser
from .report import Report, Target

STEPS = 1000
VIEWS = {"fitted": 1.0, "bars": 45.0, "boxes": 150.0, "labels": 400.0, "numbers": 700.0}
"""How far each view is zoomed in."""

PAN = """new Promise((done) => {
  const times = [];
  let last = performance.now();
  const step = () => {
    picture.pan(times.length % 20 < 10 ? -9 : 9, 0);
    requestAnimationFrame(() => {
      const now = performance.now();
      times.push(now - last);
      last = now;
      if (times.length < 80) step();
      else done(times.slice(5));
    });
  };
  step();
})"""


def measure(rounds: int) -> Report:
    """An LSTM over a thousand steps, about 15,000 nodes and 22,000 edges."""
    import tinygrad_seq as tg

    report = Report(f"The page of an LSTM over {STEPS} steps: ms, median of {rounds} or of 75 frames", ["", "ms"])
    output, _ = tg.nn.LSTM(8, 16)(np.random.default_rng(0).normal(size=(STEPS, 2, 8)).astype(np.float32))
    loss = np.sum(output[-1] ** 2)
    times, page = [], ""
    for _ in range(rounds):
        start = time.perf_counter()
        page = tg.viz.draw(loss).html()
        times.append(1000 * (time.perf_counter() - start))
    add(report, "recorded graph to page", statistics.median(times), 2000)
    report.targets.append(Target("size of the page, MB", len(page) / 1e6, 1.5))
    if CHROMIUM:
        # Frames as fast as they can be drawn, not as often as a screen shows them.
        with Browser("--disable-frame-rate-limit", "--disable-gpu-vsync") as browser:
            in_browser(report, browser, page, rounds)
    return report


def in_browser(report: Report, browser: Any, page: str, rounds: int) -> None:
    firsts = []
    for _ in range(rounds):
        browser.open(page)
        firsts.append(browser.run("performance.getEntriesByName('first frame')[0].startTime"))
    add(report, "first frame", statistics.median(firsts), 500)
    for name, zoom in VIEWS.items():
        browser.run(f"location.hash = 'level=ops&zoom={zoom}&at=150000,250'")
        browser.frame()
        add(report, f"pan, {name}", statistics.median(browser.run(PAN)), 60 if name == "fitted" else 16)
    found = [browser.run("picture.between(5, picture.data.outputs[0]).milliseconds") for _ in range(rounds)]
    add(report, "all paths through 1,000 steps", statistics.median(found), 100)
    report.targets.append(Target("messages and requests of the page", len(browser.messages), 0))


def add(report: Report, what: str, value: float, limit: float) -> None:
    report.rows.append([what, value])
    report.targets.append(Target(f"{what}, ms", value, limit))
