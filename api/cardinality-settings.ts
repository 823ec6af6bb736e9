import { z } from 'zod';
import { identityLimits } from '../ingest/series-identity.ts';

const count = (max: number, byDefault: number, of: string) =>
  z.number().int().min(1).max(max).default(byDefault).describe(`1 to ${max} ${of}`);

/** The settings `cardinality`: what every tenant may have that has no budget of its own. */
export const cardinalitySettings = z
  .strictObject({
    maxSeries: count(50_000_000, 500_000, 'series of a tenant'),
    maxSeriesPerAgent: count(50_000_000, 50_000, 'series of one agent'),
    maxNewSeriesPerMinute: count(50_000_000, 100_000, 'series of a tenant that begin within a minute'),
    maxAgents: count(10_000_000, 50_000, 'agents of a tenant, and kinds of tasks of agents'),
    maxLabels: count(identityLimits.labels, 32, 'labels of a series'),
    maxLabelNameLength: count(identityLimits.labelNameLength, 100, 'characters of the name of a label'),
    maxLabelValueLength: count(identityLimits.labelValueLength, 500, 'characters of the value of a label'),
    activeHours: z
      .number()
      .min(1)
      .max(8760)
      .default(24)
      .describe('a series that is silent for so long counts no more: 1 to 8760 hours'),
  })
  .prefault({});
