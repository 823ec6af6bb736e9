import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../../sdk/typescript/answers.ts';
import type { Finding } from '../../../tools/replay/findings.ts';
import { type FileReport, renderReport } from '../../../tools/replay/report.ts';

const minute = (n: number) => Date.UTC(2014, 1, 26, 22, n);

function finding(from: number, to: number | null, peakScore: number, reason: string): Finding {
  const anomaly = { peakScore, reason, endedAt: to === null ? null : new Date(minute(to)).toISOString() } as Anomaly;
  return { anomaly, fromMs: minute(from), toMs: minute(to ?? 59) };
}

const report: FileReport = {
  file: 'cpu.csv',
  samples: 4032,
  refused: [],
  bad: { count: 0, first: [] },
  missing: 0,
  series: [
    {
      name: { metric: 'cpu', labels: {} },
      seriesId: '1',
      findings: [finding(5, 10, 3.21, 'high'), finding(40, null, 1.5, 'low')],
    },
  ],
  windows: undefined,
};

describe('renderReport', () => {
  it('lists the anomalies of a series and sums up the files', () => {
    expect(renderReport([report])).toBe(
      [
        'cpu',
        '  start (UTC)       end               peak score  reason',
        '  2014-02-26 22:05  2014-02-26 22:10        3.21  high',
        '  2014-02-26 22:40  open                     1.5  low',
        '',
        'file     samples  bad lines  series  anomalies',
        'cpu.csv    4,032          0       1          2',
      ].join('\n'),
    );
  });

  it('shows which labelled windows were hit, which were missed, and what lies outside', () => {
    const windows = [
      { fromMs: minute(0), toMs: minute(6) },
      { fromMs: minute(20), toMs: minute(30) },
    ];
    const text = renderReport([{ ...report, windows }]);
    expect(text).toContain('labelled 2014-02-26 22:00 to 2014-02-26 22:06  hit: 2014-02-26 22:05 score 3.21 (high)');
    expect(text).toContain('labelled 2014-02-26 22:20 to 2014-02-26 22:30  missed');
    expect(text).toContain('outside of the labels: 1');
    expect(text).toMatch(/cpu\.csv +4,032 +0 +1 +2 +1 of 2 +1$/);
  });

  it('shows the strongest of many anomalies, in their order, and counts the rest', () => {
    const findings = Array.from({ length: 14 }, (_, i) =>
      finding(i, i, i === 13 ? 9 : 1 + ((i * 5) % 14) / 10, `n${i}`),
    );
    const text = renderReport([{ ...report, series: [{ ...report.series[0]!, findings }] }]);
    expect(text.match(/n\d+$/gm)).toHaveLength(10);
    expect(text).toContain('n13');
    expect(text).toContain('  and 4 with lower scores');
    const hit = renderReport([
      { ...report, series: [{ ...report.series[0]!, findings }], windows: [{ fromMs: minute(0), toMs: minute(59) }] },
    ]);
    expect(hit).toContain('hit: 2014-02-26 22:13 score 9 (n13), and 13 more');
  });

  it('never drops in silence: bad lines, refusals and empty values are told', () => {
    const bad = { count: 7, first: [{ line: 3, reason: 'v is not a number', text: 'x,y' }] };
    const text = renderReport([{ ...report, bad, refused: ['/3/value: bad'], missing: 2 }]);
    expect(text).toContain('cpu.csv: 7 bad lines, not sent; the first:\n  line 3: v is not a number: x,y');
    expect(text).toContain('cpu.csv: refused by the service:\n  /3/value: bad');
    expect(text).toContain('cpu.csv: 2 empty values, not sent');
  });

  it('says so when nothing was found', () => {
    const quiet = { ...report, series: [{ ...report.series[0]!, findings: [] }] };
    expect(renderReport([quiet])).toContain('cpu\n  no anomaly');
  });
});
