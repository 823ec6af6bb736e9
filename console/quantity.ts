const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const quantity = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(?:(%)|([kKMGTPE]?)(i?)B?)$/;

/**
 * A number as a person types it: plain, as a share in per cent, or with a prefix of 1000 (`k`, `MB`) or 1024 (`GiB`);
 * undefined for what is none.
 *
 * @example
 * parseQuantity('16 GiB') // 17179869184
 * parseQuantity('90 %') // 0.9
 */
export function parseQuantity(text: string): number | undefined {
  const [, number, percent, prefix = '', binary = ''] = quantity.exec(text.trim()) ?? [];
  if (number === undefined || (binary !== '' && prefix === '')) return undefined;
  const power = prefixes.indexOf(prefix === 'K' ? 'k' : prefix);
  const value = percent === undefined ? Number(number) * (binary === '' ? 1000 : 1024) ** power : Number(number) / 100;
  return Number.isFinite(value) ? value : undefined;
}
