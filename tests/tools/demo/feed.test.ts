import { describe, expect, it } from 'vitest';
import { heartbeatSchema, sampleSchema, taskEventSchema } from '../../../ingest/records.ts';
import { type Cadence, historyCadence, liveCadence, recordsOf } from '../../../tools/demo/feed.ts';
import { createFleet } from '../../../tools/demo/fleet.ts';
import { createScenario } from '../../../tools/demo/scenario.ts';
import type { TimeWindow } from '../../../tools/demo/window.ts';

const hourMs = 3_600_000;
const endMs = Date.UTC(2026, 5, 17, 11, 23);
const scenario = createScenario(endMs, 14);
const agents = createFleet().filter(({ name }) => /-00[1-8]$/.test(name));

function records(window: TimeWindow, cadence: Cadence) {
  const { heartbeats, samples, events } = recordsOf({ agents, scenario }, window, cadence);
  return { heartbeats: [...heartbeats], samples: [...samples], events: [...events] };
}

function sorted(list: readonly object[]): string[] {
  return list.map((record) => JSON.stringify(record)).sort();
}

const lastDay = { fromMs: endMs - 24 * hourMs, toMs: endMs };

describe('the records of the fleet', () => {
  it('are all taken by the service', () => {
    const { heartbeats, samples, events } = records(lastDay, historyCadence);
    for (const heartbeat of heartbeats) heartbeatSchema.parse(heartbeat);
    for (const sample of samples) sampleSchema.parse(sample);
    for (const event of events) taskEventSchema.parse(event);
    expect([heartbeats, samples, events].every(({ length }) => length > 1000)).toBe(true);
  });

  it('are the same each time for the same end of the history', () => {
    const window = { fromMs: endMs - 3 * hourMs, toMs: endMs };
    const again = recordsOf(
      { agents: createFleet().filter(({ name }) => /-00[1-8]$/.test(name)), scenario: createScenario(endMs, 14) },
      window,
      historyCadence,
    );
    expect(records(window, historyCadence).samples).toEqual([...again.samples]);
    expect(records(window, historyCadence).events).toEqual([...again.events]);
  });

  it.each([
    ['history', historyCadence],
    ['live', liveCadence],
  ])('of a window are those of its parts, none twice and none lost: %s', (_, cadence) => {
    const cuts = [0, 1.37, 4.1, 4.1003, 9].map((hours) => endMs - 9 * hourMs + Math.round(hours * hourMs));
    const whole = records({ fromMs: cuts[0]!, toMs: cuts.at(-1)! }, cadence);
    const parts = cuts.slice(1).map((toMs, i) => records({ fromMs: cuts[i]!, toMs }, cadence));
    for (const kind of ['heartbeats', 'samples', 'events'] as const) {
      const ofParts = parts.flatMap((part): object[] => part[kind]);
      expect(sorted(ofParts)).toEqual(sorted(whole[kind]));
    }
  });

  it('lie in their window, ascending for each agent', () => {
    const { heartbeats, samples, events } = records(lastDay, liveCadence);
    const sources = Object.groupBy([...heartbeats, ...samples, ...events], (record) =>
      'task' in record ? record.task : `${record.agent} ${'metric' in record ? record.metric : 'heartbeat'}`,
    );
    for (const list of Object.values(sources)) {
      const times = list!.map(({ time }) => Number(time));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times[0]).toBeGreaterThanOrEqual(lastDay.fromMs);
      expect(times.at(-1)).toBeLessThan(lastDay.toMs);
    }
  });

  it('tell each task once, from its queue to its end', () => {
    const { events } = records({ fromMs: endMs - 100 * hourMs, toMs: endMs - 80 * hourMs }, historyCadence);
    const lives = Object.values(Object.groupBy(events, ({ task }) => task)).map((life) =>
      life!.map(({ state }) => state).join(' '),
    );
    const whole = lives.filter((life) => life.startsWith('queued') && life.split(' ').length > 2);
    expect(new Set(whole)).toEqual(
      new Set([
        'queued started succeeded',
        'queued started failed dead',
        'queued started failed retried started succeeded',
      ]),
    );
    expect(whole.length).toBeGreaterThan(0.95 * lives.length);
  });
});
