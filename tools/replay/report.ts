import { formatNumber, renderTable } from '../table.ts';
import type { BadLine } from './csv.ts';
import type { Finding, SeriesFindings } from './findings.ts';
import { compareWithWindows, type Window } from './windows.ts';

/** Of each series so many anomalies are listed. */
const maxShown = 10;

/** All that is told of one file. */
export interface FileReport {
  file: string;
  samples: number;
  refused: readonly string[];
  bad: { count: number; first: readonly BadLine[] };
  missing: number;
  series: readonly SeriesFindings[];
  /** Undefined when no labels were given for the file. */
  windows: readonly Window[] | undefined;
}

/** Writes the report: what could not be read, each series with what was found in it, and a line a file. */
export function renderReport(reports: readonly FileReport[]): string {
  const sections = [...reports.flatMap(describeProblems), ...reports.flatMap(describeSeries), renderSummary(reports)];
  return sections.join('\n\n');
}

function describeProblems({ file, bad, refused, missing }: FileReport): string[] {
  const lines: string[] = [];
  if (bad.count > 0) {
    lines.push(
      `${file}: ${formatNumber(bad.count)} bad lines, not sent${bad.count > bad.first.length ? '; the first' : ''}:`,
    );
    lines.push(...bad.first.map(({ line, reason, text }) => `  line ${line}: ${reason}: ${text}`));
  }
  if (refused.length > 0) {
    lines.push(`${file}: refused by the service:`, ...refused.slice(0, 5).map((reason) => `  ${reason}`));
  }
  if (missing > 0) lines.push(`${file}: ${formatNumber(missing)} empty values, not sent`);
  return lines.length > 0 ? [lines.join('\n')] : [];
}

function describeSeries({ series, windows }: FileReport): string[] {
  return series.map(({ name, findings }) => {
    const labels = Object.entries(name.labels).map(([key, value]) => `${key}=${value}`);
    const title = [name.metric, ...labels].join(' ');
    if (windows === undefined) return [title, describeFindings(findings)].join('\n');
    const { windows: compared, outside } = compareWithWindows(findings, windows);
    const rows = compared.map(({ window, hits }) => [
      `  labelled ${showSpan(window)}`,
      hits.length > 0 ? `hit: ${showHits(hits)}` : 'missed',
    ]);
    const verdict = windows.length > 0 ? rows.map((row) => row.join('  ')) : ['  nothing is labelled'];
    const rest = outside.length > 0 ? [`  outside of the labels: ${outside.length}`, describeFindings(outside)] : [];
    return [title, ...verdict, ...rest].join('\n');
  });
}

function describeFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return '  no anomaly';
  const shown = findings.length > maxShown ? strongest(findings, maxShown) : findings;
  const rows = shown.map((finding) => [
    `  ${showTime(finding.fromMs)}`,
    finding.anomaly.endedAt === null ? 'open' : showTime(finding.toMs),
    finding.anomaly.peakScore ?? '-',
    finding.anomaly.reason,
  ]);
  const table = renderTable(['  start (UTC)', 'end', 'peak score', 'reason'], rows);
  return shown === findings ? table : `${table}\n  and ${findings.length - maxShown} with lower scores`;
}

/** Those with the highest scores, in their order of time. */
function strongest(findings: readonly Finding[], count: number): Finding[] {
  const byScore = findings.toSorted((a, b) => (b.anomaly.peakScore ?? 0) - (a.anomaly.peakScore ?? 0));
  return byScore.slice(0, count).sort((a, b) => a.fromMs - b.fromMs);
}

function renderSummary(reports: readonly FileReport[]): string {
  const isLabelled = reports.some(({ windows }) => windows !== undefined);
  const rows = reports.map(({ file, samples, series, bad, windows }) => {
    const findings = series.flatMap((one) => one.findings);
    const compared = compareWithWindows(findings, windows ?? []);
    const hit = compared.windows.filter(({ hits }) => hits.length > 0).length;
    const labelled =
      windows === undefined ? ['-', '-'] : [`${hit} of ${windows.length}`, String(compared.outside.length)];
    return [file, samples, bad.count, series.length, findings.length, ...(isLabelled ? labelled : [])];
  });
  const labelHeader = isLabelled ? ['windows hit', 'outside'] : [];
  return renderTable(['file', 'samples', 'bad lines', 'series', 'anomalies', ...labelHeader], rows);
}

function showHits(hits: readonly Finding[]): string {
  const [{ fromMs, anomaly }] = strongest(hits, 1) as [Finding];
  const more = hits.length > 1 ? `, and ${hits.length - 1} more` : '';
  const score = anomaly.peakScore === null ? '-' : formatNumber(anomaly.peakScore);
  return `${showTime(fromMs)} score ${score} (${anomaly.reason})${more}`;
}

function showSpan({ fromMs, toMs }: Window): string {
  return `${showTime(fromMs)} to ${showTime(toMs)}`;
}

function showTime(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
}
