import type { Gauge } from 'prom-client';

/** A component that does less than it should, since when and why. */
export interface Degradation {
  component: string;
  reason: string;
  since: Date;
}

/** What is degraded at the moment: `/status` shows it and a metric counts it. Nothing falls back in silence. */
export interface Health {
  degrade(component: string, reason: string): void;
  recover(component: string): void;
  degradations(): Degradation[];
}

/** Creates the list of what is degraded; it is empty. */
export function createHealth(now: () => Date, gauge: Gauge): Health {
  const degraded = new Map<string, Degradation>();
  return {
    degrade(component, reason) {
      const since = degraded.get(component)?.since ?? now();
      degraded.set(component, { component, reason, since });
      gauge.set({ component }, 1);
    },
    recover(component) {
      if (degraded.delete(component)) gauge.set({ component }, 0);
    },
    degradations: () => [...degraded.values()],
  };
}
