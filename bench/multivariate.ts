import { f1Above, precisionRecall } from '../models/evaluation/precision-recall.ts';
import { vusPr } from '../models/evaluation/vus-pr.ts';
import { contextMsOf, fitCalibrated, scoreCalibrated, type VectorScores } from '../models/multivariate/calibrated.ts';
import { sliceRows } from '../models/multivariate/frame.ts';
import type { Lingering } from '../models/multivariate/lingering.ts';
import {
  chosenMultivariate,
  getMultivariate,
  type MultivariateId,
  multivariateIds,
} from '../models/multivariate/registry.ts';
import { renderTable } from '../tools/table.ts';
import { defineBench } from './bench.ts';
import { type Entity, type Interpretation, readEntities } from './datasets/entities.ts';

interface EntityResult {
  entity: string;
  aucPr: number;
  vusPr: number;
  bestF1: number;
  fixedF1: number;
  /** Of the dimensions at fault, how many are among as many (or half as many again) that contribute most. */
  hitRate100: number;
  hitRate150: number;
  trainCpuSeconds: number;
  scoreCpuSeconds: number;
}

interface MultivariateReport {
  detector: string;
  entities: EntityResult[];
  mean: Omit<EntityResult, 'entity'>;
}

/** Rows scored at once; longer frames would hold all trailing vectors at once. */
const rowsPerPiece = 2000;

export const multivariate = defineBench<MultivariateReport>({
  id: 'multivariate',
  description: 'anomalies of machines as vectors: AUC-PR, VUS-PR, best F1, F1 at score > 1, the dimensions at fault',
  flags: [
    { flag: '--data <folder>', description: 'a folder such as smd or asd', isRequired: true },
    { flag: '--detector <id>', description: multivariateIds.join(', '), default: chosenMultivariate },
    { flag: '--step-seconds <n>', description: 'between rows: 60 for smd, 300 for asd; by width when absent' },
  ],
  async measure({ options, log, isQuick }) {
    const detector = String(options.detector) as MultivariateId;
    if (!multivariateIds.includes(detector)) throw new Error(`--detector is one of ${multivariateIds.join(', ')}`);
    const all = readEntities(String(options.data), 1000 * stepSeconds(options));
    if (all.length === 0) throw new Error(`${options.data} holds no file *_test.f32`);
    const entities: EntityResult[] = [];
    for (const entity of isQuick ? all.slice(0, 1) : all) {
      log(entity.id);
      entities.push(await judge(entity, detector));
    }
    return { detector, entities, mean: meanOf(entities) };
  },
  render: ({ detector, entities, mean }) => {
    const names = Object.keys(mean) as (keyof typeof mean)[];
    const rows = [...entities, { entity: 'mean', ...mean }];
    return `${detector}\n${renderTable(
      ['entity', ...names],
      rows.map((row) => [row.entity, ...names.map((name) => row[name].toFixed(3))]),
    )}`;
  },
});

/** The published sets say how far apart their rows are; a matrix does not. */
function stepSeconds({ stepSeconds: given, data }: Readonly<Record<string, string | boolean | undefined>>): number {
  if (given !== undefined) return Number(given);
  return /asd/i.test(String(data)) ? 300 : 60;
}

async function judge(
  { id, train, test, labels, interpretations }: Entity,
  detectorId: MultivariateId,
): Promise<EntityResult> {
  const detector = getMultivariate(detectorId);
  const start = process.cpuUsage();
  const weights = await fitCalibrated(detector, train);
  const fitted = process.cpuUsage(start);
  const { width } = test;
  const scores = new Float64Array(labels.length);
  const contributions = new Float32Array(labels.length * width);
  const context = Math.ceil(contextMsOf(detector) / test.stepMs);
  const beforeScoring = process.cpuUsage();
  let before: Lingering | null = null;
  for (let from = 0; from < labels.length; from += rowsPerPiece) {
    const first = Math.max(0, from - context);
    const piece = sliceRows(test, first, Math.min(labels.length, from + rowsPerPiece));
    const scored: VectorScores = scoreCalibrated(detector, weights, piece, from - first, before);
    before = scored.after;
    scores.set(scored.score, from);
    contributions.set(scored.contributions, from * width);
  }
  const scored = process.cpuUsage(beforeScoring);
  const seconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;
  return {
    entity: id,
    ...precisionRecall(labels, scores),
    vusPr: vusPr(labels, scores),
    fixedF1: f1Above(labels, scores, 1),
    hitRate100: hitRate(interpretations, contributions, width, 1),
    hitRate150: hitRate(interpretations, contributions, width, 1.5),
    trainCpuSeconds: seconds(fitted),
    scoreCpuSeconds: seconds(scored),
  };
}

/** HitRate@P of Su et al. (2019), the mean over stretches, of the contributions summed over the stretch. */
function hitRate(
  interpretations: readonly Interpretation[],
  contributions: Float32Array,
  width: number,
  ratio: number,
): number {
  const rates = interpretations.map(({ from, to, dimensions }) => {
    const sums = new Float64Array(width);
    for (let at = from * width; at < Math.min((to + 1) * width, contributions.length); at++)
      sums[at % width]! += contributions[at]!;
    const ranked = Array.from(sums.keys()).sort((a, b) => sums[b]! - sums[a]!);
    const named = new Set(ranked.slice(0, Math.floor(ratio * dimensions.length)));
    return dimensions.filter((dimension) => named.has(dimension)).length / dimensions.length;
  });
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

function meanOf(entities: readonly EntityResult[]): Omit<EntityResult, 'entity'> {
  const names = Object.keys(entities[0]!).filter((name) => name !== 'entity') as (keyof Omit<EntityResult, 'entity'>)[];
  const mean = names.map((name) => [name, entities.reduce((sum, each) => sum + each[name], 0) / entities.length]);
  return Object.fromEntries(mean) as Omit<EntityResult, 'entity'>;
}
