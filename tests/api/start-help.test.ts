import { expect, test } from 'vitest';
import { configSchema } from '../../api/config.ts';
import { settingNames } from '../../api/settings.ts';
import { startHelp } from '../../api/start-help.ts';

test('the help of the start tells every setting with its default, its variable and what is allowed', () => {
  const help = startHelp('1.2.3');
  expect(help).toContain('Fleetcast 1.2.3');
  expect(help).toMatch(/ port +5005\n +FLEETCAST_PORT\n +a port from 0 to 65535/);
  expect(help).toMatch(/ bootstrapKey +\(not set\)\n/);
  for (const { path, variable, allowed } of settingNames(configSchema)) {
    expect(allowed, path).not.toBe('');
    expect(help).toContain(`  ${path} `);
    expect(help).toContain(`\n      ${variable}\n      ${allowed}`);
  }
});
