const mostNamed = 20;

/** What failed in a run that went on: the number, and the first of them by name. */
export interface PartFailures {
  note(part: string, reason: string): void;
  /** For the history of the run; empty when nothing failed. */
  text(): string;
}

/** Collects the failures of one run. */
export function collectPartFailures(): PartFailures {
  const named: string[] = [];
  let count = 0;
  return {
    note(part, reason) {
      count++;
      if (named.length < mostNamed) named.push(`${part}: ${reason}`);
    },
    text() {
      if (count === 0) return '';
      const others = count - named.length;
      return `${count} failed: ${named.join('; ')}${others > 0 ? `; and ${others} more` : ''}`;
    },
  };
}
