"""`make bench [NAME=...]`: each benchmark measures us and a peer in turn, on equal outputs, in one run.

The last line of each is `name: R times PEER (details)`: R times as fast as the peer.
"""

import importlib
import pkgutil
import sys
from time import perf_counter

import tests.benchmarks as here


def measure(name, peer_name, ours, peer, equal, repeats=5, details=""):
    """Time two functions in turn, check their outputs with `equal(a, b)`, and print the line."""
    assert equal(ours(), peer()), f"{name}: our output differs from that of {peer_name}"
    times = {ours: [], peer: []}
    for _ in range(repeats):
        for function in (ours, peer):
            started = perf_counter()
            function()
            times[function].append(perf_counter() - started)
    best, theirs = min(times[ours]), min(times[peer])
    print(f"{name}: {theirs / best:.2f} times {peer_name} ({best:.3f} s against {theirs:.3f} s{details})", flush=True)


def main(wanted):
    """Run the benchmark of that name, or else all whose name contains `wanted`."""
    found = [module.name for module in pkgutil.iter_modules(here.__path__) if module.name != "__main__"]
    chosen = [wanted] if wanted in found else [name for name in found if wanted in name]
    if not chosen:
        sys.exit(f"no benchmark called {wanted!r}; there are {', '.join(found)}")
    for name in chosen:
        importlib.import_module(f"tests.benchmarks.{name}").run(measure)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
