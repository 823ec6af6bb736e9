import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const css = readFileSync(join(import.meta.dirname, '../../console/console.css'), 'utf8');

/** The custom properties of a scheme that are opaque colours; the dark ones stand over the light ones. */
function colorsOf(scheme: 'light' | 'dark'): Record<string, string> {
  const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');
  const read = (block: string) =>
    Object.fromEntries(
      [...block.split('\n}')[0]!.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map(([, name, color]) => [name, color]),
    );
  return scheme === 'light' ? read(light) : { ...read(light), ...read(dark) };
}

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test('the ratio is that of the definition: 21 for black on white, 4.54 for #767676', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
});

describe.each(['light', 'dark'] as const)('in the %s scheme', (scheme) => {
  const colors = colorsOf(scheme);
  const texts = ['--ink', '--ink-soft', '--ink-faint', '--accent', '--good', '--warn', '--bad', '--busy'];
  const grounds = ['--surface', '--canvas', '--sunken'];

  test.each(texts.flatMap((text) => grounds.map((ground) => [text, ground] as const)))(
    'text in %s is read on %s',
    (text, ground) => {
      expect(contrast(colors[text]!, colors[ground]!)).toBeGreaterThanOrEqual(4.5);
    },
  );

  test('the texts of charts and of problems are read where they stand', () => {
    expect(contrast(colors['--chart-text']!, colors['--surface']!)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colors['--bad']!, colors['--bad-soft']!)).toBeGreaterThanOrEqual(4.5);
  });

  test.each([
    '--observed',
    '--forecast',
    '--anomaly',
    '--level-shift',
    '--objective',
    '--good-fill',
    '--warn-fill',
    '--bad-fill',
  ])('the line or shape in %s stands out from its ground', (line) => {
    expect(contrast(colors[line]!, colors['--surface']!)).toBeGreaterThanOrEqual(3);
  });
});
