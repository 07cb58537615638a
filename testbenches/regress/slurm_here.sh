#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Slurm of several nodes on this one machine, in a temporary folder, and a regression on it of which one node
# is killed in the middle, and then the command itself: every task has one result, the same as without Slurm.
# usage: slurm_here.sh BUILD [SUITE.toml]; needs Debian's slurm-wlm and munge, and root (slurmd wants it);
# exit status 77 where they are not there. KEEP=1 leaves the folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "$1")
PATH=$PATH:/usr/sbin:/sbin
for tool in munged slurmctld slurmd sbatch squeue sinfo; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
[ "$(id -u)" -eq 0 ] || { echo "skipped: slurmd wants root"; exit 77; }
work=$(mktemp -d /tmp/rwslurm.XXXXXX)
started=()
finish() {
  scancel -u root 2>/dev/null || true
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  sleep 1 # a slurmd with a job takes its time
  for pid in "${started[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  wait
  [ -n "${KEEP:-}" ] || rm -rf "$work" || true
}
trap finish EXIT
suite=${2:-$work/small.toml}
[ $# -gt 1 ] || cat >"$suite" <<'END'
what = "enough for a node to die in the middle"
seconds = 60
[[benches]]
names = ["mmu", "iommu", "bus"]
seeds = "1-16"
requests = 40000
wait-states = [1]
END

# --- munge, with a key and a socket of its own ---
mkdir -m 755 "$work/munge" "$work/state" "$work/log"
chmod 755 "$work"
dd if=/dev/urandom of="$work/munge/key" bs=1024 count=1 status=none
chmod 400 "$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge/socket" --pid-file="$work/munge/pid" \
  --log-file="$work/log/munged" --seed-file="$work/munge/seed" >"$work/log/munged.out" 2>&1 &
started+=($!)

# --- three nodes of one processor ---
base=$((20000 + $$ % 20000))
host=$(hostname -s)
cat >"$work/slurm.conf" <<END
ClusterName=here
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$base
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool-%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/%n.pid
SlurmctldLogFile=$work/log/slurmctld
SlurmdLogFile=$work/log/%n
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=5
MinJobAge=5
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
JobRequeue=1
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 1)) CPUs=1
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 2)) CPUs=1
NodeName=n3 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 3)) CPUs=1
PartitionName=all Nodes=n1,n2,n3 Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$work/slurm.conf
for _ in $(seq 50); do [ -S "$work/munge/socket" ] && break; sleep 0.1; done
slurmctld -D -i >"$work/log/slurmctld.out" 2>&1 &
started+=($!)
for n in n1 n2 n3; do
  mkdir "$work/spool-$n"
  slurmd -D -N $n >"$work/log/$n.out" 2>&1 &
  started+=($!)
done
victim=${started[3]} # slurmd of n2
for _ in $(seq 100); do
  [ "$(sinfo -h -o '%D %T' 2>/dev/null)" = "3 idle" ] && break
  sleep 0.2
done
if [ "$(sinfo -h -o '%D %T' 2>/dev/null)" != "3 idle" ]; then
  echo "the nodes did not come up:"
  sinfo 2>&1 || true
  tail -n 5 "$work"/log/*
  exit 1
fi

# --- the regression; n2 dies when it has given a result ---
regress=(python3 -B "$here/regress.py")
"${regress[@]}" "$suite" --build "$build" --out "$work/alone" -j 2 >/dev/null
"${regress[@]}" "$suite" --build "$build" --on slurm --per-job 4 --out "$work/run" >"$work/log/regress" 2>&1 &
collector=$!
started+=("$collector")
kill_node() { # its daemon, and what runs on it: known by the variables that slurmd gives to its jobs
  kill -9 "$victim"
  { wait "$victim" || true; } 2>/dev/null
  for at in /proc/[0-9]*; do
    { tr '\0' '\n' <"$at/environ"; } 2>/dev/null >"$work/environ" || continue
    grep -qx "SLURM_CONF=$SLURM_CONF" "$work/environ" && grep -qx SLURMD_NODENAME=n2 "$work/environ" || continue
    step=$(awk '/^PPid/ { print $2 }' "$at/status" 2>/dev/null || true)
    [ "$(cat "/proc/${step:-0}/comm" 2>/dev/null)" != slurmstepd ] || kill -9 "$step" 2>/dev/null || true
    kill -9 "${at#/proc/}" 2>/dev/null || true
  done
}
# What a dead node had waits two minutes unless somebody says otherwise.
release() {
  squeue -h -t PENDING -o %A | while read -r job; do scontrol update jobid="$job" starttime=now || true; done
}
for _ in $(seq 600); do
  grep -ql '"host": "n2"' "$work/run/inbox/"*.json 2>/dev/null && break
  kill -0 "$collector" 2>/dev/null || break
  sleep 0.05
done
kill_node
echo "n2 killed with $(find "$work/run/inbox" -name '*.json' | wc -l) results there"
kill -9 "$collector"
{ wait "$collector" || true; } 2>/dev/null
"${regress[@]}" --resume "$work/run" >>"$work/log/regress" 2>&1 &
collector=$!
started+=("$collector")
while kill -0 "$collector" 2>/dev/null; do
  release 2>/dev/null
  sleep 1
done
status=0
wait "$collector" || status=$?
cat "$work/log/regress"
[ "$status" -eq 0 ] || { echo "status $status"; exit 1; }
grep -h "NODE_FAIL\|requeue\|not responding" "$work/log/slurmctld" | head -n 5 || true
python3 - "$work" <<'END'
import pathlib, sqlite3, sys
work = pathlib.Path(sys.argv[1])
def rows(name):
    db = sqlite3.connect(work / name / "results.sqlite")
    return db.execute("SELECT key, passed, result.kind, cycles, requests FROM task LEFT JOIN result ON task = task.id "
                      "ORDER BY key").fetchall()
here, there = rows("alone"), rows("run")
by = sqlite3.connect(work / "run/results.sqlite").execute("SELECT host, count(*) FROM result GROUP BY host").fetchall()
print("results by node:", ", ".join(f"{host} {n}" for host, n in by))
if here != there:
    sys.exit("the results differ from those without Slurm")
if len(by) < 2 or "n2" not in dict(by):
    sys.exit("not every node gave results")
print(f"{len(there)} tasks, one result each, the same as without Slurm")
END
