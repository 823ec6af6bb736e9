import { createHash } from 'node:crypto';
import type { HeartbeatRow, TaskEventRow } from '../store/tables.ts';
import type { Sender } from './native.ts';
import type { Heartbeat, TaskEvent } from './records.ts';

const dayMs = 86_400_000;

/** Data is kept for the retention after its time or after its receipt, whichever is later: history sent late stays. */
export function retention({ rawRetentionDays, rollupRetentionDays }: Sender, timeMs: number, nowMs: number) {
  const day = Math.ceil(Math.max(timeMs, nowMs) / dayMs);
  return { raw_until: day + rawRetentionDays, rollup_until: day + rollupRetentionDays };
}

/** The row of a heartbeat that was received at `nowMs`. */
export function heartbeatRow(heartbeat: Heartbeat & { time: number }, sender: Sender, nowMs: number): HeartbeatRow {
  return {
    tenant: sender.tenant,
    agent: heartbeat.agent,
    agent_type: heartbeat.type,
    version: heartbeat.version,
    status: heartbeat.status,
    time: heartbeat.time,
    received_at: nowMs,
    interval_seconds: heartbeat.intervalSeconds,
    labels: heartbeat.labels,
    ...retention(sender, heartbeat.time, nowMs),
  };
}

/** The row of a task event; what the request names stands in for what the event does not. */
export function taskEventRow(event: TaskEvent & { time: number }, sender: Sender, nowMs: number): TaskEventRow {
  const traceparent = event.traceparent ?? sender.traceparent;
  return {
    tenant: sender.tenant,
    event_id: event.eventId ?? derivedEventId(event),
    time: event.time,
    received_at: nowMs,
    agent: event.agent,
    task: event.task,
    kind: event.kind,
    state: event.state,
    duration_seconds: event.durationSeconds ?? null,
    progress_ratio: event.progressRatio ?? null,
    attempt: event.attempt,
    correlation_id: event.correlationId || (sender.correlationId ?? ''),
    error: event.error,
    attributes: traceparent === undefined ? event.attributes : { ...event.attributes, traceparent },
    ...retention(sender, event.time, nowMs),
  };
}

function derivedEventId({ task, kind, state, attempt, time }: TaskEvent & { time: number }): string {
  return createHash('sha256').update([kind, task, state, attempt, time].join('\0')).digest('base64url').slice(0, 22);
}
