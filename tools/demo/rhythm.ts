const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** When agents are busy: in office hours, at night, or always. */
export type Rhythm = 'office' | 'nightly' | 'steady';

/** Hours of the day, UTC, and how much of it is left on a weekend. */
const shapes: Record<Rhythm, { peakHour: number; widthHours: number; floor: number; weekendFactor: number }> = {
  office: { peakHour: 13, widthHours: 3.5, floor: 0.08, weekendFactor: 0.25 },
  nightly: { peakHour: 2, widthHours: 2, floor: 0.05, weekendFactor: 0.7 },
  steady: { peakHour: 15, widthHours: 6, floor: 0.6, weekendFactor: 0.9 },
};

/** How busy a rhythm is at a time: 0 (nothing to do) to 1 (its peak), by the hour of the day and the day of the week. */
export function activityAt(rhythm: Rhythm, timeMs: number): number {
  const { peakHour, widthHours, floor, weekendFactor } = shapes[rhythm];
  const hour = (timeMs % dayMs) / hourMs;
  const distance = Math.abs(((hour - peakHour + 36) % 24) - 12);
  const peak = Math.exp(-0.5 * (distance / widthHours) ** 2);
  return floor + (1 - floor) * peak * (isWeekend(timeMs, peakHour) ? weekendFactor : 1);
}

/** The day changes where the rhythm is lowest, twelve hours from its peak, so that no jump is seen. */
function isWeekend(timeMs: number, peakHour: number): boolean {
  const day = new Date(timeMs - (peakHour - 12) * hourMs).getUTCDay();
  return day === 0 || day === 6;
}
