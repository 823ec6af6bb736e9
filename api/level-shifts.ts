import { createRoute, z } from '@hono/zod-openapi';
import { anyLevelShift, type LevelShiftRow, listLevelShifts } from '../store/queries/level-shifts.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { inOrder } from './time-range.ts';
import { finiteOrNull, isoTime, labelsValue, seriesIdValue, timeQuery, toIso } from './values.ts';

const levelShiftSchema = z
  .object({
    id: z.string(),
    seriesId: z.string(),
    metric: z.string(),
    labels: labelsValue,
    unit: z.string(),
    detector: z.string(),
    acceptedAt: isoTime.openapi({ description: 'From here on the new level is what is expected.' }),
    fromLevel: z.number().nullable().openapi({ description: 'What was expected on average since the shift began.' }),
    toLevel: z.number().nullable().openapi({ description: 'What came instead.' }),
  })
  .openapi('LevelShift');

const listRoute = createRoute({
  method: 'get',
  path: '/v1/level-shifts',
  summary: 'List levels that were accepted, newest first',
  description:
    'A series that moves is an anomaly at first. When it holds its new level for 24 to 30 hours, the level is accepted: it is what is ' +
    'expected from then on, and that is said here.',
  tags: ['anomalies'],
  middleware: requireScope('read'),
  request: {
    query: inOrder(
      z.object({
        ...pageQuery,
        series: seriesIdValue.default(''),
        metric: z.string().default(''),
        agent: z.string().default(''),
        from: timeQuery.default(anyLevelShift.from),
        to: timeQuery.default(anyLevelShift.to),
      }),
    ),
  },
  responses: {
    200: { description: 'Accepted levels', content: { 'application/json': { schema: pageOf(levelShiftSchema) } } },
    ...problemResponses,
  },
});

/** `GET /v1/level-shifts`. */
export function createLevelShiftsRoutes({ telemetry }: { telemetry: TelemetryStore }) {
  return createRouter().openapi(listRoute, async (context) => {
    const { limit, cursor, ...filters } = context.req.valid('query');
    const first: [number, string] = [anyLevelShift.beforeTime, anyLevelShift.beforeId];
    const [beforeTime, beforeId] = readCursor(cursor, z.tuple([z.number().int(), z.string()]), first);
    const rows = await telemetry.query(listLevelShifts, {
      ...{ ...anyLevelShift, ...filters, beforeTime, beforeId },
      tenant: context.get('principal').tenant,
      limit: limit + 1,
    });
    return context.json(
      paginate(rows, limit, (row) => [row.accepted_at, row.id], toLevelShift),
      200,
    );
  });
}

/** The accepted level of a row. */
export function toLevelShift(row: LevelShiftRow) {
  return {
    id: row.id,
    seriesId: row.series_id,
    metric: row.metric,
    labels: row.labels,
    unit: row.unit,
    detector: row.detector,
    acceptedAt: toIso(row.accepted_at),
    fromLevel: finiteOrNull(row.from_level),
    toLevel: finiteOrNull(row.to_level),
  };
}
