import type { StateStore, StateTables } from '../state.ts';

export const runStatuses = ['queued', 'running', 'succeeded', 'failed'] as const;

/** One run of a job over `[from, to)`, in Unix milliseconds. */
export interface JobRun {
  id: string;
  job: string;
  trigger: 'schedule' | 'request';
  from: number;
  to: number;
  status: (typeof runStatuses)[number];
  /** 0 to 1. */
  progress: number;
  startedAt: number;
  finishedAt: number | null;
  /** What the job counted. */
  result: Record<string, number>;
  /** Why it failed; of one that succeeded, which parts did not. */
  error: string;
}

/** Up to where a job has seen the data; `undefined` before its first run. */
export async function readWatermark({ db }: StateStore, job: string): Promise<number | undefined> {
  const row = await db.selectFrom('job_watermarks').select('watermark').where('job', '=', job).executeTakeFirst();
  return row?.watermark;
}

/** Moves the watermark; it never goes back. */
export async function advanceWatermark({ db }: StateStore, job: string, watermark: number): Promise<void> {
  await db
    .insertInto('job_watermarks')
    .values({ job, watermark })
    .onConflict((conflict) =>
      conflict.column('job').doUpdateSet({ watermark }).where('job_watermarks.watermark', '<', watermark),
    )
    .execute();
}

/** Writes a new run. */
export async function insertRun({ db }: StateStore, run: JobRun, holder: string): Promise<void> {
  await db
    .insertInto('job_runs')
    .values({
      id: run.id,
      job: run.job,
      trigger: run.trigger,
      from_time: run.from,
      to_time: run.to,
      status: run.status,
      progress: run.progress,
      holder,
      started_at: run.startedAt,
      finished_at: run.finishedAt,
      result: JSON.stringify(run.result),
      error: run.error,
    })
    .execute();
}

/** Writes what has become of a run. */
export async function updateRun(
  { db }: StateStore,
  { id, status, progress, finishedAt, result, error }: JobRun,
): Promise<void> {
  await db
    .updateTable('job_runs')
    .set({ status, progress, finished_at: finishedAt, result: JSON.stringify(result), error })
    .where('id', '=', id)
    .execute();
}

/** After so long, whoever queued a run and did not begin it is taken for dead. */
const longestWaitMs = 3_600_000;

/** Ends the runs of a job that a process left behind when it died; only who holds the job's lock may call it. */
export async function failAbandonedRuns({ db }: StateStore, job: string, now: number): Promise<void> {
  await db
    .updateTable('job_runs')
    .set({ status: 'failed', finished_at: now, error: 'the process that ran it ended' })
    .where('job', '=', job)
    .where((is) =>
      is.or([
        is('status', '=', 'running'),
        is.and([is('status', '=', 'queued'), is('started_at', '<', now - longestWaitMs)]),
      ]),
    )
    .execute();
}

/** Forgets runs that started before `before`. */
export async function deleteRunsBefore({ db }: StateStore, job: string, before: number): Promise<void> {
  await db.deleteFrom('job_runs').where('job', '=', job).where('started_at', '<', before).execute();
}

/** Runs of a job, newest first. */
export async function listRuns({ db }: StateStore, job: string, limit: number): Promise<JobRun[]> {
  const rows = await db
    .selectFrom('job_runs')
    .selectAll()
    .where('job', '=', job)
    .orderBy('started_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

/** One run of a job. */
export async function findRun({ db }: StateStore, job: string, id: string): Promise<JobRun | undefined> {
  const row = await db
    .selectFrom('job_runs')
    .selectAll()
    .where('job', '=', job)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && fromRow(row);
}

function fromRow(row: StateTables['job_runs']): JobRun {
  return {
    id: row.id,
    job: row.job,
    trigger: row.trigger as JobRun['trigger'],
    from: row.from_time,
    to: row.to_time,
    status: row.status as JobRun['status'],
    progress: row.progress,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    result: JSON.parse(row.result) as Record<string, number>,
    error: row.error,
  };
}
