import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Listening, listen } from '../../api/listen.ts';
import { defineQuery } from '../../store/query.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { documentedBlocks, towards } from '../support/documented.ts';
import { eventually } from '../support/eventually.ts';
import { hasPrometheus, type PrometheusServer, startPrometheus } from '../support/prometheus.ts';
import { hasChdb } from '../support/servers.ts';

/** Every raw value of every series, by time. */
const allPoints = defineQuery({
  name: 'test_all_points',
  sql: `SELECT s.metric AS metric, s.labels AS labels, groupArray(toUnixTimestamp64Milli(p.time)) AS times, groupArray(p.value) AS values
    FROM (SELECT series_id, time, value FROM samples FINAL ORDER BY time) AS p
    INNER JOIN (SELECT series_id, any(metric) AS metric, anyLast(labels) AS labels FROM series GROUP BY series_id) AS s USING (series_id)
    GROUP BY p.series_id, s.metric, s.labels`,
  params: z.object({}),
  row: z.object({
    metric: z.string(),
    labels: z.record(z.string(), z.string()),
    times: z.array(z.coerce.number()),
    values: z.array(z.number()),
  }),
});

interface ScrapedSeries {
  metric: Record<string, string>;
  values: [seconds: number, value: string][];
}

const scrapes = 6;
const isRunnable = hasPrometheus() && hasChdb();
const keyOf = ({ __name__, ...labels }: Record<string, string>) =>
  JSON.stringify([__name__, Object.entries(labels).sort()]);

describe.skipIf(!isRunnable)('a real Prometheus that writes to the service what it scrapes of itself', () => {
  let service: TestApp;
  let server: Listening;
  let prometheus: PrometheusServer;

  beforeAll(async () => {
    service = await startTestApp();
    server = await listen(service.app, { host: '127.0.0.1', port: 0 });
    const [documented] = documentedBlocks('protocols.md', 'yaml');
    prometheus = await startPrometheus(`${towards(server.url, documented!)}
    queue_config: { batch_send_deadline: 100ms }
    metadata_config: { send_interval: 100ms }
`);
  });
  afterAll(async () => {
    await prometheus?.stop();
    await server?.close();
    await service?.close();
  });

  test('has every value of every series stored: gauges as they are, counters as their increases', async () => {
    const query = (text: string) =>
      prometheus.get<{ result: ScrapedSeries[] }>(`/api/v1/query?query=${encodeURIComponent(text)}`);
    await eventually(async () => (await query('up[5m]')).result[0]!.values.length >= scrapes, { what: 'scrapes' });
    const scraped = (await query('{__name__=~".+"}[5m]')).result;
    // A scrape is committed as a whole: up to the last one, nothing is missing on either side.
    const up = scraped.find(({ metric }) => metric.__name__ === 'up')!;
    const until = Math.round(up.values.at(-1)![0] * 1000);
    const types = await prometheus.get<Record<string, { type: string }[]>>('/api/v1/metadata');
    expect(scraped.length).toBeGreaterThan(300);

    const expected = new Map(scraped.map((series) => [keyOf(series.metric), expectedPoints(series, types, until)]));
    const stored = async () =>
      new Map(
        (await service.telemetry.query(allPoints, {})).map(
          ({ metric, labels: { agent, ...labels }, times, values }) => {
            const points = times.map((time, i) => [time, values[i]!] as const).filter(([time]) => time <= until);
            return [keyOf({ ...labels, __name__: metric }), points] as const;
          },
        ),
      );
    const count = (series: Map<string, readonly unknown[]>) =>
      [...series.values()].reduce((sum, { length }) => sum + length, 0);
    await eventually(async () => count(await stored()) >= count(expected), { what: `${count(expected)} values` });

    const found = await stored();
    const wrong = [...expected].filter(
      ([key, points]) => JSON.stringify(found.get(key) ?? []) !== JSON.stringify(points),
    );
    expect(wrong.map(([key, points]) => ({ key, points, found: found.get(key) }))).toEqual([]);
    expect(count(found)).toBe(count(expected));
  });

  test('answers nothing that Prometheus counts as failed', async () => {
    const { result } = await prometheus.get<{ result: { value: [number, string] }[] }>(
      '/api/v1/query?query=prometheus_remote_storage_samples_failed_total',
    );
    expect(result.map(({ value }) => value[1])).toEqual(['0']);
    expect(prometheus.output()).toBe('');
  });
});

/** What is to be stored of a series, worked out from its type and its values in Prometheus. */
function expectedPoints({ metric, values }: ScrapedSeries, types: Record<string, { type: string }[]>, until: number) {
  const name = metric.__name__!;
  const family = name.replace(/_(bucket|count|sum)$/, '');
  const type = types[name]?.[0]?.type ?? types[family]?.[0]?.type;
  const isCumulative = type === 'counter' || (/^(histogram|summary)$/.test(type ?? '') && family !== name);
  const points = values
    .map(([seconds, value]) => [Math.round(seconds * 1000), Number(value)] as const)
    .filter(([time, value]) => time <= until && Number.isFinite(value));
  if (!isCumulative) return points;
  return points.slice(1).map(([time, value], i) => [time, value - points[i]![1]] as const);
}
