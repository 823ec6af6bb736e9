import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { multivariate } from '../../bench/multivariate.ts';
import { rca } from '../../bench/rca.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const context = (data: string, detector = 'pca-residual') => ({
  isQuick: false,
  log: () => {},
  options: { data, detector, stepSeconds: '300' },
});

test('multivariate reads the published matrices and finds the stretch that is out of the ordinary', async () => {
  using directory = temporaryDirectory();
  const folder = directory.path;
  const rows = (count: number, change: (i: number) => number) =>
    Buffer.from(
      Float32Array.from({ length: 2 * count }, (_, at) => Math.sin(at >> 1) + change(at >> 1) * (at % 2)).buffer,
    );
  writeFileSync(
    join(folder, 'm-1_train.f32'),
    rows(600, () => 0),
  );
  writeFileSync(
    join(folder, 'm-1_test.f32'),
    rows(200, (i) => (i >= 100 && i < 110 ? 5 : 0)),
  );
  writeFileSync(
    join(folder, 'm-1_test_label.u8'),
    Uint8Array.from({ length: 200 }, (_, i) => +(i >= 100 && i < 110)),
  );
  writeFileSync(join(folder, 'm-1_interpretation.txt'), '100-109:2\n');
  const { report } = await multivariate.run(context(folder));
  expect(report).toMatchObject({
    detector: 'pca-residual',
    entities: [{ entity: 'm-1', bestF1: expect.any(Number), hitRate100: 1 }],
  });
  expect((report as { mean: { aucPr: number } }).mean.aucPr).toBeGreaterThan(0.7);
});

test('rca reads a scenario and ranks the component whose own latency rose', async () => {
  using directory = temporaryDirectory();
  const folder = directory.path;
  const issue = join(folder, 'traffic', 'test', 'issue_0');
  mkdirSync(issue, { recursive: true });
  writeFileSync(join(folder, 'traffic', 'graph.csv'), ',site,db\nsite,0.0,1.0\ndb,0.0,0.0\n');
  const target = { target: { node: 'site', metric: 'latency', timestamp: 610 }, root_cause: { node: 'db' } };
  writeFileSync(join(issue, 'target.json'), JSON.stringify(target));
  const header =
    'microservice,site,db,site,db\nmetric,latency,latency,requests,requests\nstatistic,Average,Average,Sum,Sum\nunix_timestamp,,,,\n';
  writeFileSync(
    join(issue, 'metrics.csv'),
    `${header}0,0.1,,10,10\n300,0.1,0.05,10,10\n600,0.9,0.8,10,10\n900,0.9,0.8,10,10\n`,
  );
  const { report } = await rca.run(context(folder));
  expect(report).toMatchObject({ scenarios: 1, top1: 1, meanRank: 1, results: [{ rank: 1, symptom: 'latency' }] });
});

test('a folder without data is an error that says so', async () => {
  using directory = temporaryDirectory();
  const empty = directory.path;
  await expect(multivariate.run(context(empty))).rejects.toThrow('holds no file *_test.f32');
  await expect(rca.run(context(empty))).rejects.toThrow('holds no target.json');
});
