import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The code blocks of a language in a file of docs/, as they stand there. */
export function documentedBlocks(file: string, language: string): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs', file), 'utf8');
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, of, block]) => (of === language ? [block!] : []));
}

/** A block that talks to the service at `url`, where the documents name the default. */
export function towards(url: string, block: string): string {
  return block.replaceAll('http://127.0.0.1:5005', url);
}
