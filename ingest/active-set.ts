/** How many members a tenant may have. */
export interface ActiveSetLimits {
  max: number;
  maxPerAgent: number;
  maxNewPerMinute: number;
}

/** What each tenant has that was heard of lately: series, or agents. */
export interface ActiveSet {
  /** Says that a member was heard of; nothing is changed of what is none. */
  touch(tenant: string, id: string, nowMs: number): Member | undefined;
  /** Says that a member was heard of. A new one enters, unless it is one too many: then the limit that it exceeds. */
  enter(tenant: string, id: string, agent: string, nowMs: number): keyof ActiveSetLimits | Member;
  /** Enters a member that the store has, heard of last at `lastMs`, where there is room. */
  remember(tenant: string, id: string, agent: string, lastMs: number): void;
  /** Forgets a part of what has been silent since `before`; call it again and again. */
  forgetSilent(before: number): void;
  sizes(): { tenant: string; size: number }[];
}

/** Whoever keeps it may say by `heardAt` that it was heard of, as long as it is in the set. */
export interface Member {
  readonly agent: string;
  /** Unix milliseconds. */
  heardAt: number;
  /** Whether it is in the set: not once it was forgotten. */
  isIn: boolean;
}

interface Members {
  known: Map<string, Member>;
  byAgent: Map<string, number>;
  minute: number;
  newInMinute: number;
  /** Where the forgetting goes on. */
  cursor: IterableIterator<[string, Member]> | undefined;
}

const minuteMs = 60_000;
const lookedAtOnce = 5_000;

/**
 * Creates the set. Memory is bounded by the limits: what does not enter is not remembered.
 *
 * @param limitsOf the limits of a tenant at the moment; asked for new members alone.
 */
export function createActiveSet(limitsOf: (tenant: string) => ActiveSetLimits): ActiveSet {
  const tenants = new Map<string, Members>();

  function membersOf(tenant: string): Members {
    let members = tenants.get(tenant);
    if (members === undefined) {
      members = { known: new Map(), byAgent: new Map(), minute: 0, newInMinute: 0, cursor: undefined };
      tenants.set(tenant, members);
    }
    return members;
  }

  function exceeded(tenant: string, of: Members, agent: string, nowMs: number): keyof ActiveSetLimits | undefined {
    const { max, maxPerAgent, maxNewPerMinute } = limitsOf(tenant);
    const minute = Math.floor(nowMs / minuteMs);
    if (minute !== of.minute) {
      of.minute = minute;
      of.newInMinute = 0;
    }
    if (of.known.size >= max) return 'max';
    if (agent !== '' && (of.byAgent.get(agent) ?? 0) >= maxPerAgent) return 'maxPerAgent';
    return of.newInMinute >= maxNewPerMinute ? 'maxNewPerMinute' : undefined;
  }

  function touch(tenant: string, id: string, nowMs: number): Member | undefined {
    const member = tenants.get(tenant)?.known.get(id);
    if (member !== undefined) member.heardAt = nowMs;
    return member;
  }

  return {
    touch,
    enter(tenant, id, agent, nowMs) {
      const member = touch(tenant, id, nowMs);
      if (member !== undefined) return member;
      const of = membersOf(tenant);
      const limit = exceeded(tenant, of, agent, nowMs);
      if (limit !== undefined) return limit;
      of.newInMinute++;
      return add(of, id, agent, nowMs);
    },
    remember(tenant, id, agent, lastMs) {
      const of = membersOf(tenant);
      if (of.known.size < limitsOf(tenant).max && !of.known.has(id)) add(of, id, agent, lastMs);
    },
    forgetSilent(before) {
      for (const of of tenants.values()) forgetPart(of, before);
    },
    sizes: () => [...tenants].map(([tenant, { known }]) => ({ tenant, size: known.size })),
  };
}

function add({ known, byAgent }: Members, id: string, agent: string, heardAt: number): Member {
  const member = { agent, heardAt, isIn: true };
  known.set(id, member);
  if (agent !== '') byAgent.set(agent, (byAgent.get(agent) ?? 0) + 1);
  return member;
}

/** Goes on where it stopped, so that no call takes long. */
function forgetPart(of: Members, before: number): void {
  of.cursor ??= of.known.entries();
  for (let i = 0; i < lookedAtOnce; i++) {
    const next = of.cursor.next();
    if (next.done) {
      of.cursor = undefined;
      return;
    }
    const [id, member] = next.value;
    const { agent, heardAt } = member;
    if (heardAt >= before) continue;
    member.isIn = false;
    of.known.delete(id);
    const left = (of.byAgent.get(agent) ?? 0) - 1;
    if (left > 0) of.byAgent.set(agent, left);
    else of.byAgent.delete(agent);
  }
}
