"""Sets the training steps of `training.rs` beside PyTorch's, alternating in one run, one thread each.

usage: torch_peers.py PROGRAM [ROUNDS] [PROBLEM…]
PROGRAM is the built benchmark `training`. Numbers are microseconds per step and seed, medians of the
rounds: of the wall clock and, since a busy machine disturbs that, of the processor.
"""

import statistics
import subprocess
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)


def mlp():
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def lenet():
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def tiny():
    return nn.Sequential(nn.Linear(60, 12), nn.Sigmoid(), nn.Linear(12, 2))


# Name: network, inputs, classes, batch, rows, steps, the largest ratio that is aimed at.
PROBLEMS = {
    "mlp": (mlp, 784, 10, 128, 2048, 1000, 1.0),
    "lenet": (lenet, 784, 10, 128, 2048, 100, 1.1),
    "tiny": (tiny, 60, 2, 16, 208, 1000, None),
    "tiny10": (tiny, 60, 2, 16, 208, 1000, 0.1),
}


def theirs(name, fused):
    make, inputs, classes, batch, rows, steps, _ = PROBLEMS[name]
    network = make()
    x, y = torch.randn(rows, inputs), torch.arange(rows) % classes
    optimiser = torch.optim.AdamW(network.parameters(), 0.001, fused=fused)
    criterion = nn.CrossEntropyLoss()

    def train(steps):
        while True:
            for some in torch.randperm(rows).split(batch):
                if steps == 0:
                    return
                steps -= 1
                optimiser.zero_grad()
                criterion(network(x[some]), y[some]).backward()
                optimiser.step()

    train(2)
    wall, processor = time.perf_counter(), time.process_time()
    train(steps)
    return [(time.perf_counter() - wall) / steps * 1e6, (time.process_time() - processor) / steps * 1e6]


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    names = sys.argv[3:] or list(PROBLEMS)
    ours = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    print(f"PyTorch {torch.__version__}; microseconds per step and seed, medians of {rounds} rounds")
    for name in names:
        found = {"ours": [], "PyTorch": [], "PyTorch, fused": []}
        for _ in range(rounds):
            ours.stdin.write(name + "\n")
            ours.stdin.flush()
            times = [float(word) for word in ours.stdout.readline().split()]
            if len(times) != 2:
                sys.exit(f"error: `{sys.argv[1]}` gave no times for `{name}`")
            found["ours"].append(times)
            found["PyTorch"].append(theirs(name, None))
            found["PyTorch, fused"].append(theirs(name, True))
        medians = {who: [statistics.median(column) for column in zip(*times)] for who, times in found.items()}
        for who, (wall, processor) in medians.items():
            ratios = [own / one for own, one in zip(medians["ours"], (wall, processor))]
            beside = "" if who == "ours" else f"   ours / it {ratios[0]:.3f} wall, {ratios[1]:.3f} processor"
            aim = PROBLEMS[name][6]
            goal = f" (aim {aim})" if who == "PyTorch" and aim else ""
            print(f"{name:8} {who:15} wall {wall:9.1f}  processor {processor:9.1f}{beside}{goal}", flush=True)
    ours.stdin.close()
    if ours.wait() != 0:
        sys.exit(f"error: `{sys.argv[1]}` ended with status {ours.returncode}")


main()
