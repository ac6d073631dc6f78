"""Many submissions at once: a Dask cluster runs and judges them; the one writer of the gradebook finds the results.

A worker gets the path of a submission and returns nothing but a sentence; results go to the folder of
`autograder.cache`. So a lost worker, or a killed run, loses at most the submissions it was at.
"""

import logging
import os
from contextlib import ExitStack, contextmanager
from itertools import chain
from multiprocessing import get_all_start_methods
from pathlib import Path

THREADS = 4  # submissions side by side in one worker, which judges one at a time


@contextmanager
def running(jobs, scheduler=None, workers=None):
    """Start jobs (dicts of the arguments of `graded`) on a cluster; none is started if all results are there.

    scheduler: the address of one that is there, such as "tcp://host:8786"; default: a local one of this machine's size.
    workers:   how many submissions the local one runs side by side.
    Gives an iterator of (position of the job, "" or why there is no result), one after the other as they are done. The
    cluster is there from its first step on; what is done before that costs nothing, since something warms up meanwhile.
    """
    known = {index: trouble for index, job in enumerate(jobs) if (trouble := _without_running(job)) is not None}
    missing = {index: job for index, job in enumerate(jobs) if index not in known}
    if missing and scheduler is None:
        from autograder import warm

        warm.server()
    with ExitStack() as stack:
        yield chain(known.items(), _run_all(missing, scheduler, workers, stack) if missing else ())


def _run_all(jobs, scheduler, workers, stack):
    from distributed import as_completed

    client = stack.enter_context(_cluster(scheduler, min(workers or os.cpu_count() or 1, len(jobs))))
    futures = {client.submit(run_one, **job, pure=False, retries=2): index for index, job in jobs.items()}
    for future in as_completed(futures):
        yield futures[future], str(future.exception()) if future.status == "error" else future.result()


@contextmanager
def _cluster(scheduler, side_by_side):
    import dask
    from distributed import Client, LocalCluster

    # A worker starts processes of its own, which daemons may not.
    settings = {"distributed.worker.daemon": False, "distributed.logging.distributed": "error"}
    if "forkserver" in get_all_start_methods():  # workers are forks of the warm server
        settings["distributed.worker.multiprocessing-method"] = "forkserver"
    logging.getLogger("distributed").setLevel(logging.ERROR)
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        if scheduler is None:
            processes = -(-side_by_side // THREADS)
            threads = -(-side_by_side // processes)
            environment = dict(os.environ)  # the warm server has a bare one
            local = LocalCluster(
                n_workers=processes, threads_per_worker=threads, dashboard_address=None, memory_limit=0,
                env=environment,
            )  # fmt: skip
            scheduler = stack.enter_context(local)
        yield stack.enter_context(Client(scheduler))


def run_one(**job):
    """Run one submission unless its result is there. Returns "" or why there is none."""
    from autograder import other_libraries, warm

    warm.server()  # it and this process import at the same time
    other_libraries.calm()
    from autograder.notebooks import Unreadable

    try:
        graded(again=True, **job)
    except Unreadable as error:
        return str(error)
    return ""


def _without_running(job):
    """What `run_one` would return, if that is known already; otherwise None."""
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
