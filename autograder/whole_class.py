"""Grading a whole class, with progress: run everything side by side, and write it into the gradebook.

Who is graded for the first time is written as soon as the run is done, while others still run. Where grades stand,
all that would change is looked at first.
"""

from tqdm import tqdm

from autograder import crowd, regrading
from autograder.with_nbgrader import quick_gradebook


def grade_all(classroom, assignment, students, limits=None, agree=None, dry_run=False, **cluster):
    """Run all submissions and write the gradebook. Returns (Results, students whose grades were left alone).

    limits:  student -> dict of limits that differ.
    agree:   called with the list of `regrading.Change`s of grades that stood in the gradebook before; returns the
             students whose grades must not be written. Default: all are written.
    dry_run: whether nothing may be written before `agree` has returned.
    cluster: scheduler and workers; see `crowd.running`.
    """
    limits, results = limits or {}, {}
    jobs = dict(zip(students, classroom.jobs(assignment, students, limits)))

    def write(student):
        result = classroom.grade(assignment, student, **limits.get(student, {}))
        if not result.failure:
            regrading.mark_written(classroom, student, jobs[student])
        results[student] = result

    with crowd.running(list(jobs.values()), **cluster) as finished, quick_gradebook():
        classroom.open(assignment)  # while the cluster warms up
        before = set(students) if dry_run else classroom.graded(assignment)
        with _bar("running", students) as bar:
            for index, trouble in finished:
                if students[index] not in before:
                    write(students[index])
                    trouble = results[students[index]].failure or trouble
                bar.step(trouble)
    with quick_gradebook():
        changes, same = regrading.review(classroom, assignment, [one for one in students if one in before], limits)
        refused = set(agree(changes)) if agree else set()
        left = [student for student in students if student not in results]
        if left:
            with _bar("writing", left) as bar:
                for student in left:
                    if student in refused or student in same:
                        (results[student],) = classroom.results(assignment, [student])
                    else:
                        write(student)
                    bar.step(results[student].failure)
    return [results[student] for student in students], sorted(refused)


class _bar(tqdm):  # noqa: N801  reads as what it does
    """Progress through submissions, with how many failed and why the last one did."""

    def __init__(self, what, students):
        super().__init__(total=len(students), desc=what, unit="submission", smoothing=0.1)
        self.failures = 0

    def step(self, trouble):
        """One more is done."""
        if trouble:
            self.failures += 1
            self.set_postfix_str(f"{self.failures} failed, last: {trouble}"[:70], refresh=False)
        self.update()
