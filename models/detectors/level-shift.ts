/** A level is taken for new when so many quarter-days in a row lay mostly outside, on the same side. */
const blocksToAccept = 4;

/** Watches whether a series has moved to a new level for good. Counts are signed: positive above, negative below. */
export interface LevelShift {
  /** This quarter-day. */
  block: { samples: number; outside: number; residualSum: number };
  /** The quarter-days before it that lay outside, one after the other. */
  run: { blocks: number; samples: number; residualSum: number };
}

export function createLevelShift(): LevelShift {
  return { block: { samples: 0, outside: 0, residualSum: 0 }, run: noRun() };
}

/** Adds a sample to this quarter-day. `side` is 1 above the band, -1 below it, 0 inside. */
export function noteResidual({ block }: LevelShift, residual: number, side: number): void {
  block.samples++;
  block.outside += side;
  block.residualSum += residual;
}

/**
 * Ends a quarter-day. `isOutside` says whether it lay mostly outside; `accepted` is the offset of the new level, the mean
 * residual since the shift began, or 0 while there is nothing to accept.
 */
export function endQuarterDay(shift: LevelShift): { isOutside: boolean; accepted: number } {
  const { block } = shift;
  const side = Math.sign(block.outside);
  const isOutside = Math.abs(block.outside) > block.samples / 2;
  if (!isOutside || shift.run.blocks * side < 0) shift.run = noRun();
  if (isOutside) {
    shift.run.blocks += side;
    shift.run.samples += block.samples;
    shift.run.residualSum += block.residualSum;
  }
  shift.block = { samples: 0, outside: 0, residualSum: 0 };
  if (Math.abs(shift.run.blocks) < blocksToAccept) return { isOutside, accepted: 0 };
  const accepted = shift.run.residualSum / shift.run.samples;
  shift.run = noRun();
  return { isOutside, accepted };
}

function noRun(): LevelShift['run'] {
  return { blocks: 0, samples: 0, residualSum: 0 };
}
