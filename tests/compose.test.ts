import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../api/config.ts';
import { fleetOverview } from '../dashboards/fleet-overview.ts';
import { renderArtefacts } from '../tools/generate.ts';
import { findExecutable } from './support/servers.ts';
import { temporaryDirectory } from './support/temporary.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Service {
  image?: string;
  build?: string;
  restart?: string;
  environment?: Record<string, string>;
  ports?: string[];
  expose?: string[];
  volumes?: string[];
  secrets?: string[];
  command?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
}

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { environment: string }>;
}

const composeText = read('docker-compose.yml');
const compose = parse(composeText) as Compose;
const services = Object.entries(compose.services);
const exampleVariables = new Map(
  [...read('.env.example').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
);
const promtool = findExecutable('promtool');
const dockerfile = read('Dockerfile');

function mounts(service: Service) {
  return (service.volumes ?? []).map((volume) => {
    const [source, target] = volume.split(':');
    return { source: source!, target: target! };
  });
}

/** The ports on which a service answers the others: the container's side of `ports`, and `expose`. */
function portsOf(service: Service): number[] {
  return [...(service.ports ?? []).map((port) => port.split(':').at(-1)!), ...(service.expose ?? [])].map(Number);
}

/** The path in the repository of what the container sees as `path`. */
function inRepository(service: Service, path: string): string {
  const mount = mounts(service).find(({ target }) => path === target || path.startsWith(`${target}/`));
  if (!mount) throw new Error(`${path} is not mounted`);
  return posix.join(mount.source, posix.relative(mount.target, path));
}

describe('docker-compose.yml', () => {
  it('mounts only files and folders that the repository has, and volumes that it declares', () => {
    const named: string[] = [];
    for (const { source } of services.flatMap(([, service]) => mounts(service))) {
      if (source.startsWith('.')) expect(existsSync(join(root, source)), source).toBe(true);
      else named.push(source);
    }
    expect(new Set(named)).toEqual(new Set(Object.keys(compose.volumes)));
  });

  it('fixes the release of every image', () => {
    for (const [name, { image }] of services) expect(image, name).toMatch(/^[\w./-]+:v?\d+\.\d+[\w.-]*$/);
  });

  it('takes every variable from .env.example, which gives none a value that works by itself', () => {
    const used = [...composeText.matchAll(/\$\{(\w+)([^}]*)\}/g)];
    for (const [text, , fallback] of used) expect(fallback, text).toMatch(/^:\?./);
    const secrets = Object.values(compose.secrets).map((secret) => secret.environment);
    expect(new Set([...used.map(([, name]) => name!), ...secrets])).toEqual(new Set(exampleVariables.keys()));
    for (const [name, value] of exampleVariables) expect(value, name).toBe('');
  });

  it('publishes ports on the loopback address only', () => {
    for (const port of services.flatMap(([, service]) => service.ports ?? [])) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('restarts every service and knows when each is healthy', () => {
    for (const [name, service] of services) {
      expect(service.restart, name).toBe('unless-stopped');
      expect(service.healthcheck ?? (service.build && /^HEALTHCHECK/m.exec(dockerfile)), name).toBeTruthy();
    }
  });

  it('checks health on a port of the service', () => {
    for (const [name, service] of services) {
      for (const [, port] of (service.healthcheck?.test.join(' ') ?? '').matchAll(/127\.0\.0\.1:(\d+)/g)) {
        expect(portsOf(service), name).toContain(Number(port));
      }
    }
  });

  it('waits only for services that exist', () => {
    for (const name of services.flatMap(([, service]) => Object.keys(service.depends_on ?? {}))) {
      expect(Object.keys(compose.services)).toContain(name);
    }
  });

  it('reaches every service, in URLs and configurations, on a port that it has', () => {
    const environments = services.flatMap(([, service]) => Object.values(service.environment ?? {}));
    const texts = [
      ...environments,
      read('deploy/prometheus.yml'),
      read('deploy/grafana/provisioning/datasources/prometheus.yml'),
    ];
    const found = texts.flatMap((text) => [...text.matchAll(/\b([a-z]+):(\d{4,5})\b/g)]);
    const reached = found.filter(([, host]) => host !== 'localhost');
    for (const [text, host, port] of reached)
      expect(portsOf(compose.services[host!] ?? {}), text).toContain(Number(port));
    const hosts = ['alertmanager', 'clickhouse', 'fleetcast', 'postgres', 'prometheus'];
    expect([...new Set(reached.map(([, host]) => host))].sort()).toEqual(hosts);
  });
});

describe('the service in the container', () => {
  const { environment = {} } = compose.services.fleetcast!;
  const filled = Object.fromEntries(
    Object.entries(environment).map(([name, text]) => [name, text.replace(/\$\{\w+[^}]*\}/g, 'a'.repeat(48))]),
  );

  it('starts with that environment: remote stores, authentication required', () => {
    const config = loadConfig(filled, undefined);
    expect(config).toMatchObject({ host: '0.0.0.0', port: 5005, auth: 'required', bootstrapKey: 'a'.repeat(48) });
    expect(new URL(config.clickhouseUrl)).toMatchObject({ hostname: 'clickhouse', username: 'fleetcast' });
    expect(new URL(config.databaseUrl)).toMatchObject({ hostname: 'postgres', pathname: '/fleetcast' });
  });

  it('uses the users and databases that the servers are told to create', () => {
    const clickhouse = compose.services.clickhouse!.environment!;
    const postgres = compose.services.postgres!.environment!;
    const of = (url: string) => [new URL(url).username, new URL(url).pathname.slice(1)];
    expect(of(filled.CLICKHOUSE_URL!)).toEqual([clickhouse.CLICKHOUSE_USER, clickhouse.CLICKHOUSE_DB]);
    expect(of(filled.DATABASE_URL!)).toEqual([postgres.POSTGRES_USER, postgres.POSTGRES_DB]);
    expect(environment.CLICKHOUSE_URL).toContain(clickhouse.CLICKHOUSE_PASSWORD);
    expect(environment.DATABASE_URL).toContain(postgres.POSTGRES_PASSWORD);
  });

  it('is built of files that exist and that .dockerignore lets through, every room of the service among them', () => {
    const ignore = read('.dockerignore');
    const copied = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, sources]) => sources!.split(' '));
    for (const source of copied) {
      expect(existsSync(join(root, source)), source).toBe(true);
      expect(ignore.split('\n')).toContain(`!${source}`);
    }
    const rooms = ['telemetry', 'models', 'store', 'ingest', 'analytics', 'alerts', 'dashboards', 'console', 'api'];
    expect(copied).toEqual(expect.arrayContaining(rooms));
  });

  it('does not run as root, and listens on the port that it exposes', () => {
    expect(/^USER (\S+)/m.exec(dockerfile)?.[1]).toBe('node');
    expect(/^EXPOSE (\d+)/m.exec(dockerfile)?.[1]).toBe(environment.FLEETCAST_PORT);
    expect(dockerfile).toMatch(/^HEALTHCHECK(?:.*\\\n)*.*\/readyz/m);
  });
});

describe('the provisioning of Grafana', () => {
  const grafana = compose.services.grafana!;

  it('reads the folder into which the dashboards are generated', () => {
    const { providers } = parse(read('deploy/grafana/provisioning/dashboards/fleetcast.yml')) as {
      providers: { options: { path: string } }[];
    };
    const generated = renderArtefacts().filter((artefact) => artefact.path.endsWith('.json'));
    for (const { path } of generated) {
      expect(providers.map(({ options }) => inRepository(grafana, options.path))).toContain(posix.dirname(path));
    }
    const home = inRepository(grafana, grafana.environment!.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH!);
    expect((JSON.parse(read(home)) as { uid: string }).uid).toBe(fleetOverview.uid);
  });
});

describe('deploy/prometheus.yml', () => {
  const prometheus = compose.services.prometheus!;
  const config = parse(read('deploy/prometheus.yml')) as {
    rule_files: string[];
    scrape_configs: { job_name: string; honor_labels?: boolean; authorization?: { credentials_file: string } }[];
  };
  const scrape = config.scrape_configs.find(({ job_name }) => job_name === 'fleetcast');

  it('keeps the label job of our metrics, which the rules of jobs are written for', () => {
    expect(scrape?.honor_labels).toBe(true);
  });

  it('reads its key from a secret that the service is given', () => {
    expect(prometheus.secrets?.map((name) => `/run/secrets/${name}`)).toContain(
      scrape?.authorization?.credentials_file,
    );
    for (const name of prometheus.secrets ?? [])
      expect(compose.secrets[name]?.environment).toBe('FLEETCAST_BOOTSTRAP_KEY');
  });

  it('loads the generated rules', () => {
    const folders = config.rule_files.map((pattern) => inRepository(prometheus, posix.dirname(pattern)));
    expect(folders).toContain('alerts/generated');
    expect(config.rule_files.map((pattern) => basename(pattern))).toContain('*.rules.yaml');
  });

  it.skipIf(!promtool)(`is accepted by promtool${promtool ? '' : ' (skipped: it is not on the PATH)'}`, () => {
    using directory = temporaryDirectory();
    const secrets = join(directory.path, 'secrets');
    mkdirSync(secrets);
    for (const name of prometheus.secrets ?? []) writeFileSync(join(secrets, name), 'key');
    const file = join(directory.path, 'prometheus.yml');
    const rules = join(root, inRepository(prometheus, '/etc/prometheus/rules'));
    const local = read('deploy/prometheus.yml')
      .replaceAll('/etc/prometheus/rules', rules)
      .replaceAll('/run/secrets', secrets);
    writeFileSync(file, local);
    const output = execFileSync(promtool!, ['check', 'config', file], { encoding: 'utf8' });
    expect(output).toMatch(/SUCCESS: \d+ rules found/);
  });
});
