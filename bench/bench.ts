/** What a bench is told. */
export interface BenchContext {
  /** So small that it takes seconds: it shows that the bench works, and its numbers mean nothing. */
  isQuick: boolean;
  /** Tells a person what is being measured. */
  log(text: string): void;
  /** What the flags of the bench were given, by the long name in camel case: `--data DIR` is `options.data`. */
  options: Readonly<Record<string, string | boolean | undefined>>;
}

/** A flag of one bench, as commander reads it: `--data <folder>`. */
export interface BenchFlag {
  flag: string;
  description: string;
  isRequired?: boolean;
  default?: string;
}

/** A measurement that can be repeated: `npm run bench -- ID`. */
export interface Bench {
  id: string;
  description: string;
  flags: readonly BenchFlag[];
  /** @returns the report, plain data for a JSON object, and the same as text for a terminal. */
  run(context: BenchContext): Promise<{ report: object; text: string }>;
}

/** Defines a bench by what it measures and how that is shown. */
export function defineBench<R extends object>({
  id,
  description,
  flags = [],
  measure,
  render,
}: {
  id: string;
  description: string;
  flags?: readonly BenchFlag[];
  measure: (context: BenchContext) => Promise<R>;
  render: (report: R) => string;
}): Bench {
  return {
    id,
    description,
    flags,
    async run(context) {
      const report = await measure(context);
      return { report: { bench: id, ...report }, text: render(report) };
    },
  };
}
