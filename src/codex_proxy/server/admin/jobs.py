"""Jobs for their owner: ``/admin/jobs``.

Rules of this file: a job is asked to stop and stops where it can; one that has ended stays as it is.  Times are epoch
seconds.
"""

from typing import Final

from litestar import delete, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.jobs_book import Job, JobBook

JOBS_PATH: Final = "/admin/jobs"
JOB_PATH: Final = f"{JOBS_PATH}/{{job_id:str}}"


def jobs_routes(book: JobBook) -> list[HTTPRouteHandler]:
    """The routes over one book."""

    @get(JOBS_PATH, sync_to_thread=False, summary="Jobs")
    def jobs() -> dict[str, tuple[Job, ...]]:
        """The jobs that run and the last that ended, newest first, without their results: ``{"jobs": [...]}``."""
        return {"jobs": book.jobs()}

    @get(JOB_PATH, sync_to_thread=False, summary="One job")
    def job(job_id: FromPath[str]) -> Job:
        """How far it is, and at its end what came of it."""
        return _found(book.job(job_id))

    @delete(JOB_PATH, status_code=HTTP_200_OK, sync_to_thread=False, summary="Cancel a job")
    def cancel_job(job_id: FromPath[str]) -> Job:
        """Ask it to stop; what it has done stays done."""
        return _found(book.cancel(job_id))

    return [jobs, job, cancel_job]


def _found(job: Job | None) -> Job:
    if job is None:
        raise NotFoundException(detail="there is no such job; only the last ones are remembered, until a restart")
    return job
