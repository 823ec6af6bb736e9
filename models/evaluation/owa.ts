/** Mean errors over the same series. */
export interface MeanErrors {
  smape: number;
  mase: number;
}

/**
 * The overall weighted average of the M4 competition: half the sum of sMAPE and MASE, each over that of Naive2 on the
 * same series (Makridakis et al., 2020). Below 1 it beats Naive2.
 *
 * @example
 * owa({ smape: 9, mase: 1.2 }, { smape: 18, mase: 2.4 }) // 0.5
 */
export function owa({ smape, mase }: MeanErrors, naive2: MeanErrors): number {
  return (smape / naive2.smape + mase / naive2.mase) / 2;
}
