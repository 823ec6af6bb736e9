import { FleetcastError } from '../sdk/typescript/error.ts';

/**
 * Says what went wrong and what to do about it, in a line for a person at a terminal.
 *
 * @param url where the service was expected.
 */
export function explain(error: unknown, url: string): string {
  if (error instanceof FleetcastError) {
    if (error.isRefused)
      return `nothing listens at ${url}; start the service with \`npm start\`, or say where it is with --url`;
    if (error.status === 401 || error.status === 403) return `${error.message}; give a key in FLEETCAST_API_KEY`;
    return error.message;
  }
  return error instanceof Error ? error.message : String(error);
}
