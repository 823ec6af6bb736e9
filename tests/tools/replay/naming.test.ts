import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleSchema } from '../../../ingest/records.ts';
import { nameSeries, toMetricName } from '../../../tools/replay/naming.ts';

describe('toMetricName', () => {
  it.each([
    ['ec2_cpu_utilization_24ae8d', 'ec2_cpu_utilization_24ae8d'],
    ['iio_us-east-1_i-a2eb1cd9_NetworkIn', 'iio_us_east_1_i_a2eb1cd9_NetworkIn'],
    ['2014 Größe (kB)', '_2014_Gro_e_kB'],
  ])('turns %j into %s', (text, name) => {
    expect(toMetricName(text)).toBe(name);
  });

  it('makes of any text a name that the service takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        expect(sampleSchema.safeParse({ metric: toMetricName(text), value: 0 }).success).toBe(true);
      }),
    );
  });
});

describe('nameSeries', () => {
  const files = [
    { path: 'x/cpu.csv', columns: ['value'] },
    { path: 'y/cpu.csv', columns: ['value'] },
    { path: 'net.csv', columns: ['in', 'out'] },
  ];

  it('calls a series after its file, and its column where the file has several', () => {
    const nameOf = nameSeries(files);
    expect(nameOf('x/cpu.csv', 'value')).toEqual({ metric: 'cpu', labels: {} });
    expect(nameOf('net.csv', 'out')).toEqual({ metric: 'net_out', labels: {} });
  });

  it('tells the series of one metric apart by labels', () => {
    const nameOf = nameSeries(files, 'load');
    expect(nameOf('net.csv', 'in')).toEqual({ metric: 'load', labels: { file: 'net', column: 'in' } });
    expect(nameSeries(files.slice(0, 1), 'load')('x/cpu.csv', 'value')).toEqual({ metric: 'load', labels: {} });
  });

  it.each([undefined, 'load'])('never gives two series one name (metric %s)', (metric) => {
    const nameOf = nameSeries(files, metric);
    const names = files.flatMap(({ path, columns }) => columns.map((column) => JSON.stringify(nameOf(path, column))));
    expect(new Set(names).size).toBe(4);
  });
});
