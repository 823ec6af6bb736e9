import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanAnswer } from '../../../models/language/clean-answer.ts';
import { hostileText } from './anomaly-facts.ts';

describe('a cleaned answer', () => {
  test.each([
    ['plain text as it is', 'The queue rose to 412 tasks [5m].', 'The queue rose to 412 tasks [5m].'],
    ['one line', '  The queue rose.\r\n\r\nIt is open.\n', 'The queue rose. It is open.'],
    ['no emphasis', '**The** *queue* `task_queue_depth` __rose__ ~~now~~.', 'The queue task_queue_depth rose now.'],
    ['no headings, lists or rules', '## Summary\n---\n- It rose.\n1. It is open.', 'Summary It rose. It is open.'],
    ['no fences', '```text\nIt rose.\n```', 'text It rose.'],
    ['no tags', '<b>It</b> rose<br/><script src="x"></script>.', 'It rose.'],
    ['no mentions of chat systems', '<!channel> It rose.', 'It rose.'],
    ['comparisons', 'p99 < 5 and p50 > 3.', 'p99 ‹ 5 and p50 › 3.'],
    [
      'the text of an image, and no nested link',
      'See [the ![runbook](https://evil.example/a.png)](https://evil.example).',
      'See [the runbook] ((link removed)).',
    ],
    ['the text of a link', 'See [the runbook](https://evil.example).', 'See the runbook.'],
    ['no bare address', 'Log in at https://evil.example/?q=1 now.', 'Log in at (link removed) now.'],
    ['no address in angle brackets', 'See <https://evil.example|here>.', 'See (link removed).'],
    ['no thinking', '<think>Hm.\nSo?</think>\nIt rose.', 'It rose.'],
    ['no thinking whose start is missing', 'Hm. So?</think> It rose.', 'It rose.'],
    ['nothing of thinking that was cut off', '<think>Hm. So', ''],
    ['nothing of control characters', '\u0000\u202e\u200b\n', ''],
  ])('has %s', (_, answer, cleaned) => {
    expect(cleanAnswer(answer)).toBe(cleaned);
  });

  test('ends with a whole sentence when it is cut', () => {
    const sentence = 'The queue rose to 3.2 times of what 14:00 shows.';
    expect(cleanAnswer(`${sentence} `.repeat(50))).toBe(new Array(12).fill(sentence).join(' '));
  });

  test('ends with a whole word when it has no sentence, and with a whole character when it has no word', () => {
    expect(cleanAnswer('queue '.repeat(500))).toBe(`${'queue '.repeat(99)}queue…`);
    expect(cleanAnswer('😀'.repeat(500))).toBe(`${'😀'.repeat(299)}…`);
  });

  test('is a bounded line without markup, links or control characters, whatever the model wrote', () => {
    fc.assert(
      fc.property(hostileText, (answer) => {
        const cleaned = cleanAnswer(answer);
        expect(cleaned.length).toBeLessThanOrEqual(600);
        expect(cleaned).toBe(cleaned.trim());
        expect(cleaned).not.toMatch(/[<>*`\p{C}\p{Zl}\p{Zp}]|\]\(|[a-z]:\/\//iu);
      }),
      { numRuns: 500 },
    );
  });

  test('comes at once from an answer made to slow the cleaning down', () => {
    for (const hostile of ['[', '<think>', '<a', '![](', '_', '</think', 'a:', ' '])
      expect(cleanAnswer(hostile.repeat(250_000 / hostile.length)).length).toBeLessThanOrEqual(600);
  });
});
