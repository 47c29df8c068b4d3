import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { docker } from '../docker.ts';
import { freePort } from '../free-port.ts';
import { httpRequest, httpStatus } from '../http-request.ts';
import { ensureBaseImage } from '../images/base-image.ts';
import { buildImage } from '../images/build-image.ts';
import { contentHash } from '../images/content-hash.ts';
import { waitUntil } from '../wait-until.ts';

/** The monitoring that a site may have: Prometheus with its blackbox exporter, and an Alertmanager. */
export interface Monitoring {
  /** Names of the alerts that fire now, as the Alertmanager has them. */
  firing(): Promise<string[]>;
  end(): Promise<void>;
}

/** What is monitored, and who is told. */
export interface MonitoringOptions {
  /** Start of the names of its containers. */
  readonly name: string;
  /** Asked each second; the alert fires when it does not answer 2xx for two seconds. */
  readonly url: string;
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly webhook: { readonly url: string; readonly token: string };
  readonly say?: (line: string) => void;
}

/**
 * Starts all three, Debian's packages, on this machine's network: they listen on loopback, and reach what listens there.
 * What fires is sent again every few seconds, as an Alertmanager does as long as it fires.
 */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const { name, say = () => {} } = options;
  const image = await ensureImage(say);
  const ports = { prometheus: await freePort(), alertmanager: await freePort(), blackbox: await freePort() };
  const folder = await writeConfiguration(options, ports);
  const containers: string[] = [];
  const run = async (program: string, ...args: string[]) => {
    const container = `${name}-${program}`;
    await docker(['rm', '--force', container], { check: false });
    containers.push(container);
    const where = ['--network', 'host', '--volume', `${folder}:/monitoring:ro`, '--workdir', '/tmp'];
    await docker([
      'run',
      '--detach',
      '--name',
      container,
      '--label',
      'fdts-ops=1',
      ...where,
      image,
      program,
      ...args,
    ]);
  };
  const end = async () => {
    for (const container of containers) await docker(['rm', '--force', '--volumes', container]);
    await rm(folder, { recursive: true, force: true });
  };
  const alertmanager = `http://127.0.0.1:${ports.alertmanager}`;
  try {
    await run(
      'prometheus-blackbox-exporter',
      '--config.file=/monitoring/blackbox.yml',
      listen(ports.blackbox),
    );
    const alone = '--cluster.listen-address=';
    await run(
      'prometheus-alertmanager',
      '--config.file=/monitoring/alertmanager.yml',
      alone,
      listen(ports.alertmanager),
    );
    await run('prometheus', '--config.file=/monitoring/prometheus.yml', listen(ports.prometheus));
    for (const url of [alertmanager, `http://127.0.0.1:${ports.prometheus}`])
      await waitUntil(
        `${url} is ready`,
        async () => (await httpStatus(`${url}/-/ready`, 1000)) === 200,
        30_000,
      );
  } catch (error) {
    await end();
    throw error;
  }
  return { firing: () => firing(alertmanager), end };
}

function listen(port: number): string {
  return `--web.listen-address=127.0.0.1:${port}`;
}

async function ensureImage(say: (line: string) => void): Promise<string> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), 'image');
  const base = await ensureBaseImage(say);
  const hash = await contentHash([folder], base);
  return buildImage({ name: 'monitoring', hash, folder, buildArguments: { BASE: base } }, say);
}

interface Ports {
  readonly alertmanager: number;
  readonly blackbox: number;
}

async function writeConfiguration(
  { url, alert, labels, webhook }: MonitoringOptions,
  ports: Ports,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-monitoring-'));
  const group = { group_wait: '1s', group_interval: '1s', repeat_interval: '3s' };
  const files = {
    token: webhook.token,
    'blackbox.yml': stringify({ modules: { http_2xx: { prober: 'http', timeout: '900ms' } } }),
    'rules.yml': stringify({
      groups: [{ name: 'fdts', rules: [{ alert, expr: 'probe_success == 0', for: '2s' }] }],
    }),
    'prometheus.yml': stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yml'],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${ports.alertmanager}`] }] }] },
      scrape_configs: [
        {
          job_name: 'fdts',
          metrics_path: '/probe',
          params: { module: ['http_2xx'], target: [url] },
          static_configs: [{ targets: [`127.0.0.1:${ports.blackbox}`], labels }],
        },
      ],
    }),
    'alertmanager.yml': stringify({
      route: { receiver: 'fdts-ops', ...group },
      receivers: [
        {
          name: 'fdts-ops',
          webhook_configs: [
            {
              url: webhook.url,
              http_config: { authorization: { credentials_file: '/monitoring/token' } },
            },
          ],
        },
      ],
    }),
  };
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
  return folder;
}

async function firing(alertmanager: string): Promise<string[]> {
  const { body } = await httpRequest(`${alertmanager}/api/v2/alerts?active=true`);
  const alerts: readonly { readonly labels: { readonly alertname: string } }[] = JSON.parse(body.toString());
  return alerts.map(({ labels }) => labels.alertname);
}
