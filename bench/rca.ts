import { callEvidence } from '../models/root-cause/call-evidence.ts';
import { rankSuspects, type Suspect } from '../models/root-cause/rank-suspects.ts';
import { renderTable } from '../tools/table.ts';
import { defineBench } from './bench.ts';
import { readScenarios, type Scenario } from './datasets/petshop.ts';

interface ScenarioResult {
  scenario: string;
  symptom: string;
  /** Of the true cause among the suspects, from 1; a cause that is not named ranks after all components. */
  rank: number;
  suspects: string[];
}

interface RcaReport {
  scenarios: number;
  components: number;
  top1: number;
  top3: number;
  meanRank: number;
  secondsPerScenario: number;
  results: ScenarioResult[];
}

/** Injected faults with a known cause: is it the first suspect, or among the first three? */
export const rca = defineBench<RcaReport>({
  id: 'rca',
  description: 'root causes of injected faults: is the true component the first suspect, or among the first three',
  flags: [{ flag: '--data <folder>', description: 'the folder petshop_rca', isRequired: true }],
  async measure({ options, log, isQuick }) {
    const all = readScenarios(String(options.data));
    if (all.length === 0) throw new Error(`${options.data} holds no target.json with metrics.csv beside it`);
    const scenarios = isQuick ? all.slice(0, 3) : all;
    log(`${scenarios.length} scenarios`);
    const before = process.cpuUsage();
    const results = scenarios.map(judge);
    const used = process.cpuUsage(before);
    const share = (within: number) => results.filter(({ rank }) => rank <= within).length / results.length;
    return {
      scenarios: results.length,
      components: Math.max(...scenarios.map(({ calls }) => calls.size)),
      top1: share(1),
      top3: share(3),
      meanRank: results.reduce((sum, { rank }) => sum + rank, 0) / results.length,
      secondsPerScenario: (used.user + used.system) / 1e6 / results.length,
      results,
    };
  },
  render: ({ results, top1, top3, meanRank, scenarios }) =>
    `${renderTable(
      ['scenario', 'rank', 'symptom', 'first suspects'],
      results.map(({ scenario, rank, symptom, suspects }) => [scenario, rank, symptom, suspects.join(', ')]),
    )}\n\n${scenarios} scenarios: top-1 ${percent(top1)}, top-3 ${percent(top3)}, mean rank ${meanRank.toFixed(2)}`,
});

function judge({ id, target, rootCause, calls, dependencies }: Scenario): ScenarioResult {
  const harm = target.symptom === 'latency' ? 'latency' : 'failures';
  const components = callEvidence(calls, harm, target.timeMs);
  const suspects: Suspect[] = rankSuspects({ components, dependencies, symptom: target.component });
  const at = suspects.findIndex(({ component }) => component === rootCause);
  return {
    scenario: id,
    symptom: target.symptom,
    rank: at < 0 ? calls.size : at + 1,
    suspects: suspects.slice(0, 3).map(({ component, score }) => `${component} ${score.toFixed(2)}`),
  };
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)} %`;
}
