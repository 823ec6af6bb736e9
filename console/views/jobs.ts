import type { ApiClient } from '../api-client.ts';
import type { JobInfo, Run } from '../api-types.ts';
import { type Child, h, withVariables } from '../dom.ts';
import { absent, formatAge, formatCount, formatRatio, formatSeconds, formatTime } from '../format.ts';
import { stateMark, timeMark } from '../marks.ts';
import { emptyNote, loadedPanel, pageHeading } from '../panel.ts';
import { scheduleText } from '../schedule.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const shownRuns = 40;

interface JobWithRuns {
  job: JobInfo;
  /** Newest first. */
  runs: Run[];
}

/** `#/jobs`: what runs on a schedule: how it went, how far it has come, and what failed. */
export async function jobsView({ api, now }: ViewContext): Promise<Page> {
  const jobs = await settle(loadJobs(api));
  return {
    title: 'Jobs',
    render: () => [
      pageHeading({ title: 'Jobs' }),
      loadedPanel({ title: 'On a schedule' }, jobs, (all) =>
        all.length === 0
          ? emptyNote('There are none.')
          : h(
              'div',
              { class: 'jobs' },
              all.map((one) => jobCard(one, now)),
            ),
      ),
    ],
  };
}

async function loadJobs(api: ApiClient): Promise<JobWithRuns[]> {
  const jobs = await api.jobs();
  return Promise.all(jobs.map(async (job) => ({ job, runs: await api.runs(job.id, shownRuns) })));
}

function jobCard({ job, runs }: JobWithRuns, now: number): HTMLElement {
  const { lastRun: last } = job;
  const failures = runs.filter(({ status }) => status === 'failed');
  return h(
    'article',
    { class: 'job', 'data-key': job.id },
    h(
      'div',
      { class: 'job-name' },
      h('h3', {}, job.id, last === null ? stateMark('quiet', 'has not run') : stateMark(last.status)),
      h('p', {}, job.description),
      h('p', { class: 'note', title: job.schedule }, scheduleText(job.schedule)),
    ),
    h(
      'dl',
      { class: 'facts' },
      fact(
        'Last run',
        last === null ? absent : timeMark(last.startedAt, formatAge((now - Date.parse(last.startedAt)) / 1000)),
      ),
      fact(
        last?.status === 'running' ? 'Done' : 'Took',
        last === null
          ? absent
          : last.status === 'running'
            ? formatRatio(Math.round(last.progressRatio * 100) / 100)
            : formatSeconds(tookSeconds(last)),
      ),
      fact(
        'Behind by',
        job.lagSeconds === null
          ? absent
          : h(
              'span',
              { title: job.watermark === null ? '' : `has seen all until ${formatTime(Date.parse(job.watermark))}` },
              formatSeconds(Math.round(job.lagSeconds)),
            ),
      ),
      fact('Result', last === null ? absent : resultText(last)),
    ),
    h(
      'div',
      { class: 'job-runs' },
      runStrip(runs),
      h(
        'p',
        { class: 'note' },
        runs.length === 0 ? 'no runs yet' : `${failures.length} of the last ${runs.length} failed`,
      ),
    ),
    failures[0] && failureNote(failures[0], last?.status === 'failed'),
  );
}

/** A failure that later runs made good is told in passing. */
function failureNote({ startedAt, error }: Run, isLast: boolean): HTMLElement {
  const when = ['Last failure, ', timeMark(startedAt)];
  return isLast
    ? h('div', { class: 'problem' }, h('strong', {}, when), h('p', {}, error))
    : h('p', { class: 'note' }, when, `: ${error}`);
}

function fact(name: string, value: Child): HTMLElement {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value));
}

function tookSeconds({ startedAt, finishedAt }: Run): number | null {
  return finishedAt === null ? null : (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
}

function resultText({ result }: Run): string {
  const counts = Object.entries(result).map(
    ([name, value]) => `${formatCount(value)} ${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`,
  );
  return counts.length === 0 ? absent : counts.join(', ');
}

/** The last runs, oldest first: the height is how long each took, a failed one has a foot. */
function runStrip(runs: readonly Run[]): Child {
  const longest = Math.max(1e-3, ...runs.map((run) => tookSeconds(run) ?? 0));
  const bars = runs.toReversed().map((run) => {
    const seconds = tookSeconds(run);
    const title = `${run.status}, ${formatTime(Date.parse(run.startedAt))}, ${seconds === null ? 'not finished' : formatSeconds(seconds)}`;
    return withVariables(h('i', { class: 'run-bar', 'data-key': run.id, 'data-status': run.status, title }), {
      '--ratio': Math.max(0.12, (seconds ?? 0) / longest),
    });
  });
  return h('div', { class: 'run-strip', role: 'img', 'aria-label': `Duration of the last ${runs.length} runs` }, bars);
}
