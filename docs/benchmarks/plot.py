"""Draws growth.svg from growth.jsonl: what grows with the past, and what doesn't.

To take the figures anew, and to draw them (needs matplotlib):

    cargo bench -p offhook --bench figures -- growth > docs/benchmarks/growth.jsonl
    python3 docs/benchmarks/plot.py
"""

import json
from pathlib import Path

import matplotlib

matplotlib.use("svg")
# The same figures make the same file.
matplotlib.rcParams["svg.hashsalt"] = "offhook"
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
SHOWN = {
    "start_with_past": "from exec to ready",
    "command_show": "offhook show",
    "command_ls": "offhook ls",
    "one_webhook": "a webhook, on disk",
    "page_of_last_calls": "GET the last 50 calls",
    "page_of_a_story": "GET the story of a call",
}


def main() -> None:
    figures = [json.loads(line) for line in (HERE / "growth.jsonl").read_text().splitlines()]
    picture, axes = plt.subplots(figsize=(8, 5))
    for name, label in SHOWN.items():
        points = sorted((one["calls"], one["value"]) for one in figures if one["figure"] == name)
        axes.plot(*zip(*points), marker="o", label=label)
    axes.set(xscale="log", yscale="log", xlabel="ended calls in the store", ylabel="median, ms")
    axes.set_title("What a past costs")
    axes.grid(True, which="major", alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    picture.savefig(HERE / "growth.svg", bbox_inches="tight", metadata={"Date": None})


if __name__ == "__main__":
    main()
