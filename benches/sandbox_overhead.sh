#!/usr/bin/env bash
# What it costs to run a trivial program isolated and recorded: the plain command, the same in each
# sandbox tier, the same as one run of `reprove verify` (its own copy of the files, the sandbox, the
# metric read, a line in the ledger on the disk), and `dvc repro` of a stage with the same command,
# all in the same minute, in turns.
#
#   benches/sandbox_overhead.sh [ROUNDS]
#
# DVC is installed into a throw-away environment, unless DVC names the program. What is missing ends
# the benchmark with an error, unless REPROVE_TEST_ABSENT names it: `dvc`, `namespaces`, `landlock`
# (separated by commas). Wall times mean something on a quiet machine only, which
# is why processor times stand beside them.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-7}
cargo build --quiet --release --locked --bin reprove --example sandbox_run
built=$(cargo metadata --no-deps --format-version 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')/release

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
dvc=${DVC:-}
case ",${REPROVE_TEST_ABSENT:-}," in
    *,dvc,*) dvc='' ;;
    *)
        if [ -z "$dvc" ]; then
            python3 -m venv "$scratch/venv"
            "$scratch/venv/bin/pip" install --quiet dvc
            dvc=$scratch/venv/bin/dvc
        fi
        ;;
esac

mkdir "$scratch/code" "$scratch/stage"
export XDG_CACHE_HOME=$scratch/cache DVC_NO_ANALYTICS=1
(
    cd "$scratch/code"
    printf 'echo accuracy 0.9\n' > run.sh
    git init --quiet --initial-branch=main .
    git add run.sh
    git -c user.name=A -c user.email=a@example.org commit --quiet --message=run
)
cat > "$scratch/trivial.yaml" <<YAML
reprove: 1
code: {repository: code, commit: $(git -C "$scratch/code" rev-parse HEAD)}
seeds: {first: 1, count: 1000}
experiment:
  environment: {none: true}
  seeding: environment
  run: [sh, run.sh]
  metrics: {accuracy: {regex: {file: stdout, pattern: 'accuracy (.*)'}}}
  network: never
claims:
  - {id: a, metric: accuracy, reported: 0.9, tolerance: {absolute: 0.05}}
decision: {sequential: false}
YAML
if [ -n "$dvc" ]; then
    cd "$scratch/stage"
    cp ../code/run.sh .
    "$dvc" init --quiet --no-scm
    printf 'stages:\n  trivial:\n    cmd: sh run.sh\n' > dvc.yaml
    "$dvc" repro --force --quiet >/dev/null
fi

echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors; medians of $rounds rounds, in ms"
python3 - "$built" "$scratch" "$dvc" "$rounds" <<'PYTHON'
import os, statistics, subprocess, sys, time

built, scratch, dvc, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
FEW, MANY, PLAIN = 3, 103, 20
ABSENT = os.environ.get("REPROVE_TEST_ABSENT", "").split(",")


def call(*command, folder):
    """Wall and processor time of a command with all its children, in ms."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=f"{scratch}/{folder}", stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    assert os.waitstatus_to_exitcode(status) == 0, command
    return wall * 1e3, (used.ru_utime + used.ru_stime) * 1e3


def verify(runs, *more):
    store = f"{scratch}/store-{time.monotonic_ns()}"
    return call(f"{built}/reprove", "verify", "--quiet", "--jobs", "1", "--max-runs", str(runs),
                "--store", store, *more, "trivial.yaml", folder=".")


def one_run(*more):
    """What one run more costs."""
    few, many = verify(FEW, *more), verify(MANY, *more)
    return [(b - a) / (MANY - FEW) for a, b in zip(few, many)]


def tier(name):
    out = subprocess.run([f"{built}/examples/sandbox_run", "--tier", name, "--compare", "50",
                          "--", "/bin/sh", "-c", "true"],
                         check=True, stdout=subprocess.PIPE, text=True)
    plain, inside = map(float, out.stdout.split())
    return inside - plain


seen = {}
above = {}
for _ in range(rounds):
    plain = [call("sh", "run.sh", folder="code") for _ in range(PLAIN)]
    take = {
        "plain command": [statistics.median(column) for column in zip(*plain)],
        "run of verify": one_run(),
        "run of verify --no-sandbox": one_run("--no-sandbox"),
        "whole verify, 3 runs": verify(FEW),
    }
    if dvc:
        take["dvc repro --force"] = call(dvc, "repro", "--force", "--quiet", folder="stage")
    for name, times in take.items():
        seen.setdefault(name, []).append(times)
    for name in ("namespaces", "landlock", "none"):
        if name not in ABSENT:
            above.setdefault(name, []).append(tier(name))

middle = {name: [statistics.median(column) for column in zip(*times)] for name, times in seen.items()}
plain = middle["plain command"]
for name, (wall, cpu) in middle.items():
    print(f"{name:28} wall {wall:8.2f}  cpu {cpu:8.2f}   above plain: wall {wall - plain[0]:8.2f}  cpu {cpu - plain[1]:8.2f}")
for name, times in above.items():
    print(f"sandbox alone, {name:13} wall above plain {statistics.median(times):8.2f}")
if dvc:
    ours, theirs = middle["run of verify"], middle["dvc repro --force"]
    ratios = [(b - p) / (a - p) for a, b, p in zip(ours, theirs, plain)]
    print(f"overhead of dvc repro over that of a run of verify: {ratios[0]:.0f} times in wall, {ratios[1]:.0f} in cpu time")
PYTHON
