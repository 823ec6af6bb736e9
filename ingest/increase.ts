import type { Series } from './series-book.ts';

/**
 * The increase of a counter since its last total, by the rule that Prometheus and OpenTelemetry share:
 *
 * - a total below the last one, or one that counts since a later start, began anew at 0: all of it is new;
 * - the first total that is seen of a series tells nothing, unless the counter started after `aliveSince`;
 * - a total that is not newer than the last one tells nothing: it came late, or came again.
 *
 * So an increase is never negative. Remembers the total.
 *
 * @param time, start, aliveSince Unix milliseconds; `start` is 0 where the sender does not tell it.
 * @returns undefined where nothing can be told.
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#resets-and-gaps
 */
export function increaseOf(
  series: Series,
  time: number,
  total: number,
  start: number,
  aliveSince: number,
): number | undefined {
  const { lastTime, lastTotal, lastStart } = series;
  if (time <= lastTime) return undefined;
  series.lastTime = time;
  series.lastTotal = total;
  series.lastStart = start;
  if (lastTime === Number.NEGATIVE_INFINITY) return beganBeforeUs(start, aliveSince) ? undefined : total;
  const isReset = total < lastTotal || (lastStart > 0 && start > lastStart);
  return isReset ? total : total - lastTotal;
}

/** Whether a counter may have counted before all of its totals came by here; so it is where its start is not known (0). */
export function beganBeforeUs(start: number, aliveSince: number): boolean {
  return start < aliveSince;
}
