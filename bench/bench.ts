/** What a bench is told. */
export interface BenchContext {
  /** So small that it takes seconds: it shows that the bench works, and its numbers mean nothing. */
  isQuick: boolean;
  /** Tells a person what is being measured. */
  log(text: string): void;
}

/** A measurement that can be repeated: `npm run bench -- ID`. */
export interface Bench {
  id: string;
  description: string;
  /** @returns the report, plain data for a JSON object, and the same as text for a terminal. */
  run(context: BenchContext): Promise<{ report: object; text: string }>;
}

/** Defines a bench by what it measures and how that is shown. */
export function defineBench<R extends object>({
  id,
  description,
  measure,
  render,
}: {
  id: string;
  description: string;
  measure: (context: BenchContext) => Promise<R>;
  render: (report: R) => string;
}): Bench {
  return {
    id,
    description,
    async run(context) {
      const report = await measure(context);
      return { report: { bench: id, ...report }, text: render(report) };
    },
  };
}
