/**
 * How a record of the native protocol spells its series: everything but time and value, in the order in which it
 * stands. Records that are spelled alike are of one series, so what was checked of the first need not be checked again.
 *
 * @returns undefined of a record with a field that no sample has, or with one of another type: it is to be checked.
 */
export function spellingOf(record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  const fields = record as Record<string, unknown>;
  let spelling = '';
  for (const name in fields) {
    if (name === 'time' || name === 'value') continue;
    const value = fields[name];
    if (name === 'labels') {
      const labels = spellingOfLabels(value);
      if (labels === undefined) return undefined;
      spelling += labels;
    } else if (seriesFields.has(name) && typeof value === 'string') {
      spelling += `${name} ${value.length} ${value} `;
    } else {
      return undefined;
    }
  }
  return spelling;
}

const seriesFields = new Set(['metric', 'agent', 'unit', 'aggregation']);

/** With the lengths of the texts, so that no other labels have the same spelling. */
function spellingOfLabels(labels: unknown): string | undefined {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return undefined;
  const values = labels as Record<string, unknown>;
  let spelling = 'labels ';
  for (const name in values) {
    const value = values[name];
    if (typeof value !== 'string') return undefined;
    spelling += `${name.length} ${name} ${value.length} ${value} `;
  }
  return `${spelling}. `;
}
