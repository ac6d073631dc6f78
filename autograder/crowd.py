"""Many submissions at once: a Dask cluster runs and judges them; the one writer of the gradebook finds the results.

A worker gets the path of a submission and returns nothing but a sentence; results go to the folder of
`autograder.cache`. So a lost worker, or a killed run, loses at most the submissions it was at.
"""

import logging
import os
from itertools import takewhile
from pathlib import Path

from autograder import cache, sandbox
from autograder.notebooks import Unreadable, read, repair


def run_all(jobs, scheduler=None, workers=None, say=None):
    """Run jobs (dicts of the arguments of `graded`) on a cluster; none is started if all results are there.

    scheduler: the address of one that is there, such as "tcp://host:8786"; default: a local one of this machine's size.
    workers:   how many processes the local one has.  say: called with (done, all, trouble) after each job.
    """
    say = say or (lambda *state: None)
    known = list(takewhile(lambda trouble: trouble is not None, map(_without_running, jobs)))
    for done, trouble in enumerate(known, 1):
        say(done, len(jobs), trouble)
    if missing := jobs[len(known) :]:
        _on_cluster(missing, scheduler, workers, lambda done, trouble: say(len(known) + done, len(jobs), trouble))


def _on_cluster(jobs, scheduler, workers, say):
    import dask
    from distributed import Client, LocalCluster, as_completed

    workers = min(workers or os.cpu_count() or 1, len(jobs))
    # A worker starts processes of its own, which daemons may not; and each submission has one thread.
    quiet = {"distributed.worker.daemon": False, "distributed.logging.distributed": "error"}
    logging.getLogger("distributed").setLevel(logging.ERROR)
    with dask.config.set(quiet):
        if scheduler is None:
            cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0", memory_limit=0)
        else:
            cluster = scheduler
        with Client(cluster) as client:
            futures = [client.submit(run_one, **job, pure=False, retries=2) for job in jobs]
            for done, future in enumerate(as_completed(futures), 1):
                trouble = future.exception() if future.status == "error" else future.result()
                say(done, trouble)
        if scheduler is None:
            cluster.close()


def run_one(**job):
    """Run one submission unless its result is there. Returns "" or why there is none."""
    try:
        graded(again=True, **job)
    except Unreadable as error:
        return str(error)
    return ""


def _without_running(job):
    """What `run_one` would return, if that is known already; otherwise None."""
    try:
        return "" if _by_cache(cache.is_kept, again=True, **job) else None
    except Unreadable as error:
        return str(error)


def graded(path, release, assignment, secret, place, limits, hidden, again=False):
    """The result of one submission, which is run if it is not there. Raises Unreadable if it is no notebook."""
    job = {"path": path, "release": release, "assignment": assignment, "secret": secret, "place": place}
    return _by_cache(cache.graded, limits=limits, hidden=hidden, again=again, **job)


def key(place, **job):
    """The digest of all that the result of a submission depends on. Raises Unreadable if it is no notebook."""
    return _by_cache(cache.key, **job)


def _by_cache(function, path, release, assignment, secret, limits, hidden, **more):
    notebook, _ = repair(read(Path(path)), read(Path(release)))
    options = {"folder": str(Path(path).parent), "limits": sandbox.Limits(**limits), "hidden": tuple(hidden)}
    return function(notebook, assignment, secret, **options, **more)
