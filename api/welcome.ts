/**
 * What a person at a terminal is told once the service is ready: where to look, and what to try first.
 */
export function welcome(url: string, { auth }: { auth: 'none' | 'required' }): string {
  const key = auth === 'required' ? ` -H "authorization: Bearer $FLEETCAST_API_KEY"` : '';
  const post = (path: string, body: object) =>
    `curl -X POST ${url}${path}${key} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
  return `
  Fleetcast is ready.

    console          ${url}/
    API              ${url}/docs
    metrics          ${url}/metrics

  Send a sign of life, a value, and look at the fleet:

    ${post('/v1/heartbeats', { agent: 'worker-1', type: 'testing' })}
    ${post('/v1/samples', { metric: 'queue_depth', agent: 'worker-1', value: 3 })}
    curl ${url}/v1/agents${key}

  See it with a fleet of 232 agents:  npm run demo
  Stop with Ctrl-C.
`;
}
