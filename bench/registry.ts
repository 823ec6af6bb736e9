import type { Bench } from './bench.ts';
import { nab } from './nab.ts';
import { rca } from './rca.ts';
import { smoke } from './smoke.ts';

/** Every bench; to add one, write its file and add its line. */
export const benches: readonly Bench[] = [nab, rca, smoke];
