/** What ClickHouse answers when a query fails. */
export class ClickHouseException extends Error {
  readonly code: number;
  readonly status: number;

  /** @param message as the server writes it: `Code: 60. DB::Exception: ... (UNKNOWN_TABLE)` */
  constructor(message: string) {
    super(message);
    this.code = Number(/Code: (\d+)/.exec(message)?.[1] ?? 1002);
    this.status = statusByCode.get(this.code) ?? 500;
  }
}

/** The exception in an error of chDB, which may put words of its own before it. */
export function toClickHouseException(error: unknown, version: string): ClickHouseException {
  if (error instanceof ClickHouseException) return error;
  const text = error instanceof Error ? error.message : String(error);
  const start = text.indexOf('Code: ');
  const message = start >= 0 ? text.slice(start) : `Code: 1002. DB::Exception: ${text}. (UNKNOWN_EXCEPTION)`;
  return new ClickHouseException(`${message} (version ${version} (official build))\n`);
}

/** The codes of each HTTP status, after ClickHouse's exceptionCodeToHTTPStatus. */
const codesByStatus: readonly (readonly [status: number, codes: readonly number[]])[] = [
  [400, [6, 8, 15, 16, 25, 26, 27, 36, 38, 41, 44, 53, 56, 62, 72, 117, 167, 168, 321, 376, 427]],
  [401, [194]],
  [403, [192, 193, 497, 512, 516]],
  [404, [46, 47, 50, 60, 63, 73, 78, 81, 115, 336, 511]],
  [408, [159]],
  [501, [48]],
  [503, [76, 202, 209, 439]],
];

const statusByCode = new Map(codesByStatus.flatMap(([status, codes]) => codes.map((code) => [code, status] as const)));
