import { expect } from 'vitest';

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: { pointer: string; detail: string }[];
  accepted?: number;
  refused?: number;
}

/** Checks that an answer is an RFC 9457 problem of this status, and gives its body. */
export async function expectProblem(response: Response, status: number): Promise<ProblemBody> {
  const text = await response.text();
  expect(response.status, text).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const body = JSON.parse(text) as ProblemBody;
  expect(body).toMatchObject({
    type: expect.stringMatching(/^urn:fleetcast:problem:[a-z_]+$/),
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
  });
  for (const { pointer, detail } of body.errors ?? []) {
    expect(pointer, 'a JSON pointer of RFC 6901').toMatch(/^(\/([^~/]|~[01])*)*$/);
    expect(detail).not.toBe('');
  }
  return body;
}
