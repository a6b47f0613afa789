// Goal: what deploy/ gives to Prometheus and Grafana fits what Tandem tells. Method: a real coordinator and worker that
// train and evaluate a small run, promtool, and a real Prometheus with the files of deploy/, scraping them.
import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import { apiKey, openHome, runDocument, type CoordinatorHome } from '../support/coordinator.js';
import { startCommand, type RunningCommand } from '../support/command.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { findPrometheus } from '../support/servers/prometheus.js';
import { freePort } from '../support/servers/redis.js';
import { root } from '../support/source-files.js';

const run = promisify(execFile);
const deploy = (path: string): string => join(root, 'deploy', path);
const prometheus = await findPrometheus();

let home: CoordinatorHome;
let commands: RunningCommand[] = [];
const addresses = { 'tandem-coordinator': '', 'tandem-worker': '' };

beforeAll(async () => {
  home = await openHome();
  await writeTinyData(join(home.directory, 'data'));
  const settings = { ...home.settings, TANDEM_API_KEY: apiKey };
  const coordinator = await startCommand(['coordinator'], { ...settings, TANDEM_PORT: '0' });
  const worker = await startCommand(['worker'], { ...home.settings, TANDEM_METRICS_PORT: '0' });
  commands = [coordinator, worker];
  const [, url = ''] = await coordinator.says(/listens on (http\S+),/);
  const [, port = ''] = await worker.says(/"port":(\d+)/);
  addresses['tandem-coordinator'] = new URL(url).host;
  addresses['tandem-worker'] = `127.0.0.1:${port}`;
  const id = await submit({});
  for (let state = ''; state !== 'completed'; await sleep(100)) {
    ({ state } = (await (await call(`/v1/runs/${id}`)).json()) as { state: string });
    expect(state).not.toBe('failed');
  }
}, 120_000);

afterAll(async () => {
  await Promise.all(commands.map((command) => command.close()));
  await home?.close();
});

const call = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://${addresses['tandem-coordinator']}${path}`, {
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    ...init,
  });

async function submit(change: Partial<RunConfigInput>): Promise<string> {
  const data = `file:${home.directory}/data`;
  const document = runDocument({
    data: { train: data },
    evaluation: {
      zeroShot: [{ name: 'seen', data }],
      linearProbe: [{ name: 'probe', train: data, test: data }],
      fewShot: [{ name: 'few', train: data, test: data, shots: [1], seeds: 1 }],
      retrieval: [{ name: 'found', data }],
    },
    ...change,
  });
  const answer = await call('/v1/runs', { method: 'POST', body: JSON.stringify(document) });
  return ((await answer.json()) as { id: string }).id;
}

async function scrape(job: keyof typeof addresses): Promise<string> {
  const answer = await fetch(`http://${addresses[job]}/metrics`, { headers: { 'x-api-key': apiKey } });
  expect(answer.status).toBe(200);
  return answer.text();
}

describe('a worker', () => {
  it('serves its metrics and its health, and nothing else', async () => {
    const at = (path: string, init?: RequestInit): Promise<Response> =>
      fetch(`http://${addresses['tandem-worker']}${path}`, init);
    expect(await scrape('tandem-worker')).toMatch(/^tandem_worker_tasks_total\{kind="backprop"\} [1-9]/m);
    expect((await at('/health/live')).status).toBe(200);
    expect(await (await at('/health/ready')).json()).toEqual({ ready: true, reason: '' });
    expect((await at('/v1/runs')).status).toBe(404);
    expect((await at('/metrics', { method: 'POST' })).status).toBe(405);
  });
});

describe.skipIf('reason' in prometheus)(
  `Prometheus${'reason' in prometheus ? ` (skipped: ${prometheus.reason})` : ''}`,
  () => {
    const { server, promtool } = prometheus as Exclude<typeof prometheus, { reason: string }>;

    it.each(['tandem-coordinator', 'tandem-worker'] as const)('finds no fault in the metrics of %s', async (job) => {
      const text = await scrape(job);
      const checking = run(promtool, ['check', 'metrics']);
      checking.child.stdin!.end(text);
      expect(await checking).toMatchObject({ stdout: '', stderr: '' });
    });

    it('takes the rules and alerts, which do what their tests say', async () => {
      const cwd = deploy('prometheus');
      await run(promtool, ['check', 'rules', 'rules.yml', 'alerts.yml'], { cwd });
      await run(promtool, ['test', 'rules', 'alerts.test.yml'], { cwd });
      const tested = await readFile(join(cwd, 'alerts.test.yml'), 'utf8');
      const alerts = (parse(await readFile(join(cwd, 'alerts.yml'), 'utf8')) as RuleFile).groups[0]!.rules;
      const operate = await readFile(join(root, 'docs/operate.md'), 'utf8');
      for (const { alert } of alerts) {
        if (alert === undefined) continue;
        expect(tested, 'each alert has a test').toContain(`alertname: ${alert}\n`);
        expect(operate, 'and a paragraph that says what to do').toContain(`\`${alert}\``);
      }
    });

    it('scrapes a coordinator and a worker, and has every series of rules and dashboards', async () => {
      const api = await startPrometheus(server);
      const ask = async <Data>(path: string): Promise<Data> => {
        const answer = (await (await fetch(`${api}/api/v1/${path}`)).json()) as { status: string; data: Data };
        expect(answer, path).toMatchObject({ status: 'success' });
        return answer.data;
      };
      await submit({ steps: 10_000 }); // It trains while Prometheus looks on: rates need two looks.
      const expressions = await expressionsOf();
      expect(expressions.length).toBeGreaterThan(40);
      const wanted = new Set(expressions.flatMap(seriesOf));
      const waitUntilMs = performance.now() + 30_000;
      let missing: string[];
      do {
        await sleep(500);
        const names = new Set(await ask<string[]>('label/__name__/values'));
        missing = [...wanted].filter((name) => !names.has(name) && !recordedWithTime.has(name));
      } while (missing.length > 0 && performance.now() < waitUntilMs);
      expect(missing).toEqual([]);
      for (const expression of expressions) {
        const query = expression.replaceAll('$run', '.*');
        await ask(`query?query=${encodeURIComponent(query)}`);
      }
      const { alerts } = await ask<{ alerts: { labels: { alertname: string }; state: string }[] }>('alerts');
      expect(alerts.filter(({ state }) => state === 'firing')).toEqual([]);
    }, 90_000);
  },
);

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly { readonly alert?: string; readonly expr: string }[] }[];
}

/** The rule of a run that is over has no value. */
const recordedWithTime = new Set(['run:tandem_step_age:seconds']);

/** All expressions of rules, alerts and dashboards. */
async function expressionsOf(): Promise<string[]> {
  const rules = await Promise.all(
    ['rules.yml', 'alerts.yml'].map(
      async (file) => parse(await readFile(deploy(`prometheus/${file}`), 'utf8')) as RuleFile,
    ),
  );
  const folder = deploy('grafana/dashboards');
  const dashboards = await Promise.all(
    (await readdir(folder)).map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Dashboard),
  );
  return [
    ...rules.flatMap(({ groups }) => groups.flatMap((group) => group.rules.map(({ expr }) => expr))),
    ...dashboards.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))),
  ];
}

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

/** The names of the series that an expression reads. */
function seriesOf(expression: string): string[] {
  const withoutLabels = expression.replaceAll(/\{[^}]*\}/g, '');
  return withoutLabels.match(/\b(?:run|run_phase|tandem_tasks):[\w:]+|\b(?:tandem|process|nodejs)_\w+|\bup\b/g) ?? [];
}

/** Starts a Prometheus with the configuration of deploy/, whose targets are the processes of this test. */
async function startPrometheus(server: string): Promise<string> {
  const folder = join(home.directory, 'prometheus');
  await mkdir(folder);
  for (const file of ['rules.yml', 'alerts.yml'])
    await writeFile(join(folder, file), await readFile(deploy(`prometheus/${file}`)));
  const config = parse(await readFile(deploy('prometheus/prometheus.yml'), 'utf8')) as {
    global: object;
    scrape_configs: { job_name: keyof typeof addresses; dns_sd_configs?: unknown; authorization?: object }[];
  };
  config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
  config.scrape_configs = config.scrape_configs.map(({ dns_sd_configs: _dns, ...scraped }) => ({
    ...scraped,
    static_configs: [{ targets: [addresses[scraped.job_name]] }],
    ...(scraped.authorization && { authorization: { type: 'Bearer', credentials: apiKey } }),
  }));
  await writeFile(join(folder, 'prometheus.yml'), stringify(config));
  const port = await freePort();
  const child = spawn(
    server,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (text: Buffer) => void (log += text.toString()));
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`expected Prometheus to start, got:\n${log}`);
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (answer?.ok) return url;
    await sleep(100);
  }
}
