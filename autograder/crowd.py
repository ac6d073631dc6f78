"""Many submissions at once: a Dask cluster runs and judges them; the one writer of the gradebook finds the results.

A worker gets the path of a submission and returns nothing but a sentence; results go to the folder of
`autograder.cache`. So a lost worker, or a killed run, loses at most the submissions it was at. Where submissions are
not walled in, threads of this process run them.
"""

import atexit
import logging
import multiprocessing
import os
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path

THREADS = 4  # submissions side by side in one worker, which judges one at a time


@contextmanager
def running(jobs, scheduler=None, workers=None):
    """Start jobs (dicts of the arguments of `graded`) on a cluster; none is started if all results are there.

    scheduler: the address of one that is there, such as "tcp://host:8786"; default: a local one of this machine's size.
    workers:   how many submissions the local one runs side by side.
    Gives an iterator of (position of the job, "" or why there is no result), one after the other as they are done.
    """
    known = {index: trouble for index, job in enumerate(jobs) if (trouble := _without_running(job)) is not None}
    if len(known) == len(jobs):
        yield iter(known.items())
        return
    missing = {index: job for index, job in enumerate(jobs) if index not in known}
    with _starting(scheduler, min(workers or os.cpu_count() or 1, len(missing))) as (submit, as_completed):
        futures = {submit(run_one, **job): index for index, job in missing.items()}
        yield chain(known.items(), ((futures.pop(future), _outcome(future)) for future in as_completed(futures)))


def _starting(scheduler, side_by_side):
    """A context that gives (a function that submits a call, one that iterates over futures as they are done).

    The processes of a cluster talk through ports, and whoever reaches these can run anything. So where submissions are
    not walled in, they are run by threads of this process.
    """
    from autograder import sandbox

    return _cluster(scheduler, side_by_side) if scheduler or sandbox.tier()[0] == "full" else _threads(side_by_side)


@contextmanager
def _threads(side_by_side):
    from concurrent.futures import ThreadPoolExecutor, as_completed

    with ThreadPoolExecutor(side_by_side) as pool:
        try:
            yield pool.submit, as_completed
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _cluster(scheduler, side_by_side):
    import dask
    from distributed import Client, LocalCluster, as_completed

    # A worker starts processes of its own, which daemons may not. Nobody reads where its threads are at each moment.
    settings = {
        "distributed.worker.daemon": False, "distributed.logging.distributed": "error",
        "distributed.worker.profile.enabled": False,
    }  # fmt: skip
    logging.getLogger("distributed").setLevel(logging.ERROR)
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        if scheduler is None:
            processes = -(-side_by_side // THREADS)
            threads = -(-side_by_side // processes)
            local = LocalCluster(
                n_workers=processes, threads_per_worker=threads, dashboard_address=None, memory_limit=0
            )
            scheduler = stack.enter_context(local)
        client = stack.enter_context(Client(scheduler))
        yield partial(client.submit, pure=False, retries=2), as_completed


def _outcome(future):
    try:
        return future.result()
    except Exception as error:
        return str(error)


def run_one(**job):
    """Run one submission unless its result is there. Returns "" or why there is none."""
    from autograder import other_libraries, warm

    warm.start_server()  # it and this process import at the same time
    _leave_at_once()
    other_libraries.calm()
    from autograder.notebooks import Unreadable

    try:
        graded(again=True, **job)
    except Unreadable as error:
        return str(error)
    return ""


@lru_cache
def _leave_at_once():
    """Let a worker end without taking apart what it has imported, for which whoever closes a cluster would wait."""
    if multiprocessing.parent_process() is not None:
        atexit.register(os._exit, 0)


def _without_running(job):
    """What `run_one` would return, if that is known already; otherwise None."""
    if not Path(job["place"]).exists():
        return None
    from autograder import cache
    from autograder.notebooks import Unreadable

    try:
        return "" if _by_cache(cache.is_kept, again=True, **job) else None
    except Unreadable as error:
        return str(error)


def graded(path, release, assignment, secret, place, limits, hidden, again=False):
    """The result of one submission, which is run if it is not there. Raises Unreadable if it is no notebook."""
    from autograder import cache

    job = {"path": path, "release": release, "assignment": assignment, "secret": secret, "place": place}
    return _by_cache(cache.graded, limits=limits, hidden=hidden, again=again, cards=True, **job)


def key(place, **job):
    """The digest of all that the result of a submission depends on. Raises Unreadable if it is no notebook."""
    from autograder import cache

    return _by_cache(cache.key, **job)


def _by_cache(function, path, release, assignment, secret, limits, hidden, **more):
    from autograder import sandbox
    from autograder.notebooks import read, repair

    notebook, _ = repair(read(Path(path)), read(Path(release)))
    options = {"folder": str(Path(path).parent), "limits": sandbox.Limits(**limits), "hidden": tuple(hidden)}
    return function(notebook, assignment, secret, **options, **more)
