"""Grading a whole class, with progress: run everything side by side, look at what would change, then write that."""

from tqdm import tqdm

from autograder import regrading


def grade_all(classroom, assignment, students, limits=None, agree=None, **cluster):
    """Run all submissions, then write the gradebook. Returns (Results, students whose grades were left alone).

    limits:  student -> dict of limits that differ.
    agree:   called with the list of `regrading.Change`s of grades that stood in the gradebook before; returns the
             students whose grades must not be written. Default: all are written.
    cluster: scheduler and workers; see `crowd.run_all`.
    """
    limits = limits or {}
    classroom.open(assignment)
    failures = 0
    with tqdm(total=len(students), desc="running", unit="submission", smoothing=0.1) as bar:

        def say(done, total, trouble):
            nonlocal failures
            failures += bool(trouble)
            if trouble:
                bar.set_postfix_str(f"{failures} failed, last: {trouble}"[:70], refresh=False)
            bar.update()

        classroom.run_ahead(assignment, students, limits, say=say, **cluster)
    changes, same = regrading.review(classroom, assignment, students, limits)
    refused = agree(changes) if agree else ()
    jobs = dict(zip(students, classroom.jobs(assignment, students, limits)))
    results, failures = [], 0
    with tqdm(students, "writing", unit="submission", smoothing=0.1) as bar:
        for student in bar:
            if student in refused or student in same:
                results.append(classroom.results(assignment, [student])[0])
                continue
            results.append(classroom.grade(assignment, student, **limits.get(student, {})))
            if not results[-1].failure:
                regrading.mark_written(classroom, student, jobs[student])
            failures += bool(results[-1].failure)
            if failures:
                bar.set_postfix_str(f"{failures} failed", refresh=False)
    return results, sorted(refused)
