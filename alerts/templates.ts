import type { labelNames } from '../telemetry/names.ts';

type LabelName = (typeof labelNames)[keyof typeof labelNames];
type Format = 'humanize' | 'humanizeDuration' | 'humanizePercentage';

/** The value of a label of the alert: `{{ $labels.agent }}`. */
export function labelValue(label: LabelName): string {
  return `{{ $labels.${label} }}`;
}

/** The value of a label of the alert, fit for a path. */
export function labelInPath(label: LabelName): string {
  return `{{ $labels.${label} | urlquery }}`;
}

/** The value of the expression when the alert was evaluated. */
export function alertValue(format: Format): string {
  return `{{ $value | ${format} }}`;
}

/**
 * A second query, made while the text is rendered: its first value, or `otherwise` when it finds nothing.
 *
 * `expr` is PromQL with one `%q` for each of `args`; it holds no quotation marks of its own.
 */
export function lookup({
  expr,
  args,
  format,
  otherwise,
}: {
  expr: string;
  args: readonly string[];
  format: Format;
  otherwise: string;
}): string {
  const query = `query (printf "${expr}" ${args.join(' ')})`;
  return `{{ with ${query} }}{{ . | first | value | ${format} }}{{ else }}${otherwise}{{ end }}`;
}
