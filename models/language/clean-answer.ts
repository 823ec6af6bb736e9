const maxLength = 600;
/** Far more than is kept; it bounds the work of the patterns below. */
const maxRead = 4_000;

/**
 * Makes one line of plain text of what a model wrote: without its thinking, markup, control characters and links, at
 * most 600 characters, cut at the end of a sentence where there is one. Empty when nothing is left.
 *
 * The facts hold text of strangers, so a model may be talked into writing a link or a tag; neither reaches a reader.
 *
 * @example cleanAnswer('**Latency** rose, see <https://x.y/z>.') // 'Latency rose, see (link removed).'
 */
export function cleanAnswer(answer: string): string {
  return shorten(
    dropThinking(answer)
      .slice(0, maxRead)
      .replace(/^[ \t]*(?:[-*_=]{3,}[ \t]*$|(?:#{1,6}|[-+*•>]|\d+[.)])[ \t]+)/gm, '')
      .replace(/[*`]|~~|(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu, '')
      .replace(/[\p{C}\p{Z}]+/gu, ' ')
      .replace(/<\/?[a-z!][^<>]*>/gi, (tag) => (tag.includes('://') ? '(link removed)' : ''))
      .replaceAll('<', '‹')
      .replaceAll('>', '›')
      .replace(/!?\[([^[\]]*)\]\([^()]*\)/g, '$1')
      .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s()]*/gi, '(link removed)')
      .replaceAll('](', '] (')
      .replace(/ {2,}/g, ' ')
      .trim(),
  );
}

/** Some servers pass on `<think>...</think>`, and some models leave out one of the two tags. */
function dropThinking(answer: string): string {
  return answer.replace(/^[\s\S]*<\/think>/i, '').replace(/<think>[\s\S]*$/i, '');
}

function shorten(line: string): string {
  if (line.length <= maxLength) return line;
  const head = line.slice(0, maxLength);
  const sentences = /^.*[.!?](?= )/.exec(head)?.[0];
  if (sentences) return sentences;
  return `${head.replace(/ \S*$|[\uD800-\uDBFF]?[\s\S]$/, '')}…`;
}
