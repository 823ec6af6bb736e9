import { attributeOf } from './otlp-attributes.ts';
import type { Resource } from './otlp-resource.ts';
import type { OtlpSpan } from './otlp-spans.ts';
import { type NativeEvent, nativeEvent } from './otlp-task-events.ts';

/** One value that a span or a log record tells. `count` adds up, `duration` is a distribution. */
export interface ToldSample {
  metric: string;
  kind: 'count' | 'duration';
  unit: string;
  labels: string[];
  time: number;
  value: number;
}

/** What a span of a generative AI agent tells. */
export interface ToldBySpan {
  event: NativeEvent | undefined;
  samples: ToldSample[];
}

/** Operations that are work of their own, with the attribute that names it. */
const tasks: Readonly<Record<string, string>> = {
  invoke_agent: 'gen_ai.agent.name',
  invoke_workflow: 'gen_ai.workflow.name',
  execute_tool: 'gen_ai.tool.name',
};

/** Attributes that are kept with a task event. */
const keptAttributes = [
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.response.model',
  'gen_ai.agent.id',
  'gen_ai.agent.name',
  'gen_ai.tool.name',
  'gen_ai.tool.call.id',
  'gen_ai.conversation.id',
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'error.type',
];

/**
 * Reads a span by the GenAI conventions of OpenTelemetry. `invoke_agent`, `invoke_workflow` and `execute_tool` are tasks:
 * their end is a task event, succeeded or failed with its duration; the kind of the task is the operation with the name
 * of the agent or the tool. Every operation gives a duration, and those with a usage the tokens.
 *
 * @returns undefined of a span that follows other conventions.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
 */
export function toldBySpan(span: OtlpSpan, { agent, labels: resourceLabels }: Resource): ToldBySpan | undefined {
  const operation = attributeOf(span.attributes, 'gen_ai.operation.name');
  if (operation === undefined) return undefined;
  const naming = tasks[operation];
  const name = naming === undefined ? undefined : attributeOf(span.attributes, naming);
  const model =
    attributeOf(span.attributes, 'gen_ai.response.model') ?? attributeOf(span.attributes, 'gen_ai.request.model');
  const labels = [...resourceLabels, 'operation', operation, 'name', name ?? '', 'model', model ?? ''];
  const durationSeconds = Math.max(0, span.end - span.start) / 1000;
  const told = { labels, time: span.end };
  const samples: ToldSample[] = [
    { ...told, metric: 'gen_ai_operation_duration_seconds', kind: 'duration', unit: 's', value: durationSeconds },
  ];
  for (const type of ['input', 'output']) {
    const tokens = Number(attributeOf(span.attributes, `gen_ai.usage.${type}_tokens`));
    if (!(tokens >= 0)) continue;
    const own = { ...told, labels: [...labels, 'type', type] };
    samples.push({ ...own, metric: 'gen_ai_tokens_total', kind: 'count', unit: '{token}', value: tokens });
  }
  const isTask = naming !== undefined && span.spanId !== '';
  const event = isTask
    ? nativeEvent({
        eventId: `${span.traceId}-${span.spanId}`,
        task: span.spanId,
        kind: name === undefined ? operation : `${operation} ${name}`,
        state: span.isError ? 'failed' : 'succeeded',
        agent,
        time: span.end,
        durationSeconds,
        traceId: span.traceId,
        spanId: span.spanId,
        error: span.isError ? span.statusMessage || (attributeOf(span.attributes, 'error.type') ?? '') : '',
        attributes: keptAttributes.flatMap((each) => [each, attributeOf(span.attributes, each) ?? '']),
      })
    : undefined;
  return { event, samples };
}
