"""Ratios against a peer in the same run: `make bench`, or `python -m tests.benchmarks NAME ... [FILE.npz ...]`."""

import importlib
import pkgutil
import sys

import tests.benchmarks as home

files = [name for name in sys.argv[1:] if name.endswith(".npz")]
names = [name for name in sys.argv[1:] if name not in files] or sorted(
    m.name for m in pkgutil.iter_modules(home.__path__) if m.name.startswith("bench_")
)
for name in names:
    module = importlib.import_module(f"tests.benchmarks.{name if name.startswith('bench_') else 'bench_' + name}")
    print(f"\n{module.__doc__.strip().splitlines()[0]}")
    module.main(files) if files else module.main()
