import type { AnomalyShape, FeedbackVerdict, SeriesFeedback } from '../../models/feedback/hold-back.ts';
import type { StateStore, StateTables } from '../state.ts';

/** What a person said of an anomaly, with what similar ones are told by. */
export interface Feedback extends SeriesFeedback {
  tenant: string;
  anomaly: string;
  series: string;
  detector: string;
  reason: string;
  author: string;
  /** Unix milliseconds. */
  at: number;
}

type Store = Pick<StateStore, 'db'>;

/** Keeps what a person said. */
export async function insertFeedback({ db }: Store, { shape, ...feedback }: Feedback): Promise<void> {
  await db
    .insertInto('feedback')
    .values({ ...feedback, shape: JSON.stringify(shape) })
    .execute();
}

/** Forgets what was said. Answers what it was; undefined when there is none of that id. */
export async function deleteFeedback({ db }: Store, tenant: string, id: string): Promise<Feedback | undefined> {
  const row = await db
    .deleteFrom('feedback')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row && fromRow(row);
}

/** What was said of a tenant's anomalies, of one series or of one anomaly where they are given, the earliest first. */
export async function listFeedback(
  { db }: Store,
  tenant: string,
  { series, anomaly }: { series?: string | undefined; anomaly?: string | undefined } = {},
): Promise<Feedback[]> {
  let query = db.selectFrom('feedback').selectAll().where('tenant', '=', tenant);
  if (series !== undefined) query = query.where('series', '=', series);
  if (anomaly !== undefined) query = query.where('anomaly', '=', anomaly);
  return (await query.orderBy('at').orderBy('id').execute()).map(fromRow);
}

function fromRow({ shape, verdict, ...row }: StateTables['feedback']): Feedback {
  return { ...row, verdict: verdict as FeedbackVerdict, shape: JSON.parse(shape) as AnomalyShape };
}
