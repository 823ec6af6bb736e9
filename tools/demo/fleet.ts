import { type AgentType, agentTypes } from './agent-types.ts';
import { normalAt, seedOf } from './noise.ts';

/** One simulated agent. */
export interface DemoAgent {
  name: string;
  type: AgentType;
  /** The seed of everything that is random about it. */
  seed: number;
  /** How much it differs from others of its type: about 0.8 to 1.2. */
  sizeFactor: number;
  /** Whether it tells of the tasks that it does. */
  reportsTasks: boolean;
}

/** The simulated agents, the same ones each time: `testing-001` to `security-002`. */
export function createFleet(): DemoAgent[] {
  return agentTypes.flatMap((type) =>
    Array.from({ length: type.count }, (_, i) => {
      const name = `${type.type}-${String(i + 1).padStart(3, '0')}`;
      const seed = seedOf('fleet', name);
      return { name, type, seed, sizeFactor: Math.exp(0.1 * normalAt(seed, 0)), reportsTasks: i < type.task.agents };
    }),
  );
}
