import { expect, test } from 'vitest';
import type { IngestReport } from '../../bench/ingest.ts';
import { hasPrometheus } from '../support/prometheus.ts';
import { hasChdb } from '../support/servers.ts';
import { runCommand } from '../tools/command.ts';

test.skipIf(!hasChdb())(
  'the ingest bench finds every sample that it sent, by each protocol and in each server',
  async () => {
    const peers = hasPrometheus() ? ['--peer', 'prometheus'] : [];
    const { code, stdout } = await runCommand('bench/main.ts', 'ingest', '--quick', '--json', ...peers);
    expect(code).toBe(0);
    const { runs, ratios, absent } = JSON.parse(stdout) as IngestReport;
    expect(runs.filter(({ server }) => server === 'fleetcast').map(({ protocol }) => protocol)).toEqual([
      'remote-write',
      'otlp',
      'ndjson',
    ]);
    for (const { sent, stored, samplesPerSecond } of runs) {
      expect(stored).toBe(sent);
      expect(samplesPerSecond).toBeGreaterThan(0);
    }
    expect([ratios.length, absent]).toEqual([hasPrometheus() ? 1 : 0, []]);
  },
);

test('a peer that it does not know is refused with those that it knows', async () => {
  const { code, stderr } = await runCommand('bench/main.ts', 'ingest', '--peer', 'mysql');
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('--peer: expected prometheus, victoria-metrics, influxdb'),
  ]);
});
