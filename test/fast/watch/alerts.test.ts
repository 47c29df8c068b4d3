import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { controlSchema } from '../../../config/control-schema.ts';
import { freePort } from '../../../setup/free-port.ts';
import { serveAlerts } from '../../../workers/alerts/alert-endpoint.ts';
import { readAlerts } from '../../../workers/alerts/read-alerts.ts';
import { requireKnownAnswers } from '../../../workers/alerts/require-known-answers.ts';

const host = (name: string, enabled = true) => ({ name, timezone: 'Europe/Paris', watch: { enabled } });
const config = (hosts: readonly object[], port = 9466, tokenFile = '/etc/fdts-ops/alerts-token') =>
  controlSchema.parse({
    hosts,
    alerts: { port, tokenFile, answers: [{ alert: 'FdtsDown', procedure: 'applicationDown' }] },
  });
const alert = (labels: Readonly<Record<string, string>>, status = 'firing') => ({
  status,
  labels,
  fingerprint: 'f1',
});
const payload = (...alerts: readonly object[]) => ({ version: '4', receiver: 'fdts', alerts });

const answeredBy = (procedure: string) => {
  const answers = [{ alert: 'FdtsDown', procedure }];
  return controlSchema.parse({
    hosts: [host('web-1')],
    alerts: { port: 9466, tokenFile: '/token', answers },
  });
};

describe('what answers alerts', () => {
  it('is a procedure that starts with the host alone', () => {
    expect(() => requireKnownAnswers(answeredBy('applicationDown'))).not.toThrow();
  });

  it.each([
    ['applicationUp', /FdtsDown: applicationUp \(there is none\)/],
    [
      'emergencyMaintenance',
      /FdtsDown: emergencyMaintenance \(a person has to say urgency, impact, change, what\)/,
    ],
    ['retireHost', /FdtsDown: retireHost \(a person has to say machineId\)/],
  ])('is not %s: the worker does not start, and says what can be named', (procedure, why) => {
    const check = () => requireKnownAnswers(answeredBy(procedure));
    expect(check).toThrow(why);
    expect(check).toThrow(/expected: each one of (?!.*(emergencyMaintenance|retireHost)).*applicationDown/);
  });
});

describe('a payload of an Alertmanager', () => {
  it('names the host and the procedure that answers', () => {
    const sent = payload(alert({ alertname: 'FdtsDown', fdts_host: 'web-2' }, 'resolved'));
    const { accepted, problems } = readAlerts(sent, config([host('web-1'), host('web-2')]));
    expect(problems).toEqual([]);
    expect(accepted).toMatchObject([
      {
        host: { name: 'web-2' },
        alert: { fingerprint: 'f1', firing: false, answer: 'applicationDown', countsFor: 86_400 },
      },
    ]);
  });

  it.each([
    ['of another version', { version: '3', alerts: [] }, 'version'],
    [
      'without a fingerprint',
      payload({ status: 'firing', labels: { alertname: 'x' } }),
      'alerts.0.fingerprint',
    ],
    ['that is no JSON', undefined, 'expected object'],
    ['with an alert that nothing answers', payload(alert({ alertname: 'Other' })), 'no procedure answers it'],
  ])('%s is refused with what is wrong', (_, body, says) => {
    const { accepted, problems } = readAlerts(body, config([host('web-1')]));
    expect(accepted).toEqual([]);
    expect(problems.join()).toContain(says);
  });

  it('about another host is not answered on the only one; one that names no host is', () => {
    const only = config([host('web-1')]);
    const ofAnother = payload(alert({ alertname: 'FdtsDown', fdts_host: 'staging' }));
    expect(readAlerts(ofAnother, only)).toEqual({
      accepted: [],
      problems: ['FdtsDown: label fdts_host says staging, known are web-1'],
    });
    const ofNone = readAlerts(payload(alert({ alertname: 'FdtsDown' })), only);
    expect(ofNone.accepted.map(({ host: { name } }) => name)).toEqual(['web-1']);
  });

  it('for a host that is not known, or not watched, says so and keeps the others', () => {
    const sent = payload(
      alert({ alertname: 'FdtsDown', fdts_host: 'web-9' }),
      alert({ alertname: 'FdtsDown', fdts_host: 'web-2' }),
      alert({ alertname: 'FdtsDown', fdts_host: 'web-1' }),
    );
    const { accepted, problems } = readAlerts(sent, config([host('web-1'), host('web-2', false)]));
    expect(accepted.map(({ host: { name } }) => name)).toEqual(['web-1']);
    expect(problems).toEqual([
      'FdtsDown: label fdts_host says web-9, known are web-1, web-2',
      'FdtsDown: the watch of web-2 is not enabled',
    ]);
  });
});

describe('the endpoint', () => {
  const firing = payload(alert({ alertname: 'FdtsDown' }));

  it('takes alerts with the token only', async () => {
    const { post, passed } = await endpoint();
    expect(await post(firing, 'wrong')).toMatchObject({ status: 401 });
    expect(await post(firing, null)).toMatchObject({ status: 401 });
    expect(passed).toEqual([]);
    expect(await post(firing)).toEqual({ status: 200, body: { accepted: 1, problems: [] } });
    expect(passed).toEqual(['FdtsDown']);
  });

  it('answers 400 to what is no such payload, or too long', async () => {
    const { post } = await endpoint();
    expect(await post({ hello: 1 })).toMatchObject({ status: 400 });
    expect(await post({ ...firing, filler: 'x'.repeat(1_100_000) })).toMatchObject({ status: 400 });
  });

  it('answers 503 when nobody takes them, so that they are sent again', async () => {
    const { post } = await endpoint(() => Promise.reject(new Error('the server is away')));
    expect(await post(firing)).toEqual({
      status: 503,
      body: { problems: ['not handed on: the server is away'] },
    });
  });
});

async function endpoint(fails?: () => Promise<never>) {
  const folder = mkdtempSync(path.join(tmpdir(), 'fdts-ops-alerts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tokenFile = path.join(folder, 'token');
  writeFileSync(tokenFile, 'tell-nobody\n');
  const port = await freePort('127.0.0.1', 0);
  const passed: string[] = [];
  const server = await serveAlerts(config([host('web-1')], port, tokenFile), async ({ alert: { name } }) => {
    await fails?.();
    passed.push(name);
  });
  onTestFinished(() => void server?.close());
  const post = async (body: object, token: string | null = 'tell-nobody') => {
    const response = await fetch(`http://127.0.0.1:${port}/alerts`, {
      method: 'POST',
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  return { post, passed };
}
