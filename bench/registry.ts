import { backtest } from './backtest.ts';
import type { Bench } from './bench.ts';
import { cloud } from './cloud.ts';
import { detectFleet } from './detect-fleet.ts';
import { ett } from './ett.ts';
import { forecastFleet } from './forecast-fleet.ts';
import { ingest } from './ingest.ts';
import { m4 } from './m4.ts';
import { multivariate } from './multivariate.ts';
import { nab } from './nab.ts';
import { rca } from './rca.ts';
import { smoke } from './smoke.ts';
import { soak } from './soak.ts';

/** Every bench; to add one, write its file and add its line. */
export const benches: readonly Bench[] = [
  backtest,
  cloud,
  detectFleet,
  ett,
  forecastFleet,
  ingest,
  m4,
  multivariate,
  nab,
  rca,
  smoke,
  soak,
];
