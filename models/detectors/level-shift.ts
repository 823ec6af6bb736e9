/** A level is taken for new when so many quarter-days in a row lay mostly outside, on the same side. */
const blocksToAccept = 4;

/** Watches whether a series has moved to a new level for good. Counts are signed: positive above, negative below. */
export interface LevelShift {
  block: { samples: number; outside: number; residualSum: number };
  blocks: number;
  samples: number;
  residualSum: number;
}

export function createLevelShift(): LevelShift {
  return { block: { samples: 0, outside: 0, residualSum: 0 }, blocks: 0, samples: 0, residualSum: 0 };
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
  const goesOn = isOutside && shift.blocks * side >= 0;
  const previous = goesOn ? shift : createLevelShift();
  const next = {
    ...createLevelShift(),
    blocks: previous.blocks,
    samples: previous.samples,
    residualSum: previous.residualSum,
  };
  if (isOutside) {
    next.blocks += side;
    next.samples += block.samples;
    next.residualSum += block.residualSum;
  }
  const accepts = Math.abs(next.blocks) >= blocksToAccept;
  Object.assign(shift, accepts ? createLevelShift() : next);
  return { isOutside, accepted: accepts ? next.residualSum / next.samples : 0 };
}
